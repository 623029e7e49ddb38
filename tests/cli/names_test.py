"""What a LOG argument means, for each verb, and what experiments say of other runs."""

import os
import shutil
import unittest

from atelier_test import ENDLESS, AtelierTest


class Names(AtelierTest):
    def id_of(self, log):
        return self.json("show", log)["id"]

    def test_the_newest_is_the_one_that_began_last(self):
        first = self.train("seed=1")
        second = self.train("seed=2")
        os.rename(self.path(first), self.path("runs/tiny/zzz.h5"))
        for verb in (["show", "tiny"], ["show", "runs/tiny"], ["show", "runs"]):
            self.assertEqual(self.json(*verb)["seed"], 2, verb)
        self.assertIn(f"from {second}\n", self.run_atelier("sample", "tiny", "-o", "a.png").stderr)
        self.assertEqual([run["seed"] for run in self.json("ls", "tiny")], [1, 2])

    def test_runs_of_one_second_are_told_apart(self):
        self.train("seed=1")
        self.train("seed=2")
        created = [run["created_utc"] for run in self.json("ls")]
        self.assertRegex(created[0], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
        self.assertLess(created[0], created[1])

    def test_a_folder_without_logs_hides_no_run(self):
        log = self.train()
        os.mkdir(self.path("tiny"))
        self.write("tiny/picture.png", "")
        for verb in (["show"], ["compare"], ["evaluate"], ["sample", "-o", "a.png"], ["ls"]):
            self.run_atelier(*verb, "tiny")
        shutil.copy(self.path(log), self.path("tiny"))
        self.assert_error(["show", "tiny"], "'tiny': can mean the folder 'tiny' or the experiment 'tiny' in 'runs'; "
                          "hint: write './tiny' or 'runs/tiny'")
        self.output("show", "./tiny")
        self.output("show", "runs/tiny")

    def test_by_id(self):
        first = self.train("seed=1")
        self.train("seed=2")
        run_id = self.id_of(first)
        for word in (run_id, run_id[:6]):
            self.assertEqual(self.json("show", word)["seed"], 1)
            self.assertEqual([run["seed"] for run in self.json("ls", word)], [1])
            self.assertEqual(len(self.json("compare", word)["runs"]), 1)
            self.output("evaluate", word)
        self.assertEqual(self.json("show", run_id, "--out", "runs")["seed"], 1)

    def test_all_of_a_name(self):
        for seed in (1, 2, 3):
            self.train(f"seed={seed}")
        self.train("name=other")
        self.assertEqual(len(self.json("compare", "tiny")["runs"]), 1)
        for word in ("tiny@all", "tiny@*", "runs/tiny/*"):
            self.assertEqual(len(self.json("compare", word)["runs"]), 3, word)
        self.assertEqual([run["name"] for run in self.json("ls", "tiny@all", "other")], ["tiny"] * 3 + ["other"])
        self.assertEqual({run["name"] for run in self.json("compare", "[to]*")["runs"]}, {"tiny", "other"})
        self.assertEqual(len(self.json("ls", "runs/*")), 4)
        self.assert_error(["compare", "*"], "'*': can mean the folder 'runs' or the experiment 'tiny' in 'runs'; "
                          "hint: write './*' or 'runs/*'")
        done = self.run_atelier("show", "tiny@all", code=2)
        self.assertIn("'tiny@all': means 3 where one run is expected: runs/tiny/", done.stderr)

    def test_a_log_is_compared_once(self):
        log = self.train()
        self.assertEqual(len(self.json("compare", log, "./" + log, "tiny", "runs")["runs"]), 1)

    def test_a_live_run_is_found(self):
        finished = self.train("seed=1")
        _, live = self.start("seed=2", *ENDLESS)
        self.assertEqual(self.json("show", "tiny")["status"], "running")
        self.assertEqual([run["status"] for run in self.json("compare", "tiny")["runs"]], ["running"])
        done = self.run_atelier("evaluate", "tiny")
        self.assertIn(f"atelier: note: {finished}: taken, as the newest, {live}, is running\n", done.stderr)
        os.remove(self.path(finished))
        self.assert_error(["evaluate", "tiny"], "the experiment 'tiny' in 'runs': has no run that is finished; "
                          f"the newest, {live}, is running")

    def test_a_log_that_cannot_be_read_is_passed_over(self):
        self.train()
        self.write("runs/tiny/99990101T000000Z-0000-s1.h5", "no log\n")
        self.assertEqual(self.run_atelier("show", "tiny").stderr,
                         "atelier: note: passed over: runs/tiny/99990101T000000Z-0000-s1.h5: cannot be read: it is not "
                         "an HDF5 file\n")

    def test_what_another_run_has_to_give_first(self):
        with open(self.path("tiny.toml"), encoding="utf-8") as file:
            text = file.read()
        os.mkdir(self.path("experiments"))
        self.write("experiments/a-start.toml", text.replace('"tiny"', '"start"'))
        self.write("experiments/broken.toml", "name = \n")
        self.write("experiments/tiny.toml", text + '[start]\nfrom = "start"\n')
        done = self.run_atelier("run", "experiments/tiny.toml", code=2)
        self.assertTrue(done.stderr.endswith("; hint: it has to be run first: atelier run experiments/a-start.toml\n"),
                        done.stderr)
        done = self.run_atelier("run", "experiments/tiny.toml", "--out", "here", code=2)
        self.assertTrue(done.stderr.endswith("atelier run experiments/a-start.toml --out here\n"), done.stderr)
        log = self.output("run", "experiments/a-start.toml").splitlines()[0]
        self.output("run", "experiments/tiny.toml")
        self.output("run", "experiments/tiny.toml", f"start.from={self.id_of(log)}")
        self.output("run", "experiments/tiny.toml", f"start.from=../{log}")


if __name__ == "__main__":
    unittest.main()
