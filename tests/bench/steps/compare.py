"""Whole training steps a second, Atelier against PyTorch in its best setting.

    cmake -S . -B build -DATELIER_BENCH=ON && cmake --build build --target atelier_steps
    python3 tests/bench/steps/compare.py [BUILD_FOLDER] [--rounds 7] [--seconds 1] [--no-write]

First both train the same twenty steps from the same weights, on the same images and noise, and their losses must agree. Then they
take turns, so that whatever else the machine does meets both. Prints a table and writes tests/bench/RESULTS.md. Needs NumPy and
PyTorch 2.13."""
import argparse
import json
import os
import platform
import re
import statistics
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).resolve().parent
RESULTS = HERE.parent / "RESULTS.md"
SAMPLES = 6144
PARITY_STEPS = 20
CLOSE_STEPS = 5  # so long rounding is all that differs; then Adam and the game's two players make more of it


def parity_tolerance(step):
    """Of a loss, relative."""
    return 1e-5 if step <= CLOSE_STEPS else 1e-2


GAN = """name = "gan"
seed = 7
[dataset]
use   = "mnist"
path  = "{folder}"
range = [-1.0, 1.0]
[model]
use           = "gan"
latent        = 100
generator     = [128, 256, 512]
discriminator = [512, 256, 128]
[loss.adversarial]
use = "non-saturating"
[optimizer]
use           = "adam"
learning_rate = 2e-4
beta1         = 0.5
[train]
steps      = 1000000000
batch_size = {batch}
"""

VAE = """name = "vae"
seed = 7
[dataset]
use  = "mnist"
path = "{folder}"
[model]
use    = "vae"
hidden = [512, 256]
latent = 20
[loss.reconstruction]
use = "bce"
[optimizer]
use           = "adam"
learning_rate = 1e-3
[train]
steps      = 1000000000
batch_size = {batch}
"""

EXPERIMENTS = {"gan": GAN, "vae": VAE}


ABOUT = """# Whole training steps

Written by `python3 tests/bench/steps/compare.py`. {machine}.

Steps a second: the median of {rounds} rounds of {seconds:g} s (lowest–highest), the programs taking turns. Both train the same
networks with the same losses and Adam; before, {parity_steps} steps from equal weights on equal images and noise gave equal losses,
the first {close_steps} as closely as the last column says. The ratio is of Atelier's better column to PyTorch. The shares of the
peak are of the matrix products' operations, against 1024-cubed products in GFLOP/s, measured in turn too. Recording is the main thread's
share of a step with one thread, where nothing hides it.

"""


class Program:
    """A child process that answers each line with a line of JSON."""

    def __init__(self, command):
        self.name = Path(command[0]).name
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"{self.name} ended; its message stands above")
        return json.loads(answer)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def write_data(folder):
    """Images of noise in MNIST's file format, and the same as float32 in each model's range."""
    pixels = np.random.default_rng(1).integers(0, 256, (SAMPLES, 784), dtype=np.uint8)
    for split in ("train", "t10k"):
        (folder / f"{split}-images-idx3-ubyte").write_bytes(struct.pack(">IIII", 2051, SAMPLES, 28, 28) + pixels.tobytes())
        (folder / f"{split}-labels-idx1-ubyte").write_bytes(struct.pack(">II", 2049, SAMPLES) + bytes(SAMPLES))
    unit = pixels.astype(np.float32) / 255
    (folder / "vae.f32").write_bytes(unit.tobytes())
    (folder / "gan.f32").write_bytes((unit * 2 - 1).tobytes())


def check_parity(name, atelier, pytorch, folder):
    """Returns the largest relative difference of a loss in the first steps."""
    ours = atelier.ask(f"parity {PARITY_STEPS} {folder}")
    theirs = pytorch.ask(json.dumps({"do": "parity", "steps": PARITY_STEPS, "folder": str(folder),
                                     "parameters": ours["parameters"]}))
    if "error" in theirs:
        sys.exit(f"{name}: PyTorch cannot repeat the steps: {theirs['error']}")
    worst = 0.0
    for step, (mine, other) in enumerate(zip(ours["losses"], theirs["losses"], strict=True), start=1):
        for loss, value in other.items():
            difference = abs(mine[loss] - value) / max(abs(value), 1e-3)
            worst = max(worst, difference) if step <= CLOSE_STEPS else worst
            if not difference <= parity_tolerance(step):
                sys.exit(f"{name}, step {step}, {loss}: Atelier {mine[loss]}, PyTorch {value}: they do not compute the same")
    return worst


def rate(answer):
    return answer["steps"] / answer["seconds"]


def settings_to_try(threads):
    for compiled in (False, True):
        for count in threads:
            for optimizer in ("foreach", "fused", "loop"):
                if not (compiled and optimizer == "loop"):
                    yield {"threads": count, "optimizer": optimizer, "compile": compiled}


def describe(setting):
    compiled = "torch.compile" if setting["compile"] else "eager"
    return f"{compiled}, {setting['optimizer']} Adam, {setting['threads']} thread{'s' * (setting['threads'] > 1)}"


