"""Whole training steps, Atelier against PyTorch (eager and torch.compile) and JAX, each in the best of its settings.

    cmake -S . -B build -DATELIER_BENCH=ON && cmake --build build --target atelier_steps
    python3 tests/bench/steps/compare.py [BUILD_FOLDER] [--cases gan vae] [--rounds 7] [--seconds 1] [--beside 1] [--no-write]

First all train the same twenty steps from the same weights, on the same images and random draws, and their losses must agree: a case where
they do not has no row, and the exit code is 1. Then they take turns, so that whatever else the machine does meets all; with --beside once
more, while other processes load the machine. Prints the tables; those of all cases become the section of tests/bench/RESULTS.md for this
processor's instruction set. Needs NumPy, PyTorch 2.13 and JAX from pip; what is missing is said, and leaves its column empty."""
import argparse
import importlib.util
import os
import statistics
import sys
import tempfile
from functools import partial
from pathlib import Path

import parity
from cases import CASES
from contestants import CONTESTANTS, Contestant
from program import Atelier, Load, milliseconds
from report import time_table, write_results

GENERATED = (1, 64)  # batches


def take_turns(atelier, contestants, rounds, seconds):
    """What was measured in each round."""
    measured = {key: {count: [] for count in atelier} for key in ("times", "recording", "peaks")}
    theirs = [[] for _ in contestants]
    for _ in range(rounds):
        for count, program in atelier.items():
            answer = program.round(seconds)
            measured["times"][count].append(milliseconds(answer))
            measured["recording"][count].append(answer["recording_seconds"] / answer["seconds"])
            measured["flops"] = answer["flops"]
        for count, program in atelier.items():  # one right after the other, as their ratio is told
            measured["peaks"][count].append(program.ask(f"peak {seconds / 4}")["gflops"])
        for contestant, times in zip(contestants, theirs):
            times.append(contestant.round())
    measured["theirs"] = {contestant.name: None if None in times else (times, contestant.describe())
                          for contestant, times in zip(contestants, theirs)}
    return measured


def generating(case, atelier, contestants, seconds):
    """Milliseconds of each program, for each size of batch."""
    if not case.generates:
        return {}
    others, medians = [contestant for contestant in contestants if contestant.name != "torch.compile"], {}
    for batch in GENERATED:
        programs = [lambda batch=batch: milliseconds(atelier.generate(batch, seconds, case.classifies)),
                    *(partial(contestant.generate, batch) for contestant in others)]
        turns = [[program() for program in programs] for _ in range(3)]
        names = ["Atelier", *(contestant.name for contestant in others)]
        medians[batch] = {name: None if None in times else statistics.median(times) for name, times in zip(names, zip(*turns))}
    return medians


def compare(case, build, folder, threads, options):
    """One row of the tables."""
    print(case.name, flush=True)
    experiment, gentle = folder / f"{case.name}.toml", folder / f"{case.name}-parity.toml"
    experiment.write_text(case.experiment())
    gentle.write_text(case.for_parity().experiment())
    first = Atelier(build, gentle, threads[-1])
    try:
        difference, memory = parity.parity_and_memory(case, first, threads[-1], folder)
    finally:
        first.close()
    contestants = [Contestant(*entry, case, threads, options.seconds) for entry in CONTESTANTS]
    atelier = {count: Atelier(build, experiment, count) for count in threads}
    row = {"case": case, "difference": difference, "memory": memory,
           "failures": [(contestant.name, contestant.failure) for contestant in contestants if contestant.program is None],
           "alone": take_turns(atelier, contestants, options.rounds, options.seconds),
           "generated": generating(case, atelier[threads[-1]], contestants, options.seconds)}
    if options.beside:
        loads = [Load(build, experiment) for _ in range(options.beside)]
        for contestant in contestants:
            contestant.try_threads(threads)
        row["beside"] = take_turns(atelier, contestants, options.rounds, options.seconds)
        for load in loads:
            load.end()
    row["versions"] = atelier[threads[0]].ask("about")["versions"].strip()
    for program in (*atelier.values(), *contestants):
        program.close()
    for condition in ("alone", "beside"):
        if condition in row:
            print(f"{condition}:\n{time_table([row], threads, condition)}", flush=True)
    return row


def main():
    parser = argparse.ArgumentParser(description="Whole training steps, Atelier against PyTorch and JAX.")
    parser.add_argument("build", nargs="?", default="build", type=Path, help="a build folder with -DATELIER_BENCH=ON")
    parser.add_argument("--cases", nargs="+", default=list(CASES), choices=list(CASES))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0, help="of one round")
    parser.add_argument("--beside", type=int, default=0, metavar="PROCESSES",
                        help="measure once more while so many other processes multiply matrices, each on one thread")
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
    rows, differ = [], []
    with tempfile.TemporaryDirectory() as folder:
        for name in options.cases:
            try:
                rows.append(compare(CASES[name], build, Path(folder), threads, options))
            except parity.Differ as reason:  # the others are not lost with it
                differ.append(f"{name}: {reason}")
                print(differ[-1], flush=True)
    if rows:
        write_results(rows, differ, threads, options, {"parity_steps": parity.STEPS, "close_steps": parity.CLOSE_STEPS},
                      write=not options.no_write and options.cases == list(CASES))
    if differ:
        sys.exit("\n".join(["not compared:", *differ]))


if __name__ == "__main__":
    main()
