"""What must hold of the loss: ctest runs this with the program in ATELIER, which finds the plugin that was built."""

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


class Loss(unittest.TestCase):
    def test_where_all_differences_are_small_it_is_half_of_the_squared_error(self):
        huber = train("train.steps=1", "loss.reconstruction.delta=1e6")["train"]["reconstruction"]
        squared = train("train.steps=1", "loss.reconstruction.use=mse")["train"]["reconstruction"]
        self.assertAlmostEqual(huber[0] / squared[0], 0.5, places=5)

    def test_a_model_learns_with_it(self):
        loss = train("train.steps=100", "train.batch_size=64")["train"]["reconstruction"]
        self.assertLess(sum(loss[-10:]), 0.7 * sum(loss[:10]))


if __name__ == "__main__":
    unittest.main()
