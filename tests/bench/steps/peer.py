"""What the Python programs share: they are asked a line of JSON at a time on stdin, and answer with one.

    {"do": "settings"}                       the settings that may be tried, best guesses first
    {"do": "configure", ...}                 a fresh model with one of these settings, warmed up
    {"do": "parity", "file", "parameters", "steps"}     the losses of the steps that atelier_steps wrote there
    {"do": "round", "seconds"}               how many steps are trained in that time
    {"do": "generate", "batch", "seconds"}   how many batches are generated or classified in that time
    {"do": "memory"}                         bytes that training adds to the process
"""
import json
import re
import sys
import time
from pathlib import Path

import numpy as np


WARM_UP_STEPS = 10


def resident(key):
    """Bytes of this process: "VmRSS" now, "VmHWM" at most."""
    return 1024 * int(re.search(rf"{key}:\s*(\d+)", Path("/proc/self/status").read_text()).group(1))


def forget_peak():
    Path("/proc/self/clear_refs").write_text("5")


class StoredDraws:
    """Random numbers that atelier_steps drew, asked for in its order."""

    def __init__(self, arrays, convert):
        self.arrays, self.convert = iter(arrays), convert

    def take(self, *shape):
        return self.convert(next(self.arrays).reshape(shape))

    normal = uniform = take


class Peer:
    """Derived classes have settings(), build(**setting), which makes the model, train_step(), generate_batch(batch), wait(),
    load(weights) and repeat_step(batches, draws), which gives a step's losses by name: batches are pairs of images and classes, draws
    arrays in the order in which Atelier made them."""

    def __init__(self, case):
        self.case = case

    def configure(self, **setting):
        self.build(**setting)
        for _ in range(WARM_UP_STEPS):
            self.train_step()
        self.wait()
        return {}

    def parity(self, file, parameters, steps):
        with open(file, "rb") as stored:
            def read(entry):
                return np.fromfile(stored, entry["type"], int(np.prod(entry["shape"]))).reshape(entry["shape"])

            self.case = self.case.for_parity()
            self.build()
            self.load([read(parameter) for parameter in parameters])
            losses = []
            for step in steps:
                batches = [{field["name"]: read(field) for field in fields} for fields in step["batches"]]
                draws = [read(draw) for draw in step["draws"]]
                losses.append(self.repeat_step([(fields["image"], fields[self.case.label]) for fields in batches], draws))
            return {"losses": losses}

    def round(self, seconds):
        return self._repeat(self.train_step, seconds)

    def generate(self, batch, seconds):
        self.generate_batch(batch)
        return self._repeat(lambda: self.generate_batch(batch), seconds)

    def _repeat(self, work, seconds):
        self.wait()
        steps, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds:
            work()
            steps += 1
        self.wait()
        return {"steps": steps, "seconds": time.perf_counter() - start}


def serve(peer):
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = getattr(peer, command.pop("do"))(**command)
        except Exception as error:  # told to compare.py: a setting may not be available here
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
        print(json.dumps(answer), flush=True)
