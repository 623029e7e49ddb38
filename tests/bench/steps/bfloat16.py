"""What products that read bfloat16 bring: whole training steps in float32 and with them, Atelier against PyTorch's automatic mixed
precision on the CPU, taking turns.

    python3 tests/bench/steps/bfloat16.py [BUILD_FOLDER] [--cases vae-conv dcgan-64-b64] [--rounds 7] [--seconds 1]

Prints a table of milliseconds a step, PyTorch's in the fastest of its settings, and the ratios of the rounds' times. Before, the first
step's losses of the two must agree to a hundredth."""
import argparse
import os
import statistics
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from cases import CASES
from contestants import CONTESTANTS, Contestant
from program import Atelier, Peer, milliseconds
from report import markdown, spread

DEFAULT = ["vae", "cnn", "vae-conv", "dcgan-28", "dcgan-64-b16", "dcgan-64-b64"]


def check_first_step(case, build, folder, threads):
    """With PyTorch in the same precision, from the same weights, on the same images and draws."""
    experiment, file = folder / "first.toml", folder / "first.bin"
    experiment.write_text(case.for_parity().experiment())
    program, peer = Atelier(build, experiment, threads), Peer("pytorch_peer.py", case, threads)
    ours = program.parity(1, file)
    theirs = peer.command("parity", file=str(file), **ours)["losses"][0]
    for loss, value in theirs.items():
        mine = ours["steps"][0]["losses"][loss]
        if not abs(mine - value) <= 0.01 * max(map(abs, theirs.values())):
            sys.exit(f"{case.name}, {loss}: Atelier {mine}, PyTorch {value}: they do not compute the same")
    program.close()
    peer.close()


class Own:
    def __init__(self, case, build, folder, threads):
        experiment = folder / f"{case.name}-{case.precision}.toml"
        experiment.write_text(case.experiment())
        self.program = Atelier(build, experiment, threads)

    def round(self, seconds):
        return milliseconds(self.program.round(seconds))


def fastest(case, threads, seconds):
    """PyTorch's, eager or compiled."""
    found = [Contestant(*entry, case, threads, seconds) for entry in CONTESTANTS if entry[2] == "torch"]
    found.sort(key=lambda contestant: contestant.best)
    for slower in found[1:]:
        slower.close()
    return found[0]


def row_of(name, build, folder, threads, options):
    cases = [replace(CASES[name], precision=precision) for precision in ("float32", "bf16")]
    check_first_step(cases[1], build, folder, threads[-1])
    own = [Own(case, build, folder, threads[-1]) for case in cases]
    peers = [fastest(case, threads, options.seconds) for case in cases]
    turns = [[*(program.round(options.seconds) for program in own), *(peer.round() for peer in peers)]
             for _ in range(options.rounds)]
    for program in own:
        program.program.close()
    for peer in peers:
        peer.close()

    def ratio(above, below):
        return f"{statistics.median(turn[above] / turn[below] for turn in turns):.2f}"

    return [f"{name}, {cases[0].batch}", *map(spread, zip(*turns)), ratio(0, 1), ratio(2, 3), f"**{ratio(3, 1)}**"]


def main():
    parser = argparse.ArgumentParser(description="Whole training steps in float32 and with products of bfloat16.")
    parser.add_argument("build", nargs="?", default="build", type=Path)
    parser.add_argument("--cases", nargs="+", default=DEFAULT, choices=list(CASES))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0, help="of one round")
    options = parser.parse_args()
    threads = sorted({1, min(2, len(os.sched_getaffinity(0)))})
    columns = ["case, batch", "Atelier, float32", "Atelier, bf16", "PyTorch, float32", "PyTorch, autocast", "float32 : bf16",
               "PyTorch's float32 : autocast", "autocast : Atelier, bf16"]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in options.cases:
            rows.append(row_of(name, options.build.resolve(), Path(folder), threads, options))
            print(markdown(columns, rows[-1:]), flush=True)
    print("\n" + markdown(columns, rows))


if __name__ == "__main__":
    main()