def best_setting(pytorch, threads, seconds):
    """The fastest of all, and what could not be run."""
    found, failures = [], []
    for setting in settings_to_try(threads):
        if setting["compile"] and failures:
            break
        answer = pytorch.ask(json.dumps({"do": "configure", **setting}))
        if "error" in answer:
            failures.append(f"{describe(setting)}: {answer['error']}")
            continue
        rates = [rate(pytorch.ask(json.dumps({"do": "round", "seconds": seconds}))) for _ in range(3)]
        found.append((statistics.median(rates), setting))
        print(f"    PyTorch {describe(setting)}: {found[-1][0]:.0f} steps/s", flush=True)
    return max(found, key=lambda entry: entry[0])[1], failures


def summary(values):
    return f"{statistics.median(values):.0f} ({min(values):.0f}–{max(values):.0f})"


def compare(model, batch, build, folder, threads, rounds, seconds):
    """One row of the table."""
    name = f"{model} {batch}"
    print(f"{name}", flush=True)
    experiment = folder / f"{model}-{batch}.toml"
    experiment.write_text(EXPERIMENTS[model].format(folder=folder, batch=batch))
    atelier = {count: Program([str(build / "bin/atelier_steps"), str(build / "lib/atelier/plugins"), str(experiment), str(count)])
               for count in threads}
    pytorch = Program([sys.executable, str(HERE / "pytorch_steps.py"), model, str(batch), str(folder / f"{model}.f32")])
    difference = check_parity(name, atelier[threads[0]], pytorch, folder)
    print(f"    same losses over {PARITY_STEPS} steps, the first {CLOSE_STEPS} to {difference:.1e}", flush=True)
    setting, failures = best_setting(pytorch, threads, seconds / 2)
    pytorch.ask(json.dumps({"do": "configure", **setting}))
    ours, shares, peaks = ({count: [] for count in threads} for _ in range(3))
    theirs = []
    for _ in range(rounds):
        for count in threads:
            answer = atelier[count].ask(f"round {seconds}")
            ours[count].append(rate(answer))
            shares[count].append(answer["recording_seconds"] / answer["seconds"])
            peaks[count].append(atelier[count].ask(f"peak {seconds / 4}")["gflops"])
            flops = answer["flops"]
        theirs.append(rate(pytorch.ask(json.dumps({"do": "round", "seconds": seconds}))))
    peaks = {count: statistics.median(values) for count, values in peaks.items()}
    versions = atelier[threads[0]].ask("about")["versions"].strip()
    for program in (*atelier.values(), pytorch):
        program.close()
    return {"name": name, "versions": versions, "difference": difference, "setting": describe(setting),
            "failures": failures, "ours": ours, "theirs": theirs, "shares": shares, "flops": flops, "peaks": peaks}


def table(rows, threads):
    columns = ["model, batch", *(f"Atelier, {count} thread{'s' * (count > 1)}" for count in threads), "PyTorch",
               "its best setting", "ratio", *(f"share of the sgemm peak (GFLOP/s), {count}" for count in threads), "recording",
               "losses agree to"]
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    for row in rows:
        best = max(statistics.median(values) for values in row["ours"].values())
        peak_shares = [f"{statistics.median(row['ours'][c]) * row['flops'] / 1e9 / row['peaks'][c]:.0%} of {row['peaks'][c]:.0f}"
                       for c in threads]
        cells = [row["name"], *(summary(row["ours"][count]) for count in threads), summary(row["theirs"]), row["setting"],
                 f"{best / statistics.median(row['theirs']):.2f}", *peak_shares,
                 f"{statistics.median(row['shares'][threads[0]]):.1%}", f"{row['difference']:.0e}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def machine(versions):
    cpu = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    compiler = subprocess.run(["g++", "-dumpfullversion"], capture_output=True, text=True, check=False).stdout.strip()
    return (f"{cpu.group(1) if cpu else platform.machine()}, {len(os.sched_getaffinity(0))} cores; "
            f"PyTorch {torch.__version__}, Python {platform.python_version()}, g++ {compiler}, {versions}")


def main():
    parser = argparse.ArgumentParser(description="Whole training steps, Atelier against PyTorch.")
    parser.add_argument("build", nargs="?", default="build", type=Path, help="a build folder with -DATELIER_BENCH=ON")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0, help="of one round")
    parser.add_argument("--batches", type=int, nargs="+", default=[64, 128])
    parser.add_argument("--models", nargs="+", default=["gan", "vae"], choices=list(EXPERIMENTS))
    parser.add_argument("--no-write", action="store_true", help="leave RESULTS.md as it is")
    options = parser.parse_args()
    build = options.build.resolve()
    if not (build / "bin/atelier_steps").exists():
        sys.exit(f"{options.build}/bin/atelier_steps does not exist; build it first:\n"
                 f"  cmake -S . -B {options.build} -DATELIER_BENCH=ON && cmake --build {options.build}")
    threads = sorted({1, min(2, len(os.sched_getaffinity(0)))})
    with tempfile.TemporaryDirectory() as name:
        write_data(Path(name))
        rows = [compare(model, batch, build, Path(name), threads, options.rounds, options.seconds)
                for model in options.models for batch in options.batches]
    text = table(rows, threads)
    print("\n" + text)
    failures = sorted({failure for row in rows for failure in row["failures"]})
    if not options.no_write:
        RESULTS.write_text(ABOUT.format(machine=machine(rows[0]["versions"]), rounds=options.rounds, seconds=options.seconds,
                                        parity_steps=PARITY_STEPS, close_steps=CLOSE_STEPS)
                           + text + "\n" + "".join(f"\n- PyTorch could not run {failure}" for failure in failures))


if __name__ == "__main__":
    main()
