import csv
import io
import unittest

from atelier_test import AtelierTest


class Compare(AtelierTest):
    def test_text(self):
        logs = [self.train("model.latent=2"), self.train("model.latent=3")]
        text = self.output("compare", *logs)
        self.assertRegex(text, r"(?m)^model\.latent +2 +3$")
        self.assertNotIn("model.hidden", text)
        self.assertRegex(text, r"(?m)^test/loss best .*\* \d")
        self.assertRegex(text, r"(?m)^train/loss last ")
        self.assertRegex(text, r"(?m)^[0-9a-f]+ .* [▁▂▃▄▅▆▇█]{3}$")

    def test_none_is_the_best_where_other_things_are_measured(self):
        logs = [self.train("seed=1"), self.train("seed=2", "loss.reconstruction.use=mse")]
        text = self.output("compare", *logs)
        self.assertNotIn("* ", text)
        self.assertIn("none is marked as the best where the runs differ in what is measured: loss\n", text)
        compared = self.json("compare", *logs)
        self.assertEqual([run["best_of"] for run in compared["runs"]], [[], []])
        rows = {row["name"]: row for row in compared["results"]}
        self.assertEqual((rows["test/loss last"]["better"], rows["test/loss last"]["runs_differ_in"]),
                         ("smaller", ["loss"]))

    def test_rows_are_called_after_the_split(self):
        logs = [self.train(), self.train("dataset.validation=0.25")]
        compared = self.json("compare", *logs)
        whole, parted = (run["results"] for run in compared["runs"])
        self.assertIsNone(whole["validation/loss last"])
        self.assertIsNotNone(parted["validation/loss last"])
        self.assertIsNotNone(whole["test/loss last"])
        self.assertIsNotNone(parted["test/loss last"])

    def test_json(self):
        logs = [self.train("seed=1"), self.train("seed=2")]
        compared = self.json("compare", "runs")
        self.assertEqual(compared["metric"], "test/loss")
        self.assertEqual({run["settings"]["seed"] for run in compared["runs"]}, {"1", "2"})
        self.assertEqual(sorted(run["path"] for run in compared["runs"]), sorted(logs))
        best = min(compared["runs"], key=lambda run: run["results"]["test/loss best"])
        self.assertEqual([run["path"] for run in compared["runs"] if "test/loss best" in run["best_of"]],
                         [best["path"]])

    def test_csv(self):
        logs = [self.train("seed=1"), self.train("seed=2")]
        rows = list(csv.DictReader(io.StringIO(self.output("compare", *logs, "--csv"))))
        self.assertEqual([row["seed"] for row in rows], ["1", "2"])
        self.assertTrue(all(float(row["test/loss last"]) > 0 for row in rows))

    def test_equal_runs(self):
        text = self.output("compare", self.train(), self.train())
        self.assertIn("all settings are the same\n", text)

    def test_the_metric_of_the_curves(self):
        log = self.train()
        self.assertIn("\n\ntrain/divergence\nrun", self.output("compare", log, "--metric", "train/divergence"))
        done = self.run_atelier("compare", log, "--metric", "test/los", code=2)
        self.assertTrue(done.stderr.endswith("; did you mean 'test/loss'?\n"), done.stderr)

    def test_logs_that_cannot_be_read_are_named(self):
        log = self.train()
        self.write("text.h5", "no log\n")
        text = self.output("compare", log, "text.h5")
        self.assertIn("broken: text.h5: cannot be read: it is not an HDF5 file\n", text)
        self.assertEqual(len(self.json("compare", log, "text.h5")["broken"]), 1)
        done = self.run_atelier("compare", "text.h5", code=2)
        self.assertEqual(done.stderr, "atelier: error: none of the logs can be read\n")

    def test_many_runs_fold(self):
        for seed in range(6):
            self.train(f"seed={seed}")
        text = self.output("compare", "runs", COLUMNS="80")
        tables = text[text.index("settings that differ"):]
        self.assertTrue(all(len(line) <= 80 for line in tables.splitlines()), tables)


if __name__ == "__main__":
    unittest.main()
