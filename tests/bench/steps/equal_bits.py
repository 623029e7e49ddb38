"""What the promise of equal bits costs: whole training steps of two builds of Atelier, taking turns.

    cmake -S . -B build -DATELIER_BENCH=ON && cmake --build build
    cmake -S . -B build-fast -DATELIER_BENCH=ON -DATELIER_LOOP_FLAGS=-ffast-math && cmake --build build-fast
    python3 tests/bench/steps/equal_bits.py build build-fast

Prints the median of the ratios of a step's time, the promise's to the other's."""
import argparse
import os
import statistics
import tempfile
from pathlib import Path

from cases import CASES
from program import Atelier, milliseconds


def main():
    parser = argparse.ArgumentParser(description="Whole training steps with and without equal bits.")
    parser.add_argument("build", type=Path)
    parser.add_argument("fast", type=Path, help="a build with -DATELIER_LOOP_FLAGS=-ffast-math")
    parser.add_argument("--cases", nargs="+", default=["gan", "vae", "cnn", "lstm", "vae-conv"], choices=list(CASES))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=0.5, help="of one round")
    options = parser.parse_args()
    threads = min(2, len(os.sched_getaffinity(0)))
    print("| case | with equal bits, ms | without, ms | ratio |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name in options.cases:
            experiment = Path(folder) / f"{name}.toml"
            experiment.write_text(CASES[name].experiment())
            programs = [Atelier(build.resolve(), experiment, threads) for build in (options.build, options.fast)]
            turns = [[milliseconds(program.round(options.seconds)) for program in programs] for _ in range(options.rounds)]
            equal, fast = (statistics.median(times) for times in zip(*turns))
            ratio = statistics.median(ours / other for ours, other in turns)
            print(f"| {name} | {equal:.2f} | {fast:.2f} | {ratio:.2f} |", flush=True)
            for program in programs:
                program.close()


if __name__ == "__main__":
    main()
