#!/usr/bin/python3
"""Sweeps as they are meant to be: with failures on the way, killed again and again, and long.

ATELIER_POINTS says how many points the long one has; the default is 1000. Prints what it measures.
"""

import glob
import json
import os
import random
import subprocess
import time
import unittest

from atelier_test import PROGRAM, AtelierTest
from crash_test import CRASHES

POINTS = int(os.environ.get("ATELIER_POINTS", "1000"))

FAILING = """name = "many"
[dataset]
use = "shapes"
size = 16
count = 512
test_count = 64
[model]
use = "vae"
hidden = [64]
latent = 4
[optimizer]
use = "crashing"
where = "begin_update"
learning_rate = 1e-4
[train]
steps = 1000
batch_size = 64
[evaluate]
every = 100
[sample]
every = 100
count = 4
[[sweep.zip]]
seed = {range = [1, 24]}
"optimizer.how" = [HOW]
"optimizer.learning_rate" = [RATE]
"""
PLANTED = {3: "segmentation fault", 9: "loop", 14: "memory"}
NOT_FINITE = 20


def failing():
    how = [PLANTED.get(number, "none") for number in range(1, 25)]
    rates = ["1e38" if number == NOT_FINITE else "1e-4" for number in range(1, 25)]
    return FAILING.replace("HOW", ", ".join(f'"{one}"' for one in how)).replace("RATE", ", ".join(rates))


class Many(AtelierTest):
    def heads(self, out):
        """The hash over each log that has finished, by its seed; equal runs share it."""
        found = {}
        for run in json.loads(self.output("ls", out, "--columns", "seed", "--json")):
            if run["status"] == "finished":
                self.assertNotIn(run["seed"], found)
                found[run["seed"]] = self.output("verify", run["path"], "--chain").splitlines()[1]
        return found

    def events(self, *words):
        """What a sweep tells programs, and the process that does; each with its time."""
        process = subprocess.Popen([PROGRAM, "run", *words, "--json-lines"], cwd=self.folder, env=self.environment(),
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(self.end, process)
        return process, ((time.monotonic(), json.loads(line)) for line in process.stdout)

    def test_four_of_24_runs_fail_and_the_others_keep_two_cores_busy(self):
        self.write("many.toml", failing())
        words = ["many.toml", "--jobs", "2", "--threads", "2", "--stall-timeout", "10", "--memory-limit", "200MB", "--plugin-path", CRASHES]
        self.run_atelier("run", "many.toml", "--dry-run", "--jobs", "2", "--plugin-path", CRASHES)
        begin = time.monotonic()
        process, events = self.events(*words)
        ended = [event for _, event in events if event["event"] == "ended"]
        seconds = time.monotonic() - begin
        process.wait()
        self.assertEqual(process.returncode, 1)
        reasons = [event["reason"] for event in ended if event["status"] == "failed"]
        self.assertEqual((len(ended), len(reasons)), (24, 4))
        for word in ("SIGSEGV", "stalled", "asks for more memory", "not finite"):
            self.assertEqual(sum(word in reason for reason in reasons), 1, reasons)
        self.assertEqual(sorted(run["status"] for run in self.json("ls")), ["failed"] * 4 + ["finished"] * 20)
        busy = sum(event["seconds"] for event in ended) / (2 * seconds)
        print(f"24 points, 20 finished, 4 failed in {seconds:.1f} s; two at a time were on {busy:.1%} of it")
        self.assertGreater(busy, 0.9)

    def test_killed_ten_times_it_comes_to_the_same_and_repeats_no_step(self):
        words = ["tiny.toml", "train.epochs=4000", "evaluate.every=500", "sample.every=500", "--seeds", "1..6", "--jobs", "2"]
        self.run_atelier("run", *words, "--out", "whole")
        whole = self.heads("whole")
        draw = random.Random(7)
        kills = 0
        while kills < 10:
            process = subprocess.Popen([PROGRAM, "run", *words], cwd=self.folder, env=self.environment(),
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            for line in process.stderr:
                if "training from step" in line:
                    break
            time.sleep(draw.uniform(0, 0.3))
            if process.poll() is not None:
                break
            process.kill()
            process.communicate()
            kills += 1
            until = time.monotonic() + 60
            while glob.glob(self.path("runs/tiny/*.lock")) and time.monotonic() < until:
                time.sleep(0.02)
            self.assertLessEqual({run["status"] for run in self.json("ls")}, {"interrupted", "finished"})
        last = self.run_atelier("run", *words)
        self.assertEqual(self.heads("runs"), whole)
        self.assertEqual(len(whole), 6)
        print(f"killed {kills} times; {last.stdout.splitlines()[-1]}; {len(whole)} logs are the undisturbed ones")
        self.assertEqual(kills, 10)

    def test_many_points_take_as_long_at_the_end_as_at_the_beginning(self):
        process, events = self.events("tiny.toml", "train.epochs=1", "--seeds", f"1..{POINTS}", "--jobs", "2", "--threads", "2")
        times, memory, computed = [], [], []
        for at, event in events:
            if event["event"] == "ended":
                self.assertEqual(event["status"], "finished")
                times.append(at)
                with open(f"/proc/{process.pid}/statm", encoding="ascii") as statm, \
                        open(f"/proc/{process.pid}/stat", encoding="ascii") as stat:
                    resident = int(statm.read().split()[1])
                    user, system = stat.read().rsplit(")")[-1].split()[11:13]
                if resident > 0:  # it has not ended yet
                    memory.append(resident * 4096 / 1e6)
                    computed.append((int(user) + int(system)) / os.sysconf("SC_CLK_TCK"))
        process.wait()
        self.assertEqual((process.returncode, len(times)), (0, POINTS))
        tenth = POINTS // 10
        first, last = (times[tenth] - times[0]) / tenth, (times[-1] - times[-1 - tenth]) / tenth
        print(f"{POINTS} points: {first * 1e3:.0f} ms each in the first tenth, {last * 1e3:.0f} ms in the last; "
              f"the supervisor had {memory[tenth]:.1f} MB after a tenth, {memory[-1]:.1f} MB at the end, and computed "
              f"{(computed[tenth] - computed[0]) / tenth * 1e3:.1f} ms and {(computed[-1] - computed[-1 - tenth]) / tenth * 1e3:.1f} ms for each")
        self.assertLess(memory[-1] - memory[tenth], 20)


if __name__ == "__main__":
    unittest.main()
