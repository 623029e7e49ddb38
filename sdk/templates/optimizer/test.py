"""What must hold of the optimizer: ctest runs this with the program in ATELIER, which finds the plugin that was built."""

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


class Optimizer(unittest.TestCase):
    def test_it_is_the_formula(self):
        """The optimizer sgd of Atelier's own is written otherwise, for the same formula."""
        own = train("train.steps=10")["train"]["loss"]
        other = train("train.steps=10", "optimizer.use=sgd")["train"]["loss"]
        for step, (one, two) in enumerate(zip(own, other, strict=True), 1):
            self.assertAlmostEqual(one, two, places=4, msg=f"in step {step}")

    def test_a_model_learns_with_it(self):
        loss = train("train.steps=40")["train"]["loss"]
        self.assertLess(sum(loss[-10:]), 0.7 * sum(loss[:10]))


if __name__ == "__main__":
    unittest.main()
