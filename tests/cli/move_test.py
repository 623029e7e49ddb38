"""Logs that were moved, copied and renamed, alone and with their folders: nothing in them, and nothing about them that is kept
elsewhere, depends on where they are."""

import os
import shutil
import unittest

from atelier_test import AtelierTest


class Move(AtelierTest):
    def seen(self, log):
        """What the verbs make of a log, without its path."""
        self.output("sample", log, "-o", "sample.png", "-n", "4")
        with open(self.path("sample.png"), "rb") as file:
            sample = file.read()
        show = self.json("show", log)
        compared = self.json("compare", log)["runs"][0]
        listed = self.json("ls", log)
        for seen in (show, compared, *listed):
            del seen["path"]
        return sample, show, compared, listed, self.output("evaluate", log)

    def test_a_log(self):
        log = self.train("tags=['one']")
        self.output("note", log, "before it was moved")
        before = self.seen(log)
        os.makedirs(self.path("elsewhere/deeper"))
        for place in ("elsewhere/deeper/log.h5", "log of mine.h5", "runs/tiny/other.h5"):
            os.rename(self.path(log), self.path(place))
            log = place
            self.assertEqual(self.seen(log), before, place)
        self.assertIn("the same, bit for bit", self.output("verify", log))
        self.output("tag", log, "two")
        self.assertEqual(self.json("ls", "tag = two")[0]["path"], log)

    def test_folders(self):
        logs = [self.train(f"seed={seed}") for seed in (1, 2)]
        ids = [run["id"] for run in self.json("ls")]
        before = [self.seen(log) for log in logs]
        os.rename(self.path("runs/tiny"), self.path("runs/renamed"))
        self.assertEqual([self.seen(log.replace("/tiny/", "/renamed/")) for log in logs], before)
        self.assertEqual([run["id"] for run in self.json("ls", "renamed")], ids)
        os.rename(self.path("runs"), self.path("archive"))
        self.assertEqual(self.json("ls"), [])
        self.assertEqual([run["id"] for run in self.json("ls", "--out", "archive")], ids)
        self.assertEqual([run["id"] for run in self.json("ls", "archive")], ids)
        self.assertEqual(len(self.json("compare", "archive")["runs"]), 2)
        self.assertEqual(self.json("show", ids[0], "--out", "archive")["id"], ids[0])
        shutil.copytree(self.path("archive"), self.path("runs"))
        self.assertEqual([self.seen(log.replace("/tiny/", "/renamed/")) for log in logs], before)

    def test_what_another_run_used_may_go(self):
        log = self.train()
        with open(self.path("tiny.toml"), encoding="utf-8") as file:
            self.write("next.toml", file.read().replace('"tiny"', '"next"') + '[start]\nfrom = "tiny"\n')
        other = self.output("run", "next.toml").splitlines()[0]
        before = self.seen(other)
        os.remove(self.path(log))
        os.remove(self.path("tiny.toml"))
        os.rename(self.path(other), self.path("alone.h5"))
        self.assertEqual(self.seen("alone.h5"), before)


if __name__ == "__main__":
    unittest.main()
