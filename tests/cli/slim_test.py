import os
import shutil
import unittest

from atelier_test import AtelierTest, LONG

import h5py

LOGGED = ["log.weights=4", "sample.every=1", "optimizer.use=adam"]


class Slim(AtelierTest):
    def rows(self, log, group):
        with h5py.File(self.path(log), "r") as file:
            return {name: len(values["step"]) for name, values in file[group].items()}

    def test_by_what_is_named(self):
        log = self.train(*LOGGED)
        size = os.path.getsize(self.path(log))
        text = self.output("slim", log, "--samples", "--tensors")
        after = os.path.getsize(self.path(log))
        self.assertLess(after, size)
        self.assertEqual(text.splitlines()[0], f"{log}: {after / 1000:.1f} KB, {size / 1000:.1f} KB before")
        self.assertIn("samples: samples of earlier steps are gone", text)
        self.assertEqual(set(self.rows(log, "samples").values()), {1})
        self.assertEqual(set(self.rows(log, "tensors").values()), {0})
        self.assertEqual(self.json("show", log)["slimmed"][0]["dropped"], "samples, tensors")
        self.assertRegex(self.output("show", log), r"(?m)^dropped +\S+Z  samples, tensors$")
        for verb in (["sample", log, "-o", "a.png"], ["compare", log], ["evaluate", log], ["ls"]):
            self.run_atelier(*verb)
        self.assertIn("the same, bit for bit", self.output("verify", log))
        self.output("slim", log, "--optimizer-slots")
        self.assertLess(os.path.getsize(self.path(log)), after)
        self.assertIn("the same, bit for bit", self.output("verify", log))
        self.output("sample", log, "-o", "a.png", "--weights", "checkpoint")
        self.output("slim", log, "--checkpoints")
        self.assertIn("the same, bit for bit", self.output("verify", log))
        self.output("sample", log, "-o", "a.png")
        done = self.run_atelier("sample", log, "-o", "a.png", "--weights", "checkpoint", code=2)
        self.assertIn("cannot be looked at: its checkpoints were dropped by 'atelier slim' at ", done.stderr)

    def test_the_chain_stays_whole_without_what_is_dropped(self):
        log = self.train(*LOGGED, "checkpoint.keep=4")
        whole = self.output("verify", log, "--chain")
        self.output("slim", log, "--samples", "--tensors", "--optimizer-slots", "--kept", "--checkpoints")
        slimmed = self.output("verify", log, "--chain")
        self.assertRegex(slimmed, r"as it was written: \d+ rows up to step 12, 2 checkpoints and results; dropped since, but for "
                         r"their hashes: 4 kept checkpoints, 1 of the newest checkpoints, \d+ rows of samples, \d+ rows of tensors\n")
        self.assertEqual(slimmed.splitlines()[-1], whole.splitlines()[-1])
        with h5py.File(self.path(log), "r+") as file:
            file["samples/generated/images"][0, 0, 0, 0] ^= 1
        self.assertRegex(self.run_atelier("verify", log, "--chain", code=3).stdout,
                         rf"{log}: samples/generated: rows 2 to 2, counted from 0, are not as they were written \(")

    def test_averages_are_weights(self):
        log = self.train("train.average=0.9")

        def sample():
            self.output("sample", log, "-o", "a.png", "--weights", "checkpoint")
            with open(self.path("a.png"), "rb") as file:
                return file.read()

        before = sample()
        with h5py.File(self.path(log), "r") as file:
            slots = set(file["checkpoints/a/optimizer"])
        self.output("slim", log, "--optimizer-slots")
        with h5py.File(self.path(log), "r") as file:
            left = set(file["checkpoints/a/optimizer"])
        self.assertEqual(left, {slot for slot in slots if slot.endswith(".average")})
        self.assertTrue(left and left < slots)
        self.assertEqual(sample(), before)

    def test_into_another_file(self):
        log = self.train(*LOGGED)
        with open(self.path(log), "rb") as file:
            before = file.read()
        self.output("slim", log, "--tensors", "-o", "small.h5")
        with open(self.path(log), "rb") as file:
            self.assertEqual(file.read(), before)
        self.assertLess(os.path.getsize(self.path("small.h5")), len(before))
        self.assertEqual(self.json("show", "small.h5")["steps"], 12)
        self.assert_error(["slim", log, "--tensors", "-o", "small.h5"], "small.h5: is there already, expected a new file")

    def test_a_run_that_did_not_end(self):
        process, log = self.start(*LONG)
        self.end(process)
        copy = self.path("copy.h5")
        shutil.copy(self.path(log), copy)
        self.assertIn("no terminal to ask on", self.run_atelier("slim", log, "--checkpoints", code=2).stderr)
        self.output("slim", log, "--optimizer-slots", "--yes")
        done = self.run_atelier("resume", log, code=2)
        self.assertRegex(done.stderr, rf"^atelier: error: {log}: cannot be resumed: its optimizer-slots were dropped by "
                         r"'atelier slim' at \S+Z\n$")
        self.output("slim", "copy.h5", "--samples", "--checkpoints", "--yes")
        self.assertIn("its checkpoints were dropped", self.run_atelier("resume", "copy.h5", code=2).stderr)

    def test_what_cannot_be_dropped(self):
        log = self.train()
        self.assert_error(["slim", log, "--tensors"],
                          f"{log}: cannot be made smaller: it has nothing of this to drop: tensors")
        self.assert_error(["slim", log], "atelier slim: expected what is to be dropped: --optimizer-slots, --checkpoints, "
                          "--kept, --samples or --tensors")
        self.assertEqual(os.listdir(self.path("runs/tiny")), [os.path.basename(log)])
        self.train("seed=2")
        self.assert_error(["slim", "runs", "--samples"], "'runs': means 2 logs, expected one")


if __name__ == "__main__":
    unittest.main()
