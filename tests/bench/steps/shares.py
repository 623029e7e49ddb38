"""Where the time of training steps goes: of each operation its share of the machine's matrix-product peak, on one thread.

    python3 tests/bench/steps/shares.py [BUILD_FOLDER] [--cases gan vae] [--steps 20]

Prints a table of each case's matrix products and convolutions, one of its other operations, and over all cases those that lose most:
the time that they take beyond what their operations would take at the peak. Of an operation that is there several times, with equal
shapes, the times are added up. Times are the shortest of so many steps, and the peak is the highest that was measured between them."""
import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cases import CASES
from program import Atelier
from report import markdown

ROUNDS = 3
WORST = 10
LEAST_SHARE = 0.01  # of a step, that an operation without products needs to be told of


@dataclass
class Work:
    """Operations of one name and of equal shapes."""
    case: str
    name: str
    shapes: str
    location: str
    calls: int = 0
    flops: float = 0.0
    seconds: float = 0.0
    peak: float = 0.0   # operations a second
    step: float = 0.0   # seconds of the whole step

    @property
    def lost(self):
        return self.seconds - self.flops / self.peak

    @property
    def share_of_peak(self):
        return self.flops / self.peak / self.seconds if self.seconds > 0 else 0.0


def short(name):
    """Of a fused chain: what it begins and ends with."""
    parts = [part.removesuffix("/1") for part in name.split("+")]
    return "+".join(parts) if len(parts) <= 4 else f"{parts[0]}+{parts[1]}+…+{parts[-1]} ({len(parts)})"


def shapes_of(operation):
    return " ".join(operation["inputs"]) + " → " + " ".join(operation["outputs"])


def profile(case, build, folder, steps):
    experiment = folder / f"{case.name}.toml"
    experiment.write_text(case.experiment())
    atelier, peak, works = Atelier(build, experiment, 1), 0.0, {}
    operations = None
    for _ in range(ROUNDS):
        answer = atelier.ask(f"profile {max(1, steps // ROUNDS)}")
        found, peak = answer["operations"], max(peak, answer["peak"])
        for mine, other in zip(operations or found, found, strict=True):
            mine["seconds"] = min(mine["seconds"], other["seconds"])
        operations = operations or found
    atelier.close()
    for operation in operations:
        key = operation["name"], shapes_of(operation)
        work = works.setdefault(key, Work(case.name, short(operation["name"]), key[1], Path(operation["location"]).name, peak=peak))
        work.calls += 1
        work.flops += operation["flops"]
        work.seconds += operation["seconds"]
    for work in works.values():
        work.step = sum(operation["seconds"] for operation in operations)
    return sorted(works.values(), key=lambda work: -work.seconds)


def cells(work):
    return [f"{work.name}", str(work.calls), work.shapes, work.location, f"{1e3 * work.seconds:.3f}", f"{work.seconds / work.step:.1%}"]


COLUMNS = ["operation", "calls", "shapes", "line", "ms", "of the step"]


def products_table(works):
    return markdown([*COLUMNS, "of the peak", "ms lost"],
                    [[*cells(work), f"{work.share_of_peak:.0%}", f"{1e3 * work.lost:.3f}"] for work in works])


def print_case(case, works):
    step, products = works[0].step, [work for work in works if work.flops > 0]
    others = [work for work in works if work.flops == 0]
    spent = sum(work.seconds for work in products)
    print(f"## {case.name}, {case.batch}\n\n{1e3 * step:.2f} ms; {sum(work.flops for work in works) / 1e9:.2f} GFLOP, "
          f"{sum(work.flops for work in works) / works[0].peak / step:.0%} of the peak of {works[0].peak / 1e9:.0f} GFLOP/s; "
          f"products and convolutions {spent / step:.0%} of the time, at {sum(w.flops for w in products) / works[0].peak / spent:.0%} "
          "of the peak.\n")
    print(products_table(products) + "\n")
    told = [work for work in others if work.seconds >= LEAST_SHARE * step]
    if told:
        print(markdown(COLUMNS, [cells(work) for work in told]) + "\n")
    rest = sum(work.seconds for work in others) - sum(work.seconds for work in told)
    print(f"{len(others) - len(told)} others: {1e3 * rest:.3f} ms, {rest / step:.1%}\n", flush=True)


def print_worst(works):
    products, others = [work for work in works if work.flops > 0], [work for work in works if work.flops == 0]

    def table(title, found):
        print(f"## {title}\n\n" + markdown(["case", *COLUMNS, "of the peak", "ms lost"],
                                           [[work.case, *cells(work), f"{work.share_of_peak:.0%}" if work.flops else "",
                                             f"{1e3 * work.lost:.3f}"] for work in found[:WORST]]) + "\n")

    table("The products that lose most, by time", sorted(products, key=lambda work: -work.lost))
    table("The products that lose most, by the share of their step", sorted(products, key=lambda work: -work.lost / work.step))
    table("Other operations, by time", sorted(others, key=lambda work: -work.seconds))
    table("Other operations, by the share of their step", sorted(others, key=lambda work: -work.seconds / work.step))


def main():
    parser = argparse.ArgumentParser(description="Where the time of Atelier's training steps goes.")
    parser.add_argument("build", nargs="?", default="build", type=Path)
    parser.add_argument("--cases", nargs="+", default=list(CASES), choices=list(CASES))
    parser.add_argument("--steps", type=int, default=20, help="that are profiled of each case")
    options = parser.parse_args()
    works = []
    with tempfile.TemporaryDirectory() as folder:
        for name in options.cases:
            found = profile(CASES[name], options.build.resolve(), Path(folder), options.steps)
            print_case(CASES[name], found)
            works += found
    if not works:
        sys.exit("nothing was profiled")
    print_worst(works)


if __name__ == "__main__":
    main()
