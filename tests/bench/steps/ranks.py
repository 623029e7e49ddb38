"""Processes that train together, Atelier's ranks against PyTorch's DistributedDataParallel over gloo, and what shards cost in one process.

    ./bootstrap build --mpi
    cmake -S . -B build -DATELIER_TESTS=ON && cmake --build build --target bench_noise
    python3 tests/bench/steps/ranks.py [BUILD_FOLDER] [--cases dcgan-28] [--ranks 1 2] [--rounds 5] [--seconds 3]

Each process has one thread. Everybody takes turns, so that whatever else the machine does meets all: in a round each trains the same
number of steps, and a step's time is the shortest of those after the tenth, as whatever else the machine does only makes it longer. Prints
a table of the shortest over the rounds, and of the ratios between these, with the range of those within a round. A machine that has fewer
idle processors than ranks makes the ratios too small. Without PyTorch 2.13 from pip its columns stay empty."""
import argparse
import csv
import importlib.util
import io
import json
import os
import resource
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from cases import CASES

HERE = Path(__file__).resolve().parent
WARM_UP_STEPS = 10
WALL = "timing/train/wall_seconds"
CONVOLUTIONAL = ("dcgan-28", "vae-conv", "dcgan-64-b64")
LAUNCH = "mpirun -n {} --oversubscribe --bind-to none"
SELDOM = ["evaluate.every=1000000", "sample.every=1000000", "checkpoint.every=1000000", "log.every=1"]
ENVIRONMENT = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}


def output(*command, folder):
    done = subprocess.run([str(word) for word in command], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stderr}")
    return done.stdout


class Atelier:
    def __init__(self, build, folder, launch=LAUNCH):
        self.program, self.folder, self.launch = build / "bin/atelier", folder, launch
        self.plugins = ["--plugin-path", build / "tests/bench/plugins"]

    def milliseconds(self, case, ranks, shards, steps):
        """The shortest step."""
        log = self.run(case, ranks, shards, WARM_UP_STEPS + steps)
        table = output(self.program, "export", log, "--metrics", "--timing", "-o", "-", *self.plugins, folder=self.folder)
        seconds = [float(row[WALL]) for row in csv.DictReader(io.StringIO(table)) if row[WALL]]
        (self.folder / log).unlink()
        return 1e3 * min(after - before for before, after in zip(seconds[WARM_UP_STEPS:], seconds[WARM_UP_STEPS + 1:]))

    def run(self, case, ranks, shards, steps):
        """The log."""
        experiment = self.folder / f"{case.name}.toml"
        experiment.write_text(case.experiment())
        start = shlex.split(self.launch.format(ranks)) if ranks > 1 else []
        return output(*start, self.program, "run", experiment.name, *self.plugins, "--threads", 1, *SELDOM, f"train.steps={steps}",
                      f"train.shards={shards}", f"dataset.count={4 * case.batch}", folder=self.folder).splitlines()[0]

    def processor_milliseconds(self, case, shards, seconds):
        """Of a step of one process, whatever else the machine does: the difference of runs of few steps and of many, of about so long."""
        few, steps = self._processor_seconds(case, shards, 4), 4
        while True:
            steps *= 2
            took = self._processor_seconds(case, shards, 4 + steps) - few
            if took >= seconds / 2:  # what starting varies by is little beside it
                return 1e3 * took / steps

    def _processor_seconds(self, case, shards, steps):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        (self.folder / self.run(case, 1, shards, steps)).unlink()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


class Pytorch:
    def __init__(self, folder):
        self.folder, self.is_there = folder, importlib.util.find_spec("torch") is not None
        self.format = {}

    def milliseconds(self, case, processes, steps):
        if not self.is_there:
            return None
        if case.name not in self.format:  # the better of its two layouts
            self.format[case.name] = min(([], ["channels-last"]), key=lambda form: self._run(case, 1, steps, form))
        return self._run(case, processes, steps, self.format[case.name])

    def _run(self, case, processes, steps, form):
        answer = output(sys.executable, HERE / "ddp_peer.py", case.name, processes, max(steps, 2), *form, folder=self.folder)
        return json.loads(answer.splitlines()[-1])["milliseconds"]


