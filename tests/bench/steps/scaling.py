"""What a step takes on R nodes, by a model that is measured on this machine, and held against it.

    ./bootstrap build --mpi
    cmake -S . -B build -DATELIER_TESTS=ON && cmake --build build --target bench_noise exchange_times
    python3 tests/bench/steps/scaling.py [BUILD_FOLDER] [--cases dcgan-28] [--launch "mpirun -n {} ..."] [--rounds 3]
                                           [--far-only]

A node computes its pieces in the processor time that one process of one thread takes for so many here. An exchange of b bytes between R ranks
takes, small (32 KiB at most: all send all to all),

    L + (R - 1) (o + b / B)

and large (each adds up one part of R, and sends it to all)

    2 (L + (R - 1) o + (R - 1) / R b / B) + b / A

with the latency L, what a message costs by itself o, the bandwidth of a node B, and A, what one adds up in a second, while the others'
parts lie in memory. Which exchanges a step has is read from a step of two ranks (--profile). A step takes at least the longer of what is
computed and what is exchanged, and at most both, one after the other.

First L, o, B and A of this machine are found from exchanges of 4 bytes to 16 MiB on 2 and 4 ranks (exchange_times), by least squares of
relative errors; then the model says what 1, 2 and 4 ranks of four shards take here, where ranks beyond the processors wait for each
other, and it is measured; then what 16, 64 and 256 nodes take, each with the case's whole batch, over --networks. --launch, with {} for
the number of ranks, starts them elsewhere, as in tests/bench/ranks/slow_link.sh."""
import argparse
import itertools
import json
import math
import os
import shlex
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cases import CASES
from ranks import LAUNCH, SELDOM, Atelier, output

SMALL = 32768
CASE_NAMES = ("vae", "gan", "cnn", "vae-conv", "dcgan-28", "dcgan-64-b64", "wgan-gp")
NODES = (16, 64, 256)


@dataclass(frozen=True)
class Network:
    latency: float    # seconds
    message: float    # seconds, that each costs by itself
    bandwidth: float  # bytes a second, of each node and in each direction
    addition: float   # bytes a second

    def seconds(self, size, ranks):
        return float(np.dot(terms(size, ranks), (self.latency, self.message, 1 / self.bandwidth, 1 / self.addition)))


def terms(size, ranks):
    """How often each of a network's numbers is in an exchange's time."""
    if ranks == 1:
        return 0, 0, 0, 0
    if size <= SMALL:
        return 1, ranks - 1, (ranks - 1) * size, 0
    return 2, 2 * (ranks - 1), 2 * (ranks - 1) / ranks * size, size


def fitted(measured):
    """The network that says [(bytes, ranks, seconds)] with the least squares of relative errors, none of whose numbers is negative."""
    rows = np.array([np.array(terms(size, ranks)) / seconds for size, ranks, seconds in measured])
    best, best_error = None, float("inf")
    for count in range(1, 5):  # of few numbers all subsets are looked at
        for chosen in itertools.combinations(range(4), count):
            found, *_ = np.linalg.lstsq(rows[:, chosen], np.ones(len(rows)), rcond=None)
            error = float(np.sum((rows[:, chosen] @ found - 1) ** 2))
            if (found > 0).all() and error < best_error:
                best, best_error = np.zeros(4), error
                best[list(chosen)] = found
    latency, message, byte, addition = best
    return Network(latency, message, 1 / max(byte, 1e-15), 1 / max(addition, 1e-15))


def measured_exchanges(build, launch, counts):
    out = []
    for ranks in counts:
        for line in output(*shlex.split(launch.format(ranks)), build / "bin/exchange_times", folder=build).splitlines():
            size, microseconds = line.split()
            out.append((int(size), ranks, float(microseconds) / 1e6))
    return out


def this_network(build, launch):
    measured = measured_exchanges(build, launch, (2, 4))
    network = fitted(measured)
    print(f"latency {1e6 * network.latency:.1f} us, a message {1e6 * network.message:.1f} us, {8e-9 * network.bandwidth:.1f} Gbit/s, "
          f"added up {1e-9 * network.addition:.1f} GB/s\n")
    print("| bytes | ranks | measured, us | model, us |\n|---:|---:|---:|---:|")
    for size, ranks, seconds in measured:
        print(f"| {size} | {ranks} | {1e6 * seconds:.1f} | {1e6 * network.seconds(size, ranks):.1f} |")
    return network


def exchanges_of(case, atelier):
    """Bytes of each of a step's exchanges."""
    experiment, trace = atelier.folder / "profiled.toml", atelier.folder / "trace.json"
    experiment.write_text(case.experiment())
    output(*shlex.split(LAUNCH.format(2)), atelier.program, "run", experiment.name, *atelier.plugins, "--threads", 1, *SELDOM,
           "train.steps=3", "train.shards=2", f"dataset.count={4 * case.batch}", f"--profile={trace}", folder=atelier.folder)
    steps = {}
    for event in json.loads(trace.read_text())["traceEvents"]:
        if event["name"] == "rank_sum" and event["args"]["phase"] == 0:
            steps[event["ts"]] = sum(4 * elements(shape) for shape in event["args"]["outputs"])
    return list(steps.values())


