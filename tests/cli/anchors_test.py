"""The likelihood anchors of experiments/README.md, which experiments/anchors.py writes from logs."""

import os
import shutil
import subprocess
import unittest
import xml.etree.ElementTree

from atelier_test import TINY, AtelierTest

PYTHON = "/usr/bin/python3"  # that has h5py, which the script needs
SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../experiments")
FRESH = TINY.replace("tiny", "likelihood-anchors").replace("seed = 7", "seed = 1") + """
[metric.bound]
use = "log-likelihood"
samples = 3
[metric.log_likelihood]
use = "log-likelihood"
samples = 20
when = "end"
[metric.active]
use = "active-latents"
when = "end"
[sweep]
seed = [1, 2]
[[sweep.zip]]
name = ["likelihood-vae", "likelihood-vae-5", "likelihood-iwae-5", "likelihood-iwae-50"]
"model.samples" = [1, 5, 5, 50]
"model.bound" = ["plain", "plain", "importance-weighted", "importance-weighted"]
"train.epochs" = [3, 2, 2, 1]
"""
FIXED = FRESH[:FRESH.index("[sweep]")].replace("likelihood-anchors", "likelihood-fixed")
README = """# Rows
<!-- anchors -->
what was there
<!-- end of the anchors -->
<!-- anchor of fixed binarization -->
what was there
<!-- end of the anchor of fixed binarization -->
"""


class Anchors(AtelierTest):
    def setUp(self):
        super().setUp()
        for folder in ("experiments", "runs"):
            os.mkdir(self.path(folder))
        for script in ("anchors.py", "choosing.py", "table.py"):
            shutil.copy(os.path.join(SCRIPTS, script), self.path("experiments"))
        self.write("experiments/likelihood-anchors.toml", FRESH)
        self.write("experiments/likelihood-fixed.toml", FIXED)
        self.write("experiments/README.md", README)

    def page_after(self, *runs):
        for words in runs:
            self.run_atelier("run", *words)
        subprocess.run([PYTHON, "experiments/anchors.py"], cwd=self.folder, check=True, capture_output=True)
        with open(self.path("experiments/README.md"), encoding="utf-8") as file:
            return file.read()

    def picture(self):
        return self.path("experiments/pictures/likelihood-anchors.svg")

    def test_without_runs_all_stays(self):
        self.assertEqual(self.page_after(), README)
        self.assertFalse(os.path.exists(self.picture()))

    def test_a_run_with_other_settings_is_no_row_s(self):
        file = "experiments/likelihood-anchors.toml"
        faster = [file, "name=likelihood-vae", "model.samples=1", "model.bound=plain", "train.epochs=1", "seed=1", "optimizer.learning_rate=0.1"]
        other_bound = [file, "name=likelihood-vae-5", "model.samples=5", "model.bound=importance-weighted", "train.epochs=1", "seed=1"]
        self.assertEqual(self.page_after(faster, other_bound, ["experiments/likelihood-fixed.toml", "model.latent=3"]), README)

    def test_rows_without_runs_stay(self):
        there = "| VAE, k = 5 | 3 | 1 | 9 s on 1 thread | -99.00 | 20 | 7 | -86.47 |"
        self.write("experiments/README.md", README.replace("what was there", there, 1))
        one = ["experiments/likelihood-anchors.toml", "name=likelihood-vae", "model.samples=1", "model.bound=plain", "train.epochs=1", "seed=1"]
        lines = self.page_after(one).splitlines()
        self.assertTrue(lines[4].startswith("| VAE, k = 1 | 1 | 1 |"), lines)
        self.assertEqual(lines[5], there)

    def test_rows_are_runs_of_one_length(self):
        lines = self.page_after(["experiments/likelihood-anchors.toml"],
                                ["experiments/likelihood-anchors.toml", "train.epochs=2", "metric.log_likelihood.samples=10", "seed=1"],
                                ["experiments/likelihood-fixed.toml"]).splitlines()
        value = r"-\d+\.\d\d"
        rows = [("IWAE, k = 50", 2, 1), ("VAE, k = 1", 1, 2), ("VAE, k = 5", 1, 2), ("IWAE, k = 5", 1, 2), ("IWAE, k = 50", 1, 2),
                ("VAE, k = 5", 2, 2), ("IWAE, k = 5", 2, 2), ("VAE, k = 1", 2, 3)]  # with seeds and epochs
        for line, cells in zip(lines[4:], [rf"{title} \| {seeds} \| {epochs} \|" for title, seeds, epochs in rows]):
            one = r"\| 1 \| 2 \|" in cells
            self.assertRegex(line, rf"^\| {cells} \d+ s on \d+ threads? \| " +
                             (rf"{value} \| 10 \| " if one else rf"{value} \({value} to {value}\) \| 20 \| ") + r"\d \| -8\d\.\d+ \|$")
        self.assertRegex(lines[-2], rf"^\| 784-400-40, each image binarized once \| 1 \| 3 \| .* \| {value} \| 20 \| \d \| -89\.9 \|$")
        curves = xml.etree.ElementTree.parse(self.picture()).getroot().findall("{*}polyline")
        self.assertEqual([len(curve.get("points").split()) for curve in curves], [3, 3, 2, 2, 2, 2, 2] + [3, 2, 2, 2])


if __name__ == "__main__":
    unittest.main()
