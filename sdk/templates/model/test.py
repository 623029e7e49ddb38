"""What must hold of the model: ctest runs this with the program in ATELIER, which finds the plugin that was built."""

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


SHORT = ["train.steps=100"]


class Model(unittest.TestCase):
    def test_it_learns(self):
        loss = train(*SHORT)["train"]["loss"]
        self.assertLess(sum(loss[-10:]), 0.8 * sum(loss[:10]))

    def test_it_gives_the_same_numbers_on_any_number_of_threads(self):
        one, two = (train(*SHORT, "--threads", threads)["train"]["loss"] for threads in ("1", "2"))
        self.assertEqual(one, two)


if __name__ == "__main__":
    unittest.main()
