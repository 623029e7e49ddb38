#!/usr/bin/python3
"""A log's run made again: the same, or the first thing that differs; and a log whose writer was killed, repaired."""

import os
import shutil
import signal
import subprocess
import time
import unittest

import h5py

from atelier_test import PROGRAM, SELDOM, AtelierTest


class Verify(AtelierTest):
    def edit(self, log, change):
        with h5py.File(self.path(log), "r+") as file:
            change(file)

    def wait_for_log(self, name):
        folder = self.path(f"runs/{name}")
        while not os.path.isdir(folder) or not any(file.endswith(".h5") for file in os.listdir(folder)):
            time.sleep(0.02)

    def test_a_run_is_the_same_again_on_other_threads_and_elsewhere(self):
        os.makedirs(self.path("elsewhere"))
        shutil.move(self.path(self.train("--threads", "1")), self.path("elsewhere/moved.h5"))
        with open(self.path("elsewhere/moved.h5"), "rb") as file:
            before = file.read()
        whole = self.output("verify", "elsewhere/moved.h5", "--threads", "2")
        self.assertRegex(whole, r"moved.h5: the same, bit for bit: [\d,]+ values of steps 1 to 12, the newest checkpoint, the best weights, the final weights\n$")
        fewer = self.output("verify", "elsewhere/moved.h5", "--steps", "7")
        self.assertRegex(fewer, r"values of steps 1 to 7\n$")
        values = [int(text.rpartition(": ")[2].split()[0].replace(",", "")) for text in (whole, fewer)]
        self.assertGreater(values[1], 7 * 3)
        self.assertGreater(values[0], values[1] + 1000)  # weights and samples
        with open(self.path("elsewhere/moved.h5"), "rb") as file:
            self.assertEqual(file.read(), before)
        self.assertEqual(os.listdir(self.path("runs/tiny")), [])

    def test_a_run_that_was_interrupted_and_one_that_was_killed(self):
        for number in (signal.SIGINT, signal.SIGKILL):
            with self.subTest(number):
                name = f"ended-{int(number)}"
                words = ["run", "tiny.toml", "train.epochs=100000000", *SELDOM, "checkpoint.every=0.05", f"name={name}"]
                with subprocess.Popen([PROGRAM, *words], cwd=self.folder, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL) as run:
                    self.wait_for_log(name)
                    time.sleep(0.5)
                    if number == signal.SIGKILL:
                        self.cut_off(run)
                    else:
                        run.send_signal(number)
                log = self.json("show", name)["path"]
                self.assertEqual(os.path.exists(self.path(log + ".journal")), number == signal.SIGKILL)
                self.assertRegex(self.output("repair", name), rf"^{log}: (was whole already|has what its journal had, .*)\n$")
                self.assertFalse(os.path.exists(self.path(log + ".journal")))
                self.assertEqual(self.output("repair", name), f"{log}: was whole already\n")
                self.assertRegex(self.output("verify", name), r"the same, bit for bit: [\d,]+ values of steps 1 to [\d,]+, the newest checkpoint\n$")

    def test_a_run_that_was_resumed(self):
        words = ["run", "tiny.toml", "train.epochs=12000", *SELDOM]
        with subprocess.Popen([PROGRAM, *words], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
            self.wait_for_log("tiny")
            time.sleep(0.2)
            run.send_signal(signal.SIGINT)
        self.output("resume", "tiny")
        self.assertRegex(self.output("verify", "tiny"), r"values of steps 1 to 48,000, the newest checkpoint, the best weights, the final weights\n$")

    def test_what_was_changed_afterwards_is_found(self):
        log = self.train()

        def change_loss(file):
            file["metrics/train/loss"][4] += 1

        def change_pixel(file):
            images = file["samples/generated/images"]
            pixels = images[0]
            pixels[2, 3, 5] ^= 1
            images[0] = pixels

        def change_step(file):
            file["metrics/eval/step"][1] += 1

        there = r"the log has \S+, the run again \S+\n$"
        changes = {change_loss: "5 on: metrics/train/loss: " + there,
                   change_pixel: r"4 on: samples/generated at \(2, 0, 3, 5, 0\): " + there,
                   change_step: r"8 on: metrics/eval/\S+: the log has none, the run again a row\n$"}
        for change, words in changes.items():
            with self.subTest(words):
                shutil.copy(self.path(log), self.path("changed.h5"))
                self.edit("changed.h5", change)
                self.assertRegex(self.run_atelier("verify", "changed.h5", code=3).stdout, "changed.h5: differs from step " + words)

    def test_a_run_that_was_interrupted_within_an_evaluation(self):
        words = ["run", "tiny.toml", "name=long", "metric.nll.use=log-likelihood", "metric.nll.samples=20000",
                 "dataset.test_count=600"]
        with subprocess.Popen([PROGRAM, *words], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
            self.wait_for_log("long")
            time.sleep(0.5)
            run.send_signal(signal.SIGINT)
        log = self.json("show", "long")["path"]
        with h5py.File(self.path(log)) as file:
            self.assertIn("in [metric.nll]", file.attrs["exit_reason"])
            last = max(file[f"checkpoints/{slot}"].attrs["step"] for slot in "ab")
        said = self.output("verify", "long")
        self.assertRegex(said, rf"the same, bit for bit: [\d,]+ values of steps 1 to {last - 1}, the newest checkpoint")

    def test_a_run_that_goes_on(self):
        words = ["run", "tiny.toml", "name=long", "train.epochs=100000000", *SELDOM]
        with subprocess.Popen([PROGRAM, *words], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
            self.wait_for_log("long")
            said = self.run_atelier("verify", "long", code=2).stderr
            run.send_signal(signal.SIGINT)
        self.assertRegex(said, r"is being written by process \d+ on .*; hint: wait until the run has ended")

    def test_a_run_again_that_fails(self):
        log = self.train("train.epochs=300")
        done = subprocess.run(["bash", "-c", f"ulimit -f 40; exec {PROGRAM} verify {log}"], cwd=self.folder, capture_output=True,
                              text=True)
        self.assertIn("File too large", done.stderr)
        self.assertIn(done.returncode, (1, 2))
        self.assertEqual(done.stdout, "")

    def test_the_log_is_held_against_its_own_hashes(self):
        log = self.train("checkpoint.keep=4")
        self.assertRegex(self.output("verify", log, "--chain"),
                         rf"^{log}: as it was written: \d+ rows up to step 12, 6 checkpoints and results\nhead: [0-9a-f]{{64}}\n$")
        self.assertEqual(self.output("verify", log, "--chain").splitlines()[1],
                         self.output("verify", self.train("checkpoint.keep=4"), "--chain").splitlines()[1])

        def change(file):
            file["metrics/train/loss"][6] += 1

        self.edit(log, change)
        self.assertEqual(self.run_atelier("verify", log, "--chain", code=3).stdout,
                         f"{log}: metrics/train: rows 4 to 7, counted from 0, are not as they were written (kept/8)\n")
        self.assert_error(["verify", log, "--chain", "--steps", "3"], "atelier verify: got --steps and --chain, expected one of them")

    def test_stretches_between_checkpoints(self):
        log = self.train("checkpoint.keep=4", "train.epochs=4", *SELDOM, "log.every=1")
        said = self.output("verify", log, "--spot", "2").splitlines()
        self.assertEqual(len(said), 2)
        for line in said:
            self.assertRegex(line, r"the same, bit for bit: [\d,]+ values of steps (1 to 4|5 to 8|9 to 12|13 to 16), [12] kept checkpoint")
        self.assertEqual(len(self.output("verify", log, "--spot", "9").splitlines()), 4)
        self.assertRegex(self.output("verify", log), r"steps 1 to 16, 5 kept checkpoints, the newest checkpoint, ")

        def change(file):
            file["metrics/train/loss"][9] += 1

        self.edit(log, change)
        said = self.run_atelier("verify", log, "--spot", "9", code=3).stdout.splitlines()
        self.assertEqual(len(said), 3)
        self.assertIn("differs from step 10 on: metrics/train/loss: ", said[-1])
        self.assertIn("keeps no checkpoints to begin from; hint: [checkpoint] keep = N",
                      self.run_atelier("verify", self.train(), "--spot", "2", code=2).stderr)

    def test_a_run_that_began_with_another_runs_weights(self):
        source = self.train("name=source")
        log = self.train("name=tuned", "start.from=source")
        kept = self.train("name=kept", "start.from=source", "checkpoint.keep=4")
        same = r"the same, bit for bit: [\d,]+ values of steps 1 to 12, "
        other = self.train("name=source", "seed=8")  # by now the newest of this name
        done = self.run_atelier("verify", "tuned")
        self.assertRegex(done.stdout, same)
        self.assertNotIn("another experiment", done.stderr)
        self.assertIn("weights.", self.output("replay", "tuned", "--at", "3", "--list"))
        self.assertEqual(sorted(os.listdir(self.path("runs"))), ["kept", "source", "tuned"])
        shutil.move(self.path("runs"), self.path("moved"))
        log, kept, source, other = (path.replace("runs/", "moved/") for path in (log, kept, source, other))
        self.assertRegex(self.output("verify", "tuned", "--out", "moved"), same)
        os.remove(self.path(source))
        done = self.run_atelier("verify", log, "--out", "moved", code=3)
        self.assertRegex(done.stderr, "this is another experiment: start run was [0-9a-f]+ and is [0-9a-f]+")
        os.remove(self.path(other))
        done = self.run_atelier("verify", log, "--out", "moved", code=2)
        recorded = self.json("show", log)["provenance"]["start_run"]
        self.assertIn(f"start.from: 'source': neither this run is in 'moved', nor the one whose weights the run began with, {recorded}; "
                      "hint: bring it back, or say with --out where it is; without it the run cannot be made again from its first step",
                      done.stderr)
        self.assertIn("verify --spot and replay of a run with [checkpoint] keep do not need it", done.stderr)
        self.run_atelier("verify", kept, "--out", "moved", code=2)
        self.assertEqual(self.output("verify", kept, "--out", "moved", "--spot", "9").count("the same, bit for bit"), 3)

    def test_damaged_weights_are_found_before(self):
        log = self.train()

        def change(file):
            weights = file["final/weights/parameters"]
            weights[next(iter(weights))][0] += 1

        self.edit(log, change)
        self.assertIn("its checkpoints are damaged", self.run_atelier("verify", log, code=2).stderr)

    def test_what_the_run_is_made_from_now_is_said(self):
        log = self.train()

        def change(file):
            file["provenance/fingerprint"][()] = "cpu=another"

        self.edit(log, change)
        said = self.run_atelier("verify", log).stderr
        self.assertIn("computes under another numeric fingerprint than the run did; its rounding may differ", said)

    def test_a_log_without_steps(self):
        log = self.train()

        def change(file):
            for slot in "ab":
                file["checkpoints"][slot].attrs.modify("sequence", 0)

        self.edit(log, change)
        self.assert_error(["verify", log], f"{log}: there is no step in it to verify")


if __name__ == "__main__":
    unittest.main()
