import csv
import io
import unittest
import xml.etree.ElementTree

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

    def test_what_was_not_measured_with_the_same_is_refused(self):
        logs = [self.train("seed=1"), self.train("seed=2", "loss.reconstruction.use=mse")]
        text = self.output("compare", *logs)
        self.assertNotIn("* ", text)
        self.assertNotRegex(text, r"(?m)^test/loss last")
        self.assertIn("test/loss is not shown side by side: it was not measured with the same: "
                      "loss.reconstruction.use: bce, mse; hint: --anyway shows it\n", text)
        anyway = self.output("compare", *logs, "--anyway")
        self.assertRegex(anyway, r"(?m)^test/loss last ! +\d")
        self.assertIn("! test/loss was not measured with the same: loss.reconstruction.use: bce, mse\n", anyway)
        compared = self.json("compare", *logs)
        self.assertEqual([run["best_of"] for run in compared["runs"]], [[], []])
        rows = {row["name"]: row for row in compared["results"]}
        self.assertEqual((rows["test/loss last"]["better"], rows["test/loss last"]["runs_differ_in"]),
                         ("smaller", ["loss.reconstruction.use"]))

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

    def test_many_runs_fold_and_turn(self):
        for seed in range(9):
            self.train(f"seed={seed}")
            if seed == 5:
                text = self.output("compare", "runs", COLUMNS="80")
                self.assertRegex(text, r"(?m)^seed +0 +1 +2 ")
        turned = self.output("compare", "runs", COLUMNS="80")
        self.assertRegex(turned, r"(?m)^run +sample.seed +seed$")
        for tables in (text, turned):
            tables = tables[tables.index("settings that differ"):]
            self.assertTrue(all(len(line) <= 80 for line in tables.splitlines()), tables)


class Groups(AtelierTest):
    """Two sizes of a model, four seeds each."""

    def setUp(self):
        super().setUp()
        self.run_atelier("run", "tiny.toml", "model.latent=2,3", "--seeds", "0..3")

    def test_text(self):
        text = self.output("compare", "tiny", "--by", "latent", COLUMNS="80")
        self.assertRegex(text, r"(?m)^2 +4 +0 +0 1 2 3$")
        self.assertRegex(text, r"(?m)^test/loss.*, smaller is better$")
        self.assertRegex(text, r"(?m)^3 − 2 +4 pairs +-?[\d.]+ +\[.*\] .*0\.\d+ +0\.\d+$")
        self.assertIn("3 − 2: so few seeds cannot show it: their p is at least 0.125;", text)
        self.assertNotIn("\x1b", text)
        self.assertTrue(all(len(line) <= 80 for line in text.splitlines()), text)

    def test_filters_choose(self):
        grouped = self.json("compare", "tiny", "seed in [1, 2]", "--by", "latent")
        self.assertEqual([[run["seed"] for run in group["runs"]] for group in grouped["groups"]], [[1, 2], [1, 2]])
        self.assert_error(["compare", "tiny", "seed > 9", "--by", "latent"],
                          "atelier compare: none of 8 runs is chosen by the filters")
        self.assert_error(["compare", "seed > 9"], "atelier compare: got a filter alone, expected LOG... before it")

    def test_json_and_csv_have_the_same(self):
        grouped = self.json("compare", "tiny", "--by", "latent", "--metric", "test/loss,test/elbo")
        self.assertEqual([one["name"] for one in grouped["metrics"]], ["test/loss", "test/elbo"])
        self.assertEqual(len(grouped["differences"]), 2)
        loss = grouped["differences"][0]
        values = [group["last"]["values"] for group in grouped["metrics"][0]["groups"]]
        self.assertAlmostEqual(loss["mean"], sum(b - a for a, b in zip(*values)) / 4, places=9)
        self.assertEqual((loss["paired"], loss["seeds"], loss["smallest_p"], loss["smallest_p_holm"]),
                         (True, 4, 0.125, 0.25))
        rows = list(csv.DictReader(io.StringIO(self.output("compare", "tiny", "--by", "latent", "--csv"))))
        [row] = [row for row in rows if row["against"]]
        self.assertEqual((row["group"], row["against"], row["paired_by"]), ("3", "2", "seed"))
        self.assertEqual(float(row["mean"]), loss["mean"])

    def test_markdown_and_latex(self):
        markdown = self.output("compare", "tiny", "--by", "latent", "--markdown")
        self.assertIn("| latent | seeds | last: mean ± deviation | 95% interval | best | area |\n", markdown)
        latex = self.output("compare", "tiny", "--by", "latent", "--latex")
        self.assertEqual(latex.count("\\toprule"), latex.count("\\bottomrule"))
        self.assertIn("latent & seeds & last: mean $\\pm$ deviation & 95\\% interval & best & area \\\\\n", latex)

    def test_plots(self):
        done = self.run_atelier("compare", "tiny", "--by", "latent", "--metric", "test/loss,train/loss", "--plot", "a.svg",
                                "--log", "y")
        self.assertEqual(done.stderr, "a.svg: curves of test/loss, train/loss\n")
        svg = xml.etree.ElementTree.parse(self.path("a.svg"))
        texts = [text.text for text in svg.iter("{http://www.w3.org/2000/svg}text")]
        for text in ("test/loss", "train/loss", "training step", "latent 2", "latent 3",
                     "by model.latent; mean of 4 seeds, band: from the smallest to the largest seed"):
            self.assertIn(text, texts)
        self.assertEqual(len(list(svg.iter("{http://www.w3.org/2000/svg}polygon"))), 4)  # a band for each group and metric
        self.run_atelier("compare", "tiny@all", "--plot", "a.png")
        with open(self.path("a.png"), "rb") as file:
            self.assertEqual(file.read(8), b"\x89PNG\r\n\x1a\n")
        self.assert_error(["compare", "tiny", "--plot", "a.pdf"],
                          "--plot: got 'a.pdf', expected a name that ends in .svg or .png")
        self.assert_error(["compare", "tiny", "--log", "y"], "--log: expected --plot FILE beside it")

    def test_wrong_options(self):
        for words, message in (
                (["--against", "2"], "--against: expected --by KEY beside it, which makes groups"),
                (["--by", "latent", "--against", "7"],
                 "--against: got '7', expected one of the groups: 2 or 3; did you mean '2'?"),
                (["--by", "latent", "--interval", "95"], "--interval: got '95', expected a number from 0.5 to 0.9999"),
                (["--by", "latent", "--of", "first"], "--of: got 'first', expected last, best or area"),
                (["--by", ","], "--by: got nothing, expected names with ',' between them"),
                (["--csv", "--json"], "--json: expected without --csv"),
                (["--metric", "loss,elbo"],
                 "--metric: got 2 names, expected one, whose curves are drawn; several go with --by")):
            self.assert_error(["compare", "tiny", *words], message)


if __name__ == "__main__":
    unittest.main()
