#!/usr/bin/python3
"""Any step of a run looked at afterwards, and the first tensor in which two runs part."""

import os
import signal
import subprocess
import unittest

import h5py
import numpy

from atelier_test import PROGRAM, SELDOM, AtelierTest


class Replay(AtelierTest):
    def test_what_was_never_logged(self):
        log = self.train("checkpoint.keep=4")
        with open(self.path(log), "rb") as file:
            before = file.read()
        listed = self.output("replay", log, "--list")
        for name in ("activations.autoencoder.encoder.0 +float32 \\(16, 16\\)", "train.loss +float64",
                     "gradients.autoencoder.decoder.0.bias", "train.learning_rate.autoencoder +float64", "weights.autoencoder.decoder.0.bias",
                     "optimizer.autoencoder.decoder.0.bias.m"):
            self.assertRegex(listed, name)
        seen = self.output("replay", log, "--at", "7", "--look", "autoencoder.encoder.0", "--look", "gradients.*.bias", "--look", "train.loss")
        self.assertEqual([line.split()[0] for line in seen.splitlines()[1:]],
                         ["activations.autoencoder.encoder.0", "gradients.autoencoder.encoder.0.bias",
                          "gradients.autoencoder.encoder.1.bias", "gradients.autoencoder.decoder.0.bias",
                          "gradients.autoencoder.decoder.1.bias", "train.loss"])
        beside = log.replace(".h5", "-at-7.hdf5")
        with h5py.File(self.path(beside)) as file, h5py.File(self.path(log)) as logged:
            self.assertEqual((file.attrs["format"], file.attrs["step"]), ("atelier-replay", 7))
            self.assertEqual(file["tensors/activations.autoencoder.encoder.0/values"].shape, (1, 16, 16))
            self.assertEqual(file["tensors/train.loss/step"][:].tolist(), [7])
            self.assertEqual(file["tensors/train.loss/values"][0], logged["metrics/train/loss"][6])
        with open(self.path(log), "rb") as file:
            self.assertEqual(file.read(), before)
        self.assert_error(["replay", log, "--at", "7", "--look", "train.loss"], f"{beside}: is there already; hint: -o FILE.hdf5 names another")
        numbers = self.json("replay", log, "--at", "12", "--look", "weights.autoencoder.decoder.1.bias", "-o", "w.hdf5")
        with h5py.File(self.path(log)) as file:
            weights = file["final/weights/parameters/autoencoder.decoder.1.bias"][:]
        self.assertTrue(numpy.array_equal(numpy.float32(numbers["tensors"]["weights.autoencoder.decoder.1.bias"]["values"]), weights))

    def test_pictures_and_metrics_of_any_step(self):
        log = self.train()
        self.output("sample", log, "-o", "end.png", "-n", "4")
        self.output("replay", log, "--at", "12", "--sample", "-o", "same.png", "-n", "4")
        self.output("replay", log, "--at", "3", "--sample", "-o", "early.png", "-n", "4")
        self.output("replay", log, "--at", "3", "--view", "reconstruction", "-o", "view.png")
        pictures = {}
        for name in ("end", "same", "early", "view"):
            with open(self.path(f"{name}.png"), "rb") as file:
                pictures[name] = file.read()
        self.assertEqual(pictures["end"], pictures["same"])
        self.assertNotEqual(pictures["end"], pictures["early"])
        with h5py.File(self.path(log)) as file:
            elbo = file["metrics/eval/elbo"][1]
        found = self.json("replay", log, "--at", "8", "--metric", "nll.use=log-likelihood", "--metric", "nll.samples=2")["metrics"]
        self.assertEqual(found["elbo"], elbo)
        self.assertIn("nll", found)

    def test_an_interrupted_run_can_be_replayed_as_far_as_it_went(self):
        words = ["run", "tiny.toml", "train.epochs=100000000", *SELDOM, "checkpoint.keep=1000", "name=long"]
        with subprocess.Popen([PROGRAM, *words], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
            while not any(name.endswith(".h5") for _, _, names in os.walk(self.path("runs")) for name in names):
                pass
            said = self.run_atelier("replay", "long", "--at", "1", "--list", code=2).stderr
            run.send_signal(signal.SIGINT)
        self.assertIn("is being written by process", said)
        log = self.json("show", "long")["path"]
        with h5py.File(self.path(log)) as file:
            last = max(file[f"checkpoints/{slot}"].attrs["step"] for slot in "ab")
        self.output("replay", "long", "--at", str(last), "--look", "train.loss")
        said = self.run_atelier("replay", "long", "--at", str(last + 1), "--look", "train.loss", code=2).stderr
        self.assertIn(f"--at: got {last + 1}, expected a step from 0 to {last}", said)

    def test_what_makes_no_sense_is_refused(self):
        log = self.train()
        for words, message in (
                (["--at", "3"], "atelier replay: got none, expected one of --list, --look, --sample, --view and --metric"),
                (["--at", "3", "--list", "--sample"], "atelier replay: got --list and --sample, expected one of --list, --look, --sample, --view and --metric"),
                (["--look", "train.loss"], "atelier replay: got no --at STEP, expected a step from 0 to 12"),
                (["--at", "3", "--look", "train.los"], "--look: step 3 has no 'train.los'; did you mean 'train.loss'?; hint: --list says what there is"),
                (["--at", "3", "--list", "-n", "3"], "--count: says nothing with --list"),
                (["--at", "3", "--look", "train.loss", "-o", "x.png"], "--output: got 'x.png', expected a name that ends in .hdf5")):
            with self.subTest(words):
                self.assert_error(["replay", log, *words], message)
        said = self.run_atelier("replay", log, "--at", "3", "--look", "autoencoder.encoder.0.bias", code=2).stderr
        self.assertIn("--look: 'autoencoder.encoder.0.bias' can mean ", said)
        self.assertEqual([name for name in os.listdir(self.path("runs/tiny")) if not name.endswith(".h5")], [])


class Diff(AtelierTest):
    def test_equal_runs(self):
        said = self.output("diff", self.train(), self.train("checkpoint.every=1"))
        self.assertRegex(said, r"checkpoint.every +60.0 +1.0\nrecorded: the same, bit for bit: [\d,]+ values of steps 1 to 12\n$")

    def test_a_setting_shows_first_in_a_tensor(self):
        plain = self.train()
        for override, part in (("optimizer.learning_rate=0.002", "the same after step 0; in step 1 they part: "
                                                          "train.learning_rate.autoencoder: 0.001 and 0.002"),
                               ("model.hidden=[17]", "they part before the first step: the weights, autoencoder.encoder.0.weight: "
                                                      r"float32 \(16, 64\) and float32 \(17, 64\)"),
                               ("seed=8", "they part before the first step: the weights, autoencoder.encoder.0.weight at"),
                               ("model.dropout=0.5", "the same after step 0; in step 1 they part: activations.")):
            with self.subTest(override):
                done = self.run_atelier("diff", plain, self.train(override), code=3)
                self.assertRegex(done.stdout, "made again: " + part)

    def test_runs_that_part_late_are_followed_from_a_checkpoint_to_the_step(self):
        words = ["checkpoint.keep=2", "log.every=100", "schedule.use=step"]
        first = self.train(*words, "schedule.every=100")
        second = self.train(*words, "schedule.every=5")  # until then both are the same
        done = self.run_atelier("diff", first, second, code=3)
        self.assertRegex(done.stdout, r"recorded: from step 6 on: |recorded: from step 8 on: ")
        self.assertRegex(done.stdout, r"made again: the same after step 5; in step 6 they part: "
                         r"train\.learning_rate\.autoencoder: 0\.001 and 0\.0001")

    def test_settings_of_what_is_logged_alone_are_named(self):
        plain = self.train()
        for overrides, named in ((["log.every=3"], "log.every (1 and 3)"),
                                 (["evaluate.every=2", "metric.nll.use=log-likelihood", "metric.nll.samples=4"],
                                  'evaluate.every (1.0 and 2.0), metric.nll.per_sample (none and false), metric.nll.samples (none and 4), '
                                  'metric.nll.use (none and "log-likelihood"), metric.nll.when (none and "evaluation")')):
            with self.subTest(overrides):
                said = self.run_atelier("diff", plain, self.train(*overrides), code=3).stdout
                self.assertEqual(said.splitlines()[-1], "both logs are what their runs give: they differ in what was logged, "
                                 f"evaluated or sampled, not in the steps: by {named}")

    def test_a_log_that_is_not_what_its_run_gives(self):
        first, second = self.train(), self.train()
        with h5py.File(self.path(second), "r+") as file:
            file["metrics/train/loss"][4] += 1
        said = self.run_atelier("diff", first, second, code=3).stdout
        self.assertIn("settings: the same\nrecorded: from step 5 on: metrics/train/loss: ", said)
        self.assertIn("made again here, both are the same in every step up to 5\n", said)
        self.assertRegex(said, rf"{second}: step 5: metrics/train/loss: the log has [\d.]+, the run again [\d.]+\n$")


if __name__ == "__main__":
    unittest.main()
