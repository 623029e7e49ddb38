"""How a training step gets faster with the workers: measured on this machine, and by a model for machines that have more.

    cmake -S . -B build -DATELIER_BENCH=ON && cmake --build build
    python3 tests/bench/steps/growth.py [BUILD_FOLDER] [--cases gan vae] [--steps 20] [--rounds 5] [--workers 8 16 64]

The model runs the tasks of a step as the executor does: first come, first served, piece by piece, a task when all that it waits for are
done, while one worker records the next step first. Pieces take what they took on one thread, the shortest of all steps, and each what it
costs to take one: what such a step took beside its pieces. It has nothing of what workers do to each other (memory and caches that they
share, clocks that fall, a neighbour's hyperthread), of assembling the next batch, or of what comes between two steps. How much that is
here is seen where it stands beside one and two threads, and beside what a second thread gives 1024-cubed products.

The longest chain is the model's step with no end of workers, none of whom records, or needs time to take a piece. What holds back the
most workers: while less than half of them had a piece, the others' seconds, by the operations that were running, as a share of all
workers' seconds. MB are of the buffers that operations read and write, without workspaces and the optimizer's state."""
import argparse
import heapq
import statistics
import sys
import tempfile
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path

from cases import CASES
from program import Atelier, milliseconds
from report import markdown
from shares import short

SECONDS = 0.5        # of a round
HOLDING_BACK = 3     # operations that are told of
LEAST_SHARE = 0.02   # of all workers' seconds


@dataclass
class Replay:
    seconds: float
    idle: Counter = field(default_factory=Counter)  # worker-seconds beside each operation, while less than half of the workers had work


def replay(tasks, workers, taking=0.0, recording=0.0):
    """What a step takes; `recording`: the seconds until one of the workers helps."""
    waits = Counter(after for task in tasks for after in task["releases"])
    left = [len(task["seconds"]) for task in tasks]
    ready, running, now, idle = deque(), [], 0.0, Counter()  # tasks with their next pieces; a heap of (end, task), -1: what is recorded

    def release(place):
        """Makes a task ready, or, where it has nothing to do, those that wait for it."""
        if tasks[place]["seconds"]:
            ready.append((place, 0))
        else:
            finish(place)

    def finish(place):
        for after in tasks[place]["releases"]:
            waits[after] -= 1
            if waits[after] == 0:
                release(after)

    if recording > 0:
        heapq.heappush(running, (recording, -1))
    for place in [place for place in range(len(tasks)) if waits[place] == 0]:
        release(place)
    while ready or running:
        while ready and len(running) < workers:
            place, piece = ready.popleft()
            heapq.heappush(running, (now + taking + tasks[place]["seconds"][piece], place))
            if piece + 1 < len(tasks[place]["seconds"]):
                ready.appendleft((place, piece + 1))
        end = running[0][0]
        if 2 * len(running) < workers:
            for _, busy in running:
                idle["recording" if busy < 0 else tasks[busy]["name"]] += (workers - len(running)) * (end - now) / len(running)
        now, place = heapq.heappop(running)
        if place >= 0:
            left[place] -= 1
            if left[place] == 0:
                finish(place)
    return Replay(now, idle)


@dataclass
class Measured:
    tasks: list
    beside: float     # seconds of a step on one thread, beside its pieces
    one: float        # milliseconds with one thread
    two: float
    recording: float  # seconds of a step
    sgemm: float      # what a second thread gives it


def measure(case, build, folder, steps, rounds):
    experiment = folder / f"{case.name}.toml"
    experiment.write_text(case.experiment())
    one, two = (Atelier(build, experiment, threads) for threads in (1, 2))
    answers, peaks = {one: [], two: []}, {one: [], two: []}
    for _ in range(rounds):
        for program in (one, two):
            peaks[program].append(program.ask("peak 0.2")["gflops"])
            answers[program].append(program.round(SECONDS))
    found = one.ask(f"pieces {steps}")
    for program in (one, two):
        program.close()
    return Measured(found["tasks"], found["beside"], *(min(milliseconds(answer) for answer in answers[program]) for program in (one, two)),
                    statistics.median(answer["recording_seconds"] / answer["steps"] for answer in answers[one]),
                    max(peaks[two]) / max(peaks[one]))


def held_back(found, workers):
    whole = found.seconds * workers
    return ", ".join(f"{short(name)} {seconds / whole:.0%}" for name, seconds in found.idle.most_common(HOLDING_BACK)
                     if seconds >= LEAST_SHARE * whole)


def row(case, measured, workers):
    pieces = sum(len(task["seconds"]) for task in measured.tasks)
    taking = max(0.0, measured.beside) / pieces
    replays = {count: replay(measured.tasks, count, taking, measured.recording) for count in sorted({1, 2, *workers})}
    gain = {count: replays[1].seconds / found.seconds for count, found in replays.items()}
    most = max(replays)
    return [f"{case.name}, {case.batch}", f"{len(measured.tasks)}", f"{pieces}", f"{1e6 * taking:.1f}",
            f"{1e-6 * sum(task['bytes'] for task in measured.tasks):.0f}", f"{measured.one:.2f}", f"{1e3 * replays[1].seconds:.2f}",
            f"{measured.sgemm:.2f}", f"{measured.one / measured.two:.2f}", f"{gain[2]:.2f}",
            *(f"{gain[count]:.1f}" for count in replays if count > 2), f"{1e3 * replay(measured.tasks, pieces + 1).seconds:.2f}",
            held_back(replays[most], most)]


def main():
    parser = argparse.ArgumentParser(description="How Atelier's training steps get faster with the workers.")
    parser.add_argument("build", nargs="?", default="build", type=Path)
    parser.add_argument("--cases", nargs="+", default=list(CASES), choices=list(CASES))
    parser.add_argument("--steps", type=int, default=20, help="of whose pieces the shortest times are taken")
    parser.add_argument("--rounds", type=int, default=5, help=f"of {SECONDS:g} s with each number of threads")
    parser.add_argument("--workers", nargs="+", default=[8, 16, 64], type=int)
    options = parser.parse_args()
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        for name in options.cases:
            measured = measure(CASES[name], options.build.resolve(), Path(folder), options.steps, options.rounds)
            lines.append(row(CASES[name], measured, options.workers))
            print(" | ".join(lines[-1]), file=sys.stderr, flush=True)
    more = sorted(count for count in options.workers if count > 2)
    print(markdown(["case, batch", "tasks", "pieces", "µs to take one", "MB", "ms, 1 thread", "model", "sgemm, 2 : 1", "2 : 1", "model",
                    *(f"{count} : 1" for count in more), "longest chain, ms", f"what holds back {max([2, *more])}"], lines))


if __name__ == "__main__":
    main()
