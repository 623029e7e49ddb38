"""Whole training steps, Atelier against PyTorch (eager and torch.compile) and JAX, each in the best of its settings.

    cmake -S . -B build -DATELIER_BENCH=ON && cmake --build build --target atelier_steps
    python3 tests/bench/steps/compare.py [BUILD_FOLDER] [--cases gan vae] [--rounds 7] [--seconds 1] [--no-write]

First all train the same twenty steps from the same weights, on the same images and noise, and their losses must agree. Then they
take turns, so that whatever else the machine does meets all. Prints the tables and writes tests/bench/RESULTS.md. Needs NumPy,
PyTorch 2.13 and JAX from pip; what is missing is said, and leaves its column empty."""
import argparse
import importlib.util
import os
import statistics
import sys
import tempfile
from functools import partial
from pathlib import Path

from cases import CASES
from program import Atelier, DidNotRun, Peer, milliseconds
from report import time_table, write_results

PARITY_STEPS = 20
CLOSE_STEPS = 5  # so many are told of
GENERATED = (1, 64)  # batches

# Name in the table, program, its Python package, and the settings that are its own.
CONTESTANTS = [("PyTorch", "pytorch_peer.py", "torch", {"compile": False}),
               ("torch.compile", "pytorch_peer.py", "torch", {"compile": True}),
               ("JAX", "jax_peer.py", "jax", {})]


def parity_tolerance(step, value, largest):
    """Of a loss. At first rounding is all that differs; Adam and a game's two players make more of it at every step. `largest` is the
    step's largest loss: a small one may be a difference of such terms."""
    return min(1e-6 * 3 ** step, 1e-2) * abs(value) + 2 ** -23 * largest


def check_parity(case, ours, folder, peer, name):
    """The largest difference of a loss in the first steps, of the step's largest. The benchmark ends where losses differ."""
    theirs = peer.command("parity", steps=PARITY_STEPS, folder=str(folder), parameters=ours["parameters"])
    worst = 0.0
    for step, (mine, other) in enumerate(zip(ours["losses"], theirs["losses"], strict=True), start=1):
        for loss, value in other.items():
            difference, largest = abs(mine[loss] - value), max(map(abs, other.values()))
            worst = max(worst, difference / largest) if step <= CLOSE_STEPS else worst
            if not difference <= parity_tolerance(step, value, largest):
                sys.exit(f"{case.name}, step {step}, {loss}: Atelier {mine[loss]}, {name} {value}: they do not compute the same")
    return worst


class Contestant:
    """A peer in the best of its settings for a case, or the reason why it did not run."""

    def __init__(self, name, script, package, fixed, case, threads, seconds):
        self.name, self.script, self.case, self.seconds = name, script, case, seconds
        self.times, self.program, self.best, self.setting, self.failure = [], None, float("inf"), None, None
        if importlib.util.find_spec(package) is None:
            self.failure = f"the Python package {package} is not installed"
            return
        for setting in self._settings(fixed):
            self._try(setting, threads[-1])
        if self.program is not None:  # whether one thread is faster
            for count in threads[:-1]:
                self._try(self.setting, count)
        print(f"    {name}: {self.describe() if self.program else 'did not run: ' + self.failure}", flush=True)

    def _settings(self, fixed):
        program = Peer(self.script, self.case, 1)
        settings = program.command("settings")["settings"]
        program.close()
        return [setting for setting in settings if fixed.items() <= setting.items()]

    def _try(self, setting, threads):
        """Each in a process of its own, of which the fastest stays."""
        program = Peer(self.script, self.case, threads)
        try:
            program.command("configure", **setting)
            time = min(milliseconds(program.round(self.seconds / 2)) for _ in range(5))
        except DidNotRun as reason:
            self.failure, time = str(reason), float("inf")
        print(f"    {self.name} {setting}, threads: {threads}: {time:.2f} ms", flush=True)
        if time < self.best:
            self.program, program, self.best, self.setting, self.threads = program, self.program, time, setting, threads
        if program is not None:
            program.close()

    def describe(self):
        words = [key if value is True else f"{key} {value}" if isinstance(value, int) else value
                 for key, value in self.setting.items() if value is not False and key != "compile"]
        return ", ".join([*words, f"{self.threads} thread{'s' * (self.threads > 1)}"])

    def round(self):
        if self.program is not None:
            self.times.append(milliseconds(self.program.round(self.seconds)))

    def generate(self, batch):
        return None if self.program is None else milliseconds(self.program.command("generate", batch=batch, seconds=self.seconds))

    def close(self):
        if self.program is not None:
            self.program.close()


