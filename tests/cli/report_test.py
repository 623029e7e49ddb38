import json
import os
import unittest

from atelier_test import TINY, AtelierTest

BEGIN = '<script type="application/json" id="data">'


def data_of(html):
    """What the page has inside, as its scripts read it."""
    at = html.index(BEGIN) + len(BEGIN)
    return json.loads(html[at:html.index("</script", at)])


class Report(AtelierTest):
    def report(self, *words, file="page.html"):
        """The page's data, and what was printed."""
        done = self.run_atelier("report", *words, "-o", file)
        with open(self.path(file), encoding="utf-8", newline="") as page:
            return data_of(page.read()), done

    def test_runs_side_by_side(self):
        logs = [self.train("seed=1", "model.latent=2"), self.train("seed=1", "model.latent=3"), self.train("seed=2", "model.latent=3")]
        data, done = self.report(*logs)
        size = os.path.getsize(self.path("page.html"))
        self.assertRegex(done.stdout, r"^page\.html: 3 runs, \d+(\.\d+)? KB\n$")
        self.assertLess(size, 1_000_000)
        self.assertEqual([run["seed"] for run in data["runs"]], ["1", "1", "2"])
        self.assertEqual([run["path"] for run in data["runs"]], logs)
        compared = data["comparison"]
        self.assertEqual(compared["groups"], [0, 1, 1])
        self.assertEqual(compared["group_names"], ["tiny, model.latent = 2", "tiny, model.latent = 3"])
        self.assertEqual({row["key"]: row["values"] for row in compared["differences"]}["model.latent"], ["2", "3", "3"])
        shown = self.json("compare", *logs)
        for row in compared["results"]:
            self.assertEqual(row["values"], [run["results"][row["name"]] for run in shown["runs"]], row["name"])
        grouped = self.json("compare", *logs, "--by", "model.latent")
        self.assertEqual(compared["groupings"], [{**grouped, "problem": None}])
        for run in data["runs"]:
            self.assertEqual(run["state"], "finished")
            self.assertEqual(run["samples"][0]["steps"], [4, 8, 12])
            self.assertTrue(all(picture.startswith("data:image/png;base64,") for picture in run["samples"][0]["pictures"]))
            self.assertIn('use = "vae"', run["source"])

    def test_groups_by_a_key(self):
        for seed in (1, 2):
            self.train(f"seed={seed}")
        self.assertEqual(self.report("runs", "--by", "seed")[0]["comparison"]["group_names"], ["seed = 1", "seed = 2"])
        self.assertEqual(self.report("runs")[0]["comparison"]["group_names"], ["tiny"])
        self.assert_error(["report", "runs", "-o", "other.html", "--by", "model.latnt"],
                          "--by: no run has 'model.latnt'; did you mean 'model.latent'?")
        self.assertFalse(os.path.exists(self.path("other.html")))

    def test_experiments_that_cannot_be_compared_are_grouped_by_themselves(self):
        logs = [self.train(f"name={name}", f"seed={seed}", f"loss.reconstruction.use={loss}")
                for name, loss in (("one", "bce"), ("other", "mse")) for seed in (1, 2)]
        groupings = self.report(*logs)[0]["comparison"]["groupings"]
        self.assertEqual([grouping["name"] for grouping in groupings], ["one", "other"])
        self.assertEqual([len(grouping["groups"]) for grouping in groupings], [1, 1])

    def test_the_size_is_kept_and_what_is_left_out_is_said(self):
        self.write("tiny.toml", TINY.replace("size = 8", "size = 64").replace("count = 4", "count = 64"))
        log = self.train("train.epochs=30")
        whole, _ = self.report(log, "--max-size", "20")
        steps = whole["runs"][0]["samples"][0]["steps"]
        self.assertEqual(len(steps), 30)
        data, done = self.report(log, "--max-size", "1")
        self.assertLessEqual(os.path.getsize(self.path("page.html")), 1_000_000)
        shown = data["runs"][0]["samples"][0]["steps"]
        self.assertLess(len(shown), 30)
        self.assertEqual((shown[0], shown[-1]), (steps[0], steps[-1]))  # the first and the newest come first
        line = f"{30 - len(shown)} of 30 pictures, for the size; hint: --max-size MB"
        self.assertEqual(done.stderr, f"atelier: note: left out: {line}\n")
        self.assertEqual(data["left_out"], [line])

    def test_names_are_text(self):
        name = "</script><script>alert(1)</script>"
        log = self.train("--out", "runs", f"tags=[\"{name}\", \"<!--\"]")
        data, _ = self.report(log)
        self.assertEqual(data["runs"][0]["tags"], [name, "<!--"])
        with open(self.path("page.html"), encoding="utf-8") as page:
            html = page.read()
        self.assertNotIn("<script>alert", html)
        self.assertEqual(html.count("<script"), 4)  # licences, data, libraries, ours

    def test_one_run_without_samples_or_evaluations(self):
        log = self.train("train.epochs=1", "sample.every=100", "evaluate.every=100")
        data, _ = self.report(log)
        self.assertEqual(data["comparison"]["differences"], [])
        self.assertEqual(len(data["runs"]), 1)

    def test_runs_that_failed_say_why(self):
        self.run_atelier("run", "tiny.toml", "optimizer.learning_rate=1e30", "loss.reconstruction.use=mse", code=1)
        data, _ = self.report("runs")
        run = data["runs"][0]
        self.assertEqual(run["state"], "failed")
        self.assertNotEqual(run["problem"], "")

    def test_a_run_that_runs_is_shown_as_running(self):
        process, log = self.start("train.epochs=100000000", "log.every=100", "sample.every=1000000", "evaluate.every=1000000")
        data, _ = self.report(log)
        self.assertEqual(data["runs"][0]["state"], "running")
        self.assertLess(data["runs"][0]["progress"], 0.1)
        self.cut_off(process)
        self.end(process)
        data, _ = self.report(log)
        self.assertEqual(data["runs"][0]["state"], "killed")

    def test_logs_that_cannot_be_read_are_named(self):
        log = self.train()
        self.write("text.h5", "no log\n")
        data, done = self.report(log, "text.h5")
        self.assertEqual([broken["path"] for broken in data["broken"]], ["text.h5"])
        self.assertEqual(done.stderr, "atelier: note: left out: text.h5: cannot be read: it is not an HDF5 file\n")
        self.assert_error(["report", "text.h5", "-o", "none.html"],
                          "none of the logs can be read: text.h5: cannot be read: it is not an HDF5 file")
        self.assertFalse(os.path.exists(self.path("none.html")))

    def test_usage(self):
        log = self.train()
        self.assert_error(["report", log], "atelier report: expected -o FILE.html")
        self.assert_error(["report", log, "-o", "page.pdf"], "--output: got 'page.pdf', expected a name that ends in .html")
        self.assert_error(["report", log, "-o", "none/page.html"],
                          f"none/page.html: cannot be written: there is no folder {self.path('none')}")
        self.assert_error(["report", log, "-o", "page.html", "--max-size", "0"],
                          "--max-size: got '0', expected an integer of at least 1 and at most 2000")
        self.run_atelier("report", "nothing", "-o", "page.html", code=2)

    def test_what_was_there_is_replaced_as_a_whole(self):
        log = self.train()
        self.write("page.html", "what was there\n")
        os.chmod(self.path("page.html"), 0o640)
        self.report(log)
        self.assertEqual(os.stat(self.path("page.html")).st_mode & 0o777, 0o640)
        self.assertEqual([name for name in os.listdir(self.folder) if "unfinished" in name], [])


if __name__ == "__main__":
    unittest.main()