def elements(shape):
    """Of "(3, 4)"."""
    return math.prod(int(length) for length in shape.strip("()").split(",") if length)


@dataclass
class Compute:
    """Seconds of one process for so many pieces."""
    step: float   # what is done once: updates
    piece: float

    def seconds(self, pieces):
        return self.step + pieces * self.piece


def processor_seconds(case, shards, atelier, options):
    return min(atelier.processor_milliseconds(case, shards, options.seconds) for _ in range(options.rounds)) / 1e3


def measured_compute(case, piece, atelier, counts, options):
    shortest = [processor_seconds(replace(case, batch=count * piece), count, atelier, options) for count in counts]
    piece_seconds, step_seconds = np.polyfit(counts, shortest, 1)
    return Compute(max(float(step_seconds), 0), float(piece_seconds))


def bounds(compute, network, exchanges, ranks):
    """Seconds of a step in which all is exchanged while something is computed, and of one in which nothing is."""
    sent = sum(network.seconds(size, ranks) for size in exchanges)
    return max(compute, sent), compute + sent


def here(case, exchanges, atelier, network, options):
    """The model beside what is measured, four pieces on 1, 2 and 4 ranks of this machine."""
    processors = len(os.sched_getaffinity(0))
    compute = measured_compute(case, case.batch // 4, atelier, (1, 2, 4), options)
    cells = [case.name, f"{len(exchanges)}", f"{sum(exchanges) / 1e6:.2f}"]
    for ranks in (1, 2, 4):
        least, most = bounds(compute.seconds(4 // ranks) * max(1, ranks / processors), network, exchanges, ranks)
        found = min(atelier.milliseconds(case, ranks, 4, 10) for _ in range(options.rounds))
        said = f"{1e3 * least:.1f}" if ranks == 1 else f"{1e3 * least:.1f} to {1e3 * most:.1f}"
        cells.append(f"{said}: {found:.1f}")
    print("| " + " | ".join(cells) + " |", flush=True)


def far(case, compute, exchanges, network, name):
    cells = [case.name, f"{len(exchanges)}", f"{sum(exchanges) / 1e6:.2f}", f"{1e3 * compute:.1f}", name]
    for nodes in NODES:
        least, most = bounds(compute, network, exchanges, nodes)
        cells.append(f"{nodes * compute / most:.0f} to {nodes * compute / least:.0f}")
    print("| " + " | ".join(cells) + " |", flush=True)


def network_of(text, addition):
    """LATENCY:MESSAGE:GIGABITS, microseconds both."""
    latency, message, gigabits = (float(number) for number in text.split(":"))
    return Network(latency / 1e6, message / 1e6, gigabits * 1e9 / 8, addition)


def main():
    parser = argparse.ArgumentParser(description="The time of a step on many nodes: a model, measured and held against this machine.")
    parser.add_argument("build", nargs="?", default="build", type=Path, help="a build folder with -DATELIER_MPI=ON")
    parser.add_argument("--cases", nargs="+", default=list(CASE_NAMES), choices=list(CASES))
    parser.add_argument("--rounds", type=int, default=3, help="of which the shortest times count")
    parser.add_argument("--seconds", type=float, default=2.0, help="of processor time, for what a process computes")
    parser.add_argument("--far-only", action="store_true", help="not what is measured of several ranks here")
    parser.add_argument("--launch", default=LAUNCH, help="how so many ranks are started; {} is their number")
    parser.add_argument("--networks", nargs="+", default=["25:1:10", "5:1:100"], metavar="LATENCY:MESSAGE:GIGABITS",
                        help="microseconds, microseconds, Gbit/s")
    parser.add_argument("--addition", type=float, default=9.0, metavar="GB/s", help="what a node adds up; of the nodes far away")
    parser.add_argument("--exchanges-only", action="store_true", help="print what exchanges take, and the network that says it, and stop")
    options = parser.parse_args()
    build = options.build.resolve()
    network = None
    if not options.far_only:
        network = this_network(build, options.launch)
        if options.exchanges_only:
            return
    with tempfile.TemporaryDirectory() as name:
        atelier = Atelier(build, Path(name), options.launch)
        exchanges = {case: exchanges_of(CASES[case], atelier) for case in options.cases}
        if not options.far_only:
            print("\nFour shards here, milliseconds of a step: what the model says, and what was measured\n")
            print("| case | exchanges | MB | 1 rank | 2 ranks | 4 ranks |\n|---|---:|---:|---:|---:|---:|")
            for case in options.cases:
                here(CASES[case], exchanges[case], atelier, network, options)
        print("\nEach node with a whole batch: how many times as many samples a second as one\n")
        print("| case | exchanges | MB | one node, ms | network | " + " | ".join(f"{nodes} nodes" for nodes in NODES) + " |")
        print("|---|---:|---:|---:|---:|" + "---:|" * len(NODES))
        for case in options.cases:
            compute = processor_seconds(CASES[case], 1, atelier, options)
            for text in options.networks:
                gigabits = text.rsplit(":", 1)[1]
                far(CASES[case], compute, exchanges[case], network_of(text, 1e9 * options.addition), f"{gigabits} Gbit/s")


if __name__ == "__main__":
    sys.exit(main())
