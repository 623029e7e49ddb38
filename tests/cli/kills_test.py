#!/usr/bin/python3
"""Runs that are killed at any moment: what they leave opens, is what they say, and goes on to the undisturbed run's end.

ATELIER_KILLS says how many runs are killed; the default is 200.
"""

import concurrent.futures
import os
import random
import subprocess
import time
import unittest

from atelier_test import PROGRAM, AtelierTest

KILLS = int(os.environ.get("ATELIER_KILLS", "200"))
# Writes all the time: a checkpoint every ten milliseconds, and everything that a log may have.
WORDS = ["train.epochs=250", "evaluate.every=10", "sample.every=10", "checkpoint.every=0.01", "checkpoint.keep=100", "log.weights=50",
         "log.gradients=50", "--threads", "1"]


class Kills(AtelierTest):
    def head(self, log):
        return self.output("verify", log, "--chain").splitlines()[1]

    def state(self, log):
        """A process that the run had begun to read a log has its lock until it finds that the run is gone."""
        end = time.monotonic() + 20
        while (state := self.json("show", log)["status"]) == "running" and time.monotonic() < end:
            time.sleep(0.02)
        return state

    def kill(self, number, seconds, whole):
        """What became of it: "nothing", where there was no log yet, "finished", or "resumed"."""
        out = f"kill-{number}"
        with subprocess.Popen([PROGRAM, "run", "tiny.toml", *WORDS, "--out", out], cwd=self.folder, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as run:
            time.sleep(random.Random(number).uniform(0, seconds))
            self.cut_off(run)
        folder = self.path(f"{out}/tiny")
        logs = [name for name in os.listdir(folder) if name.endswith(".h5")] if os.path.isdir(folder) else []
        if not logs:
            return "nothing"
        log = f"{out}/tiny/{logs[0]}"
        state = self.state(log)
        self.assertIn(state, ("killed", "finished"), log)
        self.output("verify", log, "--chain")
        if state == "killed":
            self.output("resume", log)
        self.assertEqual(self.head(log), whole, log)
        self.assertEqual(set(os.listdir(folder)) - {f"{logs[0]}.lock"}, set(logs))
        return "resumed" if state == "killed" else state

    def test_every_log_goes_on_to_the_same_end(self):
        begin = time.monotonic()
        whole = self.head(self.train(*WORDS))
        seconds = time.monotonic() - begin
        with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            ends = list(pool.map(lambda number: self.kill(number, seconds, whole), range(KILLS)))
        counts = {end: ends.count(end) for end in sorted(set(ends))}
        print(f"{KILLS} runs killed within {seconds:.2f} s: {counts}")
        self.assertGreater(counts.get("resumed", 0), KILLS / 3)


if __name__ == "__main__":
    unittest.main()
