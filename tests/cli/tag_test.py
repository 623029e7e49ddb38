"""Tags and notes, which stand in a log and change nothing else in it."""

import os
import stat
import unittest

import h5py
import numpy

from atelier_test import ENDLESS, AtelierTest


def content(path):
    """All attributes and values of a log by their paths."""
    found = {}

    def keep(name, item):
        for key, value in item.attrs.items():
            if key not in ("DIMENSION_LIST", "REFERENCE_LIST"):
                found[f"{name}@{key}"] = numpy.asarray(value).tolist()
        if isinstance(item, h5py.Dataset):
            values = numpy.asarray(item[()])
            found[name] = values.tolist() if values.dtype == object else values.tobytes()

    with h5py.File(path, "r") as log:
        keep("", log)
        log.visititems(keep)
    return found


class Tag(AtelierTest):
    def tags(self, log):
        return self.json("show", log)["tags"]

    def test_added_and_removed(self):
        log = self.train("tags=['first']")
        self.assertEqual(self.output("tag", log), f"{log}: first\n")
        self.assertEqual(self.output("tag", "tiny", "good", "größer", "good"), f"{log}: first, good, größer\n")
        self.assertEqual(self.tags(log), ["first", "good", "größer"])
        self.assertEqual(self.output("tag", log, "--remove", "first", "--remove", "good", "new one"),
                         f"{log}: größer, new one\n")
        self.assertEqual(self.output("tag", log, "--remove", "größer", "--remove", "new one"), f"{log}: no tags\n")
        self.assertEqual(self.tags(log), [])
        self.assert_error(["tag", log, "--remove", "x"], "--remove: no run here has the tag 'x', expected none: there are none")
        self.assert_error(["tag", log, "x", "--remove", "x"], "tag 'x': is to be added and removed")
        self.assert_error(["tag", log, "nothere.h5"],
                          "'nothere.h5': got a log that is not there; hint: --add 'nothere.h5' gives it as a tag")
        self.assert_error(["tag", log, "tiny"],
                          "'tiny': expected a tag, got the name of runs that are here; hint: beside --add all "
                          "words are LOGs, and --add 'tiny' gives it as a tag")
        for name in ("", " x", "a\nb"):
            self.run_atelier("tag", log, name, code=2)
        self.assert_error(["tag", "none", "x"],
                          "'none': expected a log, a folder with logs, or in 'runs' an experiment or a run's id")

    def test_several_logs(self):
        logs = [self.train(f"seed={seed}") for seed in (1, 2, 3)]
        run_id = self.json("show", logs[2])["id"]
        self.assertEqual(self.output("tag", logs[0], logs[1], run_id[:6], "--add", "good", "--add", "base line"),
                         "".join(f"{log}: good, base line\n" for log in logs))
        self.assertEqual(self.output("tag", logs[0], logs[2], logs[0], "--add", "best", "--remove", "good"),
                         "".join(f"{log}: base line, best\n" for log in (logs[0], logs[2])))
        self.assertEqual(self.output("tag", *logs[:2], "--remove", "base line"), f"{logs[0]}: best\n{logs[1]}: good\n")
        self.assertEqual(self.output("tag", logs[0], logs[1], "new", "paper/one"),
                         f"{logs[0]}: best, new, paper/one\n{logs[1]}: good, new, paper/one\n")
        self.assertEqual([self.tags(log) for log in logs],
                         [["best", "new", "paper/one"], ["good", "new", "paper/one"], ["base line", "best"]])
        self.assertEqual(self.output("tag", *logs[:2]), f"{logs[0]}: best, new, paper/one\n{logs[1]}: good, new, paper/one\n")
        self.assert_error(["tag", logs[0], "neu", "--add", "x"],
                          "'neu': expected a log, a folder with logs, or in 'runs' an experiment or a run's id")
        self.assert_error(["tag", *logs, "--add", "x", "--remove", "x"], "tag 'x': is to be added and removed")
        self.assertEqual(self.tags(logs[0]), ["best", "new", "paper/one"])

    def test_shown_by_others(self):
        logs = [self.train(f"seed={seed}") for seed in (1, 2, 3)]
        self.output("tag", "tiny@all", "all")
        self.output("tag", logs[1], "good")
        self.assertEqual([run["seed"] for run in self.json("ls", "tag = good")], [2])
        self.assertEqual([run["seed"] for run in self.json("ls", "not tags contains good")], [1, 3])
        self.assertEqual(self.output("ls").splitlines()[0].split()[-2:], ["tags", "path"])
        self.assertIn("all, good", self.output("ls"))
        self.assertRegex(self.output("show", logs[1]), r"(?m)^tags +all, good$")
        self.assertRegex(self.output("compare", *logs), r"(?m)^[0-9a-f]{8} .* all, good$")

    def test_only_that_changes(self):
        log = self.train()
        before = content(self.path(log))
        self.output("tag", log, "one", "two")
        self.output("note", log, "a note")
        after = content(self.path(log))
        self.assertEqual({key for key in before.keys() | after.keys() if before.get(key) != after.get(key)},
                         {"@tags", "@notes"})
        self.assertIn("the same, bit for bit", self.output("verify", log))
        self.assertEqual(os.listdir(self.path("runs/tiny")), [os.path.basename(log)])

    def test_a_log_that_is_written(self):
        process, log = self.start(*ENDLESS)
        for words in (["tag", log, "x"], ["note", log, "x"]):
            done = self.run_atelier(*words, code=2)
            self.assertRegex(done.stderr, rf"^atelier: error: {log}: is being written by process {self.worker_of(process)} on ")
        self.end(process)
        self.output("tag", log, "killed")
        self.output("note", log, "was killed")
        self.assertEqual(self.tags(log), ["killed"])

    @unittest.skipIf(os.geteuid() == 0, "the system refuses root nothing")
    def test_a_log_that_may_not_be_changed(self):
        log = self.train()
        os.chmod(self.path(log), stat.S_IRUSR)
        self.assertIn("cannot be tagged: Permission denied", self.run_atelier("tag", log, "x", code=2).stderr)


if __name__ == "__main__":
    unittest.main()
