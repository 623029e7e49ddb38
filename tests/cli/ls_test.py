import csv
import io
import json
import os
import unittest

from atelier_test import ENDLESS, AtelierTest


class Ls(AtelierTest):
    def test_dates_and_texts_that_can_be_no_runs(self):
        self.train()
        self.assertEqual(len(self.json("ls", "created > yesterday and created <= '1 minute ago' or created >= '1 day ago'")), 1)
        self.assert_error(["ls", "created = yesterdy"],
                          "filter: 'created' is a date, got the text 'yesterdy', expected a date as 2026-01-31, or 2026-01, 2026, or "
                          "2026-01-31T12:30; today, yesterday, or '7 days ago' (or hours, weeks); did you mean 'yesterday'?",
                          "  created = yesterdy", "            ^")
        done = self.run_atelier("ls", "model.use = vea")
        self.assertEqual(done.stderr, "atelier: note: no run here has the text 'vea' as its 'model.use'; did you mean 'vae'?\n"
                         "none of 1 run\n")

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

    def test_csv_keeps_tags_apart(self):
        self.train("tags=['for the paper', 'a, b; \"c\"', 'true']")
        self.train("seed=2")
        for options in ([], ["--columns", "tags"]):
            rows = csv.DictReader(io.StringIO(self.output("ls", "--csv", *options)))
            self.assertEqual([json.loads(row["tags"]) for row in rows], [["for the paper", 'a, b; "c"', "true"], []])
        self.assertEqual(self.seeds("tag = true"), [self.json("ls", "--sort", "created")[0]["seed"]])

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


    def seeds(self, *words):
        return [run["seed"] for run in self.json("ls", *words)]

    def test_filters(self):
        self.train("seed=1", "model.latent=3", "optimizer.learning_rate=0.1")
        self.train("seed=2", "model.latent=4", "tags=['good']")
        with open(self.path("tiny.toml"), encoding="utf-8") as file:
            self.write("other.toml", file.read().replace("epochs = 3", "steps = 2"))
        self.output("run", "other.toml", "name=other", "seed=3", "model.latent=5")
        self.assertEqual(self.seeds("learning_rate < 0.01 and model.use = \"vae\""), [3, 2])
        self.assertEqual(self.seeds("tiny", "latent >= 4"), [2])
        self.assertEqual(self.seeds("runs/tiny", "tag=good", "status = finished"), [2])
        self.assertEqual(self.seeds("steps < 10 or seed in [1]"), [3, 1])
        self.assertEqual(self.output("ls", "seed=2", "--paths"), self.json("ls", "seed=2")[0]["path"] + "\n")
        done = self.run_atelier("ls", "train.steps = 2")
        self.assertEqual(done.stderr, "atelier: note: 2 runs have no 'train.steps'\n")
        self.assertEqual(done.stdout.count("\n"), 2)
        self.assertEqual(self.run_atelier("ls", "seed > 7").stderr, "none of 3 runs\n")
        self.assertEqual(self.seeds("seed > 7"), [])
        self.assert_error(["ls", "latent < 'x'"], "filter: 'model.latent' is a number, got the text 'x'",
                          "  latent < 'x'", "           ^")
        self.assert_error(["ls", "latnt = 3"], "filter: no run has 'latnt'; did you mean 'latent'?",
                          "  latnt = 3", "  ^")

    def test_a_name_that_looks_like_a_filter(self):
        log = self.train("seed=1")
        self.train("seed=2")
        os.mkdir(self.path("seed=2"))
        os.rename(self.path(log), self.path("seed=2/log.h5"))
        self.assertEqual(self.seeds("seed=2"), [1])
        self.assertEqual(self.seeds("seed = 2"), [2])
        self.assert_error(["ls", "./seed=3"], "./seed=3: no such file")

    def test_sorted_with_other_columns(self):
        for seed, latent in ((1, 4), (2, 5), (3, 3)):
            self.train(f"seed={seed}", f"model.latent={latent}")
        self.assertEqual(self.seeds("--sort", "latent"), [3, 1, 2])
        self.assertEqual(self.seeds("--sort", "model.latent", "--descending", "--limit", "2"), [2, 1])
        header, first = self.output("ls", "--sort", "eval/elbo").splitlines()[:2]
        self.assertEqual(header.split(), ["name", "id", "status", "created", "steps", "best", "eval/elbo", "path"])
        losses = [run["columns"]["test/elbo"] for run in self.json("ls", "--sort", "eval/elbo", "--columns", "test/elbo")]
        self.assertEqual(losses, sorted(losses))
        self.assertIn(f"{losses[0]:.4g}", first)
        rows = list(csv.reader(io.StringIO(self.output("ls", "--csv", "--columns", "seed,latent,model.hidden,status"))))
        self.assertEqual(rows, [["seed", "latent", "model.hidden", "status"], ["1", "4", "[16]", "finished"],
                                ["2", "5", "[16]", "finished"], ["3", "3", "[16]", "finished"]])
        header, line = self.output("ls", "--columns", " latent, size ,tags", "--limit", "1").splitlines()
        self.assertEqual(header.split(), ["latent", "size", "tags"])
        self.assertRegex(line, r"^ *4 +[\d.]+ KB +–")
        self.assert_error(["ls", "--sort", "elb"], "--sort: no run has 'elb'; did you mean 'elbo'?")
        self.assert_error(["ls", "--descending"], "--descending: expected --sort KEY beside it")
        self.assert_error(["ls", "--limit", "0"], "--limit: got '0', expected an integer of at least 1")


if __name__ == "__main__":
    unittest.main()