def parity_and_memory(case, atelier, threads, folder):
    """Of the peers that can be asked, before they are tuned: how closely losses agree, and what PyTorch's training adds to memory."""
    ours, difference, memory = atelier.parity(PARITY_STEPS, folder), 0.0, {"atelier": atelier.ask("memory")}
    for name, script, package in {entry[:3] for entry in CONTESTANTS if entry[0] != "torch.compile"}:
        if importlib.util.find_spec(package) is None:
            continue
        peer = Peer(script, case, threads)
        try:
            if package == "torch":
                memory["pytorch"] = peer.command("memory")
            difference = max(difference, check_parity(case, ours, folder, peer, name))
        except DidNotRun as reason:
            sys.exit(f"{case.name}: {name} cannot repeat the steps: {reason}")
        peer.close()
    print(f"    same losses over {PARITY_STEPS} steps, the first {CLOSE_STEPS} to {difference:.1e}", flush=True)
    return difference, memory


def compare(case, build, folder, threads, rounds, seconds):
    """One row of the tables."""
    print(case.name, flush=True)
    experiment, gentle = folder / f"{case.name}.toml", folder / f"{case.name}-parity.toml"
    experiment.write_text(case.experiment())
    gentle.write_text(case.for_parity().experiment())
    first = Atelier(build, gentle, threads[-1])
    difference, memory = parity_and_memory(case, first, threads[-1], folder)
    first.close()
    contestants = [Contestant(*entry, case, threads, seconds) for entry in CONTESTANTS]
    atelier = {count: Atelier(build, experiment, count) for count in threads}
    row = {"case": case, "difference": difference, "memory": memory, "contestants": contestants, "generated": {},
           **{key: {count: [] for count in threads} for key in ("times", "recording", "peaks")}}
    for _ in range(rounds):
        for count, program in atelier.items():
            answer = program.round(seconds)
            row["times"][count].append(milliseconds(answer))
            row["recording"][count].append(answer["recording_seconds"] / answer["seconds"])
            row["peaks"][count].append(program.ask(f"peak {seconds / 4}")["gflops"])
            row["flops"] = answer["flops"]
        for contestant in contestants:
            contestant.round()
    classifies = case.model["use"] in ("cnn", "rnn")
    generating = [contestant for contestant in contestants if contestant.name != "torch.compile"]
    for batch in GENERATED:
        programs = [lambda batch=batch: milliseconds(atelier[threads[-1]].generate(batch, seconds, classifies)),
                    *(partial(contestant.generate, batch) for contestant in generating)]
        turns = [[program() for program in programs] for _ in range(3)]
        names = ["Atelier", *(contestant.name for contestant in generating)]
        row["generated"][batch] = {name: None if None in times else statistics.median(times) for name, times in zip(names, zip(*turns))}
    row["versions"] = atelier[threads[0]].ask("about")["versions"].strip()
    for program in (*atelier.values(), *contestants):
        program.close()
    print(time_table([row], threads), flush=True)
    return row


def main():
    parser = argparse.ArgumentParser(description="Whole training steps, Atelier against PyTorch and JAX.")
    parser.add_argument("build", nargs="?", default="build", type=Path, help="a build folder with -DATELIER_BENCH=ON")
    parser.add_argument("--cases", nargs="+", default=list(CASES), choices=list(CASES))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0, help="of one round")
    parser.add_argument("--no-write", action="store_true", help="leave RESULTS.md as it is")
    options = parser.parse_args()
    build = options.build.resolve()
    if not (build / "bin/atelier_steps").exists():
        sys.exit(f"{options.build}/bin/atelier_steps does not exist; build it first:\n"
                 f"  cmake -S . -B {options.build} -DATELIER_BENCH=ON && cmake --build {options.build}")
    for package in ("torch", "jax"):
        if importlib.util.find_spec(package) is None:
            print(f"The Python package {package} is not installed (pip has it); its columns stay empty.", flush=True)
    threads = sorted({1, min(2, len(os.sched_getaffinity(0)))})
    with tempfile.TemporaryDirectory() as folder:
        rows = [compare(CASES[name], build, Path(folder), threads, options.rounds, options.seconds) for name in options.cases]
    write_results(rows, threads, options, {"parity_steps": PARITY_STEPS, "close_steps": CLOSE_STEPS}, not options.no_write)


if __name__ == "__main__":
    main()
