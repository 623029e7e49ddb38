"""Logs that somebody else made, or that are damaged: a line each in `ls` and `compare`, one error of the other verbs."""

import os
import shutil
import subprocess
import unittest

import h5py
import numpy

from atelier_test import PROGRAM, AtelierTest


def longer_seed(log):
    del log.attrs["seed"]
    log.attrs.create("seed", numpy.full(4000, 0x4141414141414141, dtype="i8"))


def dots(log):
    log["experiment/resolved"][()] = "a" + ".a" * 100_000 + " = 1\n"


def absurd_size(log):
    del log["checkpoints/a/parameters"]
    log.create_dataset("checkpoints/a/parameters/w", (10**15,), dtype="f4", chunks=(1024,))


def elsewhere(log):
    del log["metrics/train"]
    log["metrics/train"] = h5py.ExternalLink("other.h5", "/metrics/train")


def link_to_itself(log):
    del log["samples"]
    log["samples"] = h5py.SoftLink("/samples")


def not_one_series(log):
    del log["metrics/train/step"]
    log["metrics/train/step"] = numpy.zeros((3, 3), dtype="i8")


MADE = [longer_seed, dots, absurd_size, elsewhere, link_to_itself, not_one_series]


class Hostile(AtelierTest):
    def setUp(self):
        super().setUp()
        self.sound = self.train()

    def made(self, change, name=None):
        log = os.path.join("runs", (name or change.__name__) + ".h5")
        shutil.copy(self.path(self.sound), self.path(log))
        with h5py.File(self.path(log), "r+") as file:
            change(file)
        return log

    def test_each_is_a_line_among_the_others(self):
        logs = [self.made(change) for change in MADE]
        os.mkfifo(self.path("runs/pipe.h5"))
        os.symlink("loop.h5", self.path("runs/loop.h5"))
        status = {run["path"]: run["status"] for run in self.json("ls")}
        self.assertEqual(status, {self.sound: "finished", **dict.fromkeys(logs, "broken")})
        text = self.output("ls")
        for log in logs:
            self.assertRegex(text, rf"(?m)^broken: {log}[: ]")
        comparison = self.output("compare", "runs")
        for log in logs:
            self.assertRegex(comparison, rf"(?m)^broken: {log}[: ]")

    def test_other_verbs_end_with_one_error(self):
        for change in MADE:
            log = self.made(change)
            for words in (["show", log], ["sample", log, "-o", "x.png"], ["evaluate", log], ["resume", log],
                          ["export", log, "--metrics", "-o", "x.csv"], ["export", log, "--samples", "-o", "x"],
                          ["export", log, "--weights", "-o", "x.safetensors"]):
                if change is not_one_series and words[0] in ("sample", "evaluate"):
                    continue  # which read no series
                if change in (not_one_series, dots) and words[2:3] in (["--samples"], ["--weights"]):
                    continue  # which read no settings either
                done = self.run_atelier(*words, code=2)
                self.assertEqual(done.stderr.count("atelier: error: "), 1, done.stderr)
                self.assertIn(log if words[0] != "resume" else ".h5", done.stderr)
                self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    def test_samples_lead_into_no_other_folder(self):
        log = self.made(lambda file: file["samples"].move("generated", ".."), "up")
        self.assert_error(["export", log, "--samples", "-o", "out/in"],
                          f"{log}: has samples called '..', which is no name of a folder")
        self.assertFalse(os.path.exists(self.path("out")))

    def test_more_than_a_file_can_hold_is_not_compared(self):
        def add(file):
            file.create_dataset("more", (10**15,), dtype="f4", chunks=(1024,))[7] = 1

        log = self.made(add)
        self.assert_error(["slim", log, "--checkpoints"],
                          f"{log}: cannot be made smaller: /more: got the shape (1000000000000000), which is more than the file can hold")

    def test_no_flipped_byte_is_the_end(self):
        # What describes the weights' groups lies at the end of the file, where libhdf5 is easily led astray.
        with open(self.path(self.sound), "rb") as file:
            bytes_of_log = bytearray(file.read())
        for at in range(0, len(bytes_of_log), len(bytes_of_log) // 100):
            flipped = bytearray(bytes_of_log)
            flipped[at] ^= 0xFF
            with open(self.path(f"runs/{at}.h5"), "wb") as file:
                file.write(flipped)
        self.assertIn(self.sound, [run["path"] for run in self.json("ls") if run["status"] == "finished"])

    def test_logs_are_changed_or_refused(self):
        with open(self.path(self.sound), "rb") as file:
            bytes_of_log = bytearray(file.read())
        for at in range(0, len(bytes_of_log), len(bytes_of_log) // 25):
            flipped = bytearray(bytes_of_log)
            flipped[at] ^= 0xFF
            for words in (["tag", "x"], ["note", "x"], ["slim", "--optimizer-slots", "--samples", "--checkpoints"]):
                with open(self.path("flipped.h5"), "wb") as file:
                    file.write(flipped)
                done = subprocess.run([PROGRAM, words[0], "flipped.h5", *words[1:]], cwd=self.folder, capture_output=True, text=True,
                                      env=self.environment(), check=False)
                self.assertIn(done.returncode, (0, 2), (at, words, done.stderr))
                self.assertEqual(done.stderr.count("error: "), 1 if done.returncode else 0, (at, words, done.stderr))
                left = {name for name in os.listdir(self.folder) if name.startswith("flipped")}
                self.assertEqual(left, {"flipped.h5"}, (at, words))
                if done.returncode:
                    with open(self.path("flipped.h5"), "rb") as file:
                        self.assertEqual(file.read(), flipped, (at, words))


if __name__ == "__main__":
    unittest.main()
