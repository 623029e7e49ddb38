import csv
import io
import os
import unittest

from atelier_test import ENDLESS, AtelierTest


class Ls(AtelierTest):
    def test_no_runs(self):
        done = self.run_atelier("ls")
        self.assertEqual((done.stdout, done.stderr), ("", "no runs in 'runs'\n"))
        self.assertEqual(self.json("ls"), [])
        self.assert_error(["ls", "none"],
                          "'none': expected a log, a folder with logs, or in 'runs' an experiment or a run's id")
        os.mkdir(self.path("empty"))
        self.assertEqual(self.run_atelier("ls", "empty").stderr, "no runs in 'empty'\n")

    def test_text(self):
        log = self.train()
        header, line = self.output("ls").splitlines()
        self.assertEqual(header.split(), ["name", "id", "status", "created", "steps", "best", "path"])
        self.assertRegex(line, rf"^tiny +[0-9a-f]+ +finished +\S+Z +12 +test/loss [\d.]+ +{log}$")

    def test_json_and_csv(self):
        logs = [self.train("seed=1"), self.train("seed=2")]
        runs = self.json("ls", "runs")
        self.assertEqual(sorted(run["path"] for run in runs), sorted(logs))
        self.assertEqual({run["status"] for run in runs}, {"finished"})
        rows = list(csv.DictReader(io.StringIO(self.output("ls", "--csv"))))
        self.assertEqual([row["path"] for row in rows], [run["path"] for run in runs])
        self.assertEqual([float(row["best_value"]) for row in rows], [run["best"]["value"] for run in runs])

    def test_a_broken_log_is_listed(self):
        self.train()
        self.write("runs/broken.h5", "no log\n")
        text = self.output("ls")
        self.assertRegex(text, r"(?m)^– .* broken .*runs/broken.h5$")
        self.assertIn("broken: runs/broken.h5: cannot be read: it is not an HDF5 file", text)
        self.assertEqual([run["status"] for run in self.json("ls")], ["broken", "finished"])

    def test_a_running_run(self):
        self.start(*ENDLESS)
        self.assertEqual(self.json("ls")[0]["status"], "running")

    def test_a_narrow_terminal(self):
        self.train()
        lines = self.output("ls", COLUMNS="70").splitlines()
        self.assertTrue(all(len(line) <= 70 for line in lines), lines)


if __name__ == "__main__":
    unittest.main()