def take_turns(case, atelier, pytorch, options):
    """{who: milliseconds of each round}."""
    most = max(options.ranks)
    first = atelier.milliseconds(case, 1, 1, 3)
    steps = max(3, round(1e3 * options.seconds / first))
    who = {"shards 1": lambda: atelier.milliseconds(case, 1, 1, steps)}
    for shards in sorted({most, 4}):
        who[f"shards {shards}"] = lambda shards=shards: atelier.milliseconds(case, 1, shards, steps)
    for ranks in options.ranks:
        if ranks > 1:
            who[f"ranks {ranks}"] = lambda ranks=ranks: atelier.milliseconds(case, ranks, most, steps)
    if pytorch.is_there:
        for processes in options.ranks:
            who[f"DDP {processes}"] = lambda processes=processes: pytorch.milliseconds(case, processes, steps)
    times = {name: [] for name in who}
    for _ in range(options.rounds):
        for name, measure in who.items():
            times[name].append(measure())
        print("    " + ", ".join(f"{name}: {values[-1]:.1f} ms" for name, values in times.items()), flush=True)
    return times


def ratio(above, below):
    """Of the shortest; then the range of those within a round."""
    ratios = [a / b for a, b in zip(above, below)]
    return f"{min(above) / min(below):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def table(rows, options):
    most = max(options.ranks)
    columns = ["case", *(f"{ranks} rank{'s' * (ranks > 1)}, ms" for ranks in options.ranks),
               *(f"speed of {ranks}" for ranks in options.ranks if ranks > 1),
               *(f"DDP {ranks}, ms" for ranks in options.ranks), *(f"speed of DDP {ranks}" for ranks in options.ranks if ranks > 1),
               "time of shards = 4 to 1"]
    lines = ["| " + " | ".join(columns) + " |", "|---|" + "---:|" * (len(columns) - 1)]
    for case, times in rows:
        def of(ranks):
            return times[f"shards {most}" if ranks == 1 else f"ranks {ranks}"]

        cells = [case.name, *(f"{min(of(ranks)):.1f}" for ranks in options.ranks),
                 *(ratio(of(1), of(ranks)) for ranks in options.ranks if ranks > 1)]
        theirs = [times.get(f"DDP {ranks}") for ranks in options.ranks]
        cells += ["" if values is None else f"{min(values):.1f}" for values in theirs]
        cells += ["" if values is None else ratio(theirs[0], values) for ranks, values in zip(options.ranks, theirs) if ranks > 1]
        lines.append("| " + " | ".join([*cells, ratio(times["shards 4"], times["shards 1"])]) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description="Atelier's ranks of MPI against PyTorch's DistributedDataParallel.")
    parser.add_argument("build", nargs="?", default="build", type=Path, help="a build folder with -DATELIER_MPI=ON")
    parser.add_argument("--cases", nargs="+", default=list(CONVOLUTIONAL), choices=list(CASES))
    parser.add_argument("--ranks", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="that one process computes in a round")
    options = parser.parse_args()
    options.ranks = sorted({1, *options.ranks})
    for case in options.cases:
        if any(CASES[case].batch % shards for shards in (4, *options.ranks)) or max(options.ranks) % 2:
            parser.error(f"{case}: its batch of {CASES[case].batch} is not cut into 4 and {options.ranks}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        atelier, pytorch = Atelier(options.build.resolve(), folder), Pytorch(folder)
        rows = []
        for case in options.cases:
            print(case, flush=True)
            rows.append((CASES[case], take_turns(CASES[case], atelier, pytorch, options)))
    print(table(rows, options))


if __name__ == "__main__":
    main()
