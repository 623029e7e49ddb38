"""What must hold of the metric: ctest runs this with the program in ATELIER, which finds the plugin that was built."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

EXPERIMENT = Path(__file__).resolve().parent / "my-plugin.toml"


def atelier(*words):
    done = subprocess.run([os.environ["ATELIER"], *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return done.stdout


def train(*changes):
    """Trains the experiment with changes, and gives the values that it logs by name: in "train" and in "eval"."""
    with tempfile.TemporaryDirectory() as runs:
        log = atelier("run", EXPERIMENT, "--out", runs, "log.every=1", *changes).splitlines()[0]
        metrics = json.loads(atelier("show", log, "--json"))["metrics"]
    return {cadence: {name: series["value"] for name, series in all.items()} for cadence, all in metrics.items()}


SHORT = ["train.steps=10", "dataset.count=1280"]


class Metric(unittest.TestCase):
    def test_with_one_guess_it_is_the_accuracy(self):
        test = train(*SHORT, "metric.top-2.k=1")["eval"]
        self.assertAlmostEqual(test["top-2"][-1], test["accuracy"][-1], places=6)

    def test_more_guesses_are_right_more_often_and_all_always(self):
        top = [train(*SHORT, f"metric.top-2.k={k}")["eval"]["top-2"][-1] for k in (1, 3, 5)]
        self.assertLess(top[0], top[1])
        self.assertEqual(top[2], 1)


if __name__ == "__main__":
    unittest.main()
