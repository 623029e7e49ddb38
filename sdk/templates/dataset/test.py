"""What must hold of the dataset: ctest runs this with the program in ATELIER, which finds the plugin that was built."""

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


class Dataset(unittest.TestCase):
    def test_it_has_as_many_samples_as_it_is_asked_for(self):
        model = json.loads(atelier("check", EXPERIMENT, "dataset.count=300", "--json"))["model"]
        self.assertEqual((model["train_count"], model["test_count"]), (300, 1000))

    def test_its_labels_say_what_its_images_show(self):
        """A classifier tells images that it has not seen."""
        accuracy = train("model.use=cnn", "train.steps=100", "train.batch_size=64")["eval"]["accuracy"]
        self.assertGreater(accuracy[-1], 0.95)


if __name__ == "__main__":
    unittest.main()
