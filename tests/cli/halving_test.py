#!/usr/bin/python3
"""Successive halving: which points go on depends on what they come to alone.

ATELIER_HALVING_KILLS says how often a sweep is killed; the default is 5.
"""

import csv
import glob
import os
import random
import signal
import subprocess
import time
import unittest

import h5py

from atelier_test import PROGRAM, TINY, AtelierTest

KILLS = int(os.environ.get("ATELIER_HALVING_KILLS", "5"))
RUNGS, EPOCHS, FACTOR = [2, 6], 18, 3
HALVING = TINY.replace("epochs = 3", f"epochs = {EPOCHS}") + f"""
[checkpoint]
every = 0.02

[sweep]
"optimizer.learning_rate" = [1e-4, 1e-3, 1e-2]
"model.latent" = [2, 3]
seed = [1, 2]

[sweep.halving]
epochs = {RUNGS}
factor = {FACTOR}
"""
POINTS = 12
STEPS_PER_EPOCH = 4


class Halving(AtelierTest):
    def setUp(self):
        super().setUp()
        self.write("halving.toml", HALVING)
        self.write("whole.toml", HALVING.split("[sweep.halving]")[0])

    def logs(self, out):
        return sorted(glob.glob(self.path(f"{out}/tiny/*.h5")))

    def point_of(self, shown):
        """Learning rate, latent and seed."""
        return tuple(float(line.split("=")[1]) for line in shown["experiment"]["overrides"].splitlines()[:3])

    def come_to(self, out):
        """Of each point: its status, why it ended, its steps, and the hash of its newest checkpoint, which is over all that was logged until
        then, too."""
        found = {}
        for log in self.logs(out):
            shown = self.json("show", log)
            point = self.point_of(shown)
            self.assertNotIn(point, found, f"{log} and another log are of one point")
            self.output("verify", log, "--chain")
            found[point] = (shown["status"], shown["reason"], shown["steps"], self.newest_contents(log))
        return found

    @staticmethod
    def newest_contents(log):
        with h5py.File(log, "r", locking=False) as file:
            newest = max(file["checkpoints"].values(), key=lambda group: group.attrs["sequence"])
            return bytes(newest.attrs["contents_sha256"]).hex()

    def losses(self, log):
        """Of its evaluations, by step."""
        self.output("export", log, "--metrics", "-o", "metrics.csv")
        with open(self.path("metrics.csv"), encoding="utf-8") as file:
            return {int(row["step"]): float(row["test/loss"]) for row in csv.DictReader(file) if row["test/loss"]}

    def expected(self, out):
        """Who goes on from which rung and at which rank, of runs that were all trained to their ends."""
        values = {self.point_of(self.json("show", log)): self.losses(log) for log in self.logs(out)}
        identities = self.identities()
        members, went = list(values), {}
        for number, epochs in enumerate(RUNGS):
            step = epochs * STEPS_PER_EPOCH
            ranked = sorted(members, key=lambda point: (values[point][step], identities[point]))
            members = ranked[:max(1, POINTS // FACTOR ** (number + 1))]
            for rank, point in enumerate(ranked, 1):
                if point not in members:
                    went[point] = (f"stopped by halving at rung {number + 1} of {len(RUNGS)} (step {step}): rank {rank} of {len(ranked)}, "
                                   f"test/loss {values[point][step]:.6g}")
        return members, went

    def identities(self):
        lines = self.output("run", "halving.toml", "--dry-run", "--jobs", "1").splitlines()
        names = lines[0].split()[1:4]
        self.assertEqual(names, ["optimizer.learning_rate", "model.latent", "seed"])
        rows = [line.split()[:4] for line in lines[1:POINTS + 1]]
        return {tuple(map(float, row[1:])): row[0] for row in rows}

    def test_the_best_go_on_and_the_logs_are_those_of_whole_runs(self):
        self.output("run", "whole.toml", "--jobs", "1", "--out", "whole")
        members, went = self.expected("whole")
        self.assertEqual(len(members), 1)
        done = self.run_atelier("run", "halving.toml", "--jobs", "1")
        self.assertIn(f"sweep of {POINTS} points: 1 finished, {POINTS - 1} stopped by halving", done.stdout)
        self.assertEqual(len(self.logs("runs")), POINTS)
        halved, whole = self.come_to("runs"), self.come_to("whole")
        for point, (status, reason, steps, head) in halved.items():
            if point in members:
                self.assertEqual((status, steps, head), ("finished", whole[point][2], whole[point][3]))
            else:
                self.assertEqual((status, reason), ("stopped", went[point]), point)
                self.assertIn(reason, done.stdout)
        for log in self.logs("runs"):  # what they logged until then is what the whole runs did
            point = self.point_of(self.json("show", log))
            [other] = [path for path in self.logs("whole") if self.point_of(self.json("show", path)) == point]
            losses = self.losses(log)
            self.assertEqual(losses, {step: loss for step, loss in self.losses(other).items() if step <= max(losses)})
        self.assertEqual(self.output("ls", "status = stopped", "--paths").count("\n"), POINTS - 1)

        again = self.run_atelier("run", "halving.toml", "--jobs", "1")
        self.assertIn(f"sweep of {POINTS} points: 0 finished, {POINTS - 1} stopped by halving, 1 done before", again.stdout)
        self.assertEqual(self.come_to("runs"), halved)
        listed = self.output("run", "halving.toml", "--dry-run", "--jobs", "1")
        self.assertIn(f"halving by test/loss: {POINTS} points to step 8, 4 to step 24, 1 to the end at step 72: 24% of all steps", listed)
        self.assertIn(f"{POINTS} points, 0 to run", listed)

    def start_sweep(self, out, *words):
        process = subprocess.Popen([PROGRAM, "run", "halving.toml", "--out", out, *words], cwd=self.folder, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=self.environment(), start_new_session=True)
        self.addCleanup(self.end, process)
        return process

    def test_it_is_the_same_however_many_run_at_a_time_and_wherever(self):
        self.output("run", "halving.toml", "--jobs", "1", "--out", "one")
        one = self.come_to("one")
        self.output("run", "halving.toml", "--jobs", "8", "--out", "eight")
        self.assertEqual(self.come_to("eight"), one)
        both = [self.start_sweep("both", "--jobs", "2") for _ in range(2)]
        for process in both:
            output, messages = process.communicate(timeout=120)
            self.assertEqual(process.returncode, 0, output + messages)
        self.assertEqual(self.come_to("both"), one)

    @staticmethod
    def kill(process, with_children):
        """Ends the sweep's process; its runs then stop with checkpoints. Or all at once, as a power cut would."""
        process.send_signal(signal.SIGSTOP)
        children = []
        if with_children and process.poll() is None:
            with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as file:
                children = list(map(int, file.read().split()))
        for child in children:
            try:
                os.kill(child, signal.SIGKILL)
            except ProcessLookupError:
                pass
        process.kill()
        process.communicate(timeout=120)

    def test_it_is_the_same_however_often_it_was_killed(self):
        begin = time.monotonic()
        self.output("run", "halving.toml", "--jobs", "2", "--out", "one")
        seconds = time.monotonic() - begin
        one = self.come_to("one")
        draw = random.Random(1)
        kills = sweeps = 0
        while kills < KILLS:
            out = f"killed-{sweeps}"
            process = self.start_sweep(out, "--jobs", "2")
            try:
                process.communicate(timeout=draw.uniform(0, 0.7 * seconds))
            except subprocess.TimeoutExpired:
                self.kill(process, draw.random() < 0.5)
                kills += 1
                continue
            self.assertEqual(self.come_to(out), one)
            sweeps += 1
        self.output("run", "halving.toml", "--jobs", "2", "--out", out)
        self.assertEqual(self.come_to(out), one)
        print(f"{sweeps + 1} sweeps of {seconds:.1f} s were killed {kills} times")

    def test_one_that_fails_is_the_worst_and_is_not_tried_again(self):
        words = ["optimizer.learning_rate=1e-3,1e-2,1e38", "model.latent=2", "--jobs", "1"]
        done = self.run_atelier("run", "halving.toml", *words, code=1)
        self.assertIn("sweep of 6 points: 1 finished, 3 stopped by halving, 2 failed", done.stdout)
        self.assertRegex(done.stdout, r"\nfailed: seed=1 optimizer.learning_rate=1e38: step 1 is not finite")
        self.assertIn("rank 4 of 6", done.stdout)
        logs = self.logs("runs")
        self.assertEqual(len(logs), 6)
        done = self.run_atelier("run", "halving.toml", *words, code=1)
        self.assertIn("sweep of 6 points: 0 finished, 3 stopped by halving, 2 failed, 1 done before", done.stdout)
        self.assertEqual(self.logs("runs"), logs)

    def test_one_that_was_left_behind_may_be_trained_on_by_hand(self):
        self.output("run", "halving.toml", "--jobs", "1")
        log = self.output("ls", "status = stopped", "--paths").splitlines()[0]
        self.output("resume", log)
        self.assertEqual(self.json("show", log)["status"], "finished")
        done = self.run_atelier("run", "halving.toml", "--jobs", "1")
        self.assertIn(f"{POINTS - 1} stopped by halving, 1 done before", done.stdout)
        self.assertEqual(self.json("show", log)["status"], "finished")

    def test_a_deleted_log_changes_nothing(self):
        self.output("run", "halving.toml", "--jobs", "1")
        one = self.come_to("runs")
        for log in self.logs("runs")[::2]:
            os.remove(log)
        self.output("run", "halving.toml", "--jobs", "1")
        self.assertEqual(self.come_to("runs"), one)

    def test_what_cannot_be(self):
        place = f"halving.toml:{HALVING[:HALVING.index('[sweep.halving]')].count(chr(10)) + 1}:1: sweep.halving"
        for words, message in (
                (["sweep.halving.epochs=[2,18]"], "got a comparison at step 72, expected all before the end at step 72"),
                (["evaluate.every=3"], "got a comparison at step 8, expected none before the first evaluation at step 12; hint: "
                                       "evaluate.every = 2"),
                (["sweep.halving.epochs=[0.01,0.02]", "evaluate.every=0.01"], "got two comparisons at step 1, as an epoch has 4 steps; "
                                                                             "expected fewer"),
                (["sweep.halving.metric=lost"], ".metric: got 'lost', expected a number of the evaluations, "),
                (["evaluate.metric=loss,elbo", "seed=1"], ".metric: got 'test/loss' at some points and 'test/elbo' at others, expected one "
                                                          "for all")):
            done = self.run_atelier("run", "halving.toml", "--jobs", "1", *words, code=2)
            self.assertIn(message, done.stderr)
        self.assertEqual(self.logs("runs"), [])
        self.assertIn("sweep.halving", place)

    def test_larger_values_may_be_the_better_ones(self):
        self.output("run", "whole.toml", "--jobs", "1", "--out", "whole")
        [worst] = self.expected("whole")[0]
        done = self.run_atelier("run", "halving.toml", "--jobs", "1", "sweep.halving.metric=elbo")  # of which larger values are better
        self.assertIn("test/elbo -", done.stdout)
        finished = [point for point, state in self.come_to("runs").items() if state[0] == "finished"]
        self.assertEqual(finished, [worst])  # the loss is what the elbo is below zero


if __name__ == "__main__":
    unittest.main()
