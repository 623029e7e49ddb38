"""class-histogram with each_channel: the modes of stacked-mnist that a classifier of one channel finds."""

import os
import struct
import unittest

import h5py
import numpy as np
from atelier_test import AtelierTest
from experiments import CNN, GAN

SIDE = 8
STACKED = """name = "stacked"
seed = 7
[dataset]
use = "stacked-mnist"
range = [-1.0, 1.0]
count = 64
test_count = 26000
[dataset.source]
use = "mnist"
path = "digits"
[model]
use = "gan"
latent = 3
generator = [8]
discriminator = [8]
batch_norm = true
[optimizer]
use = "adam"
[train]
steps = 4
batch_size = 16
[sample]
count = 4
[metric.modes]
use = "class-histogram"
from = "judge"
each_channel = true
images = 26000
when = "end"
"""
JUDGE = """name = "judge"
seed = 7
[dataset]
use = "mnist"
path = "all-digits"
[model]
use = "cnn"
filters = [8]
hidden = [16]
[optimizer]
use = "adam"
learning_rate = 1e-2
[train]
epochs = 8
batch_size = 20
"""


def digits(count, missing=()):
    """A bright square for each digit, at a place of its own, on a dark ground that differs."""
    labels = np.array([label for label in np.arange(count) % 10 if label not in missing], np.uint8)
    images = np.random.default_rng(5).integers(0, 40, (len(labels), SIDE, SIDE)).astype(np.uint8)
    for image, label in zip(images, labels):
        row, column = 2 * (label // 4), 2 * (label % 4)
        image[row:row + 2, column:column + 2] += 200
    return images, labels


class Modes(AtelierTest):
    def setUp(self):
        super().setUp()
        self.write_digits("all-digits")
        self.write("judge.toml", JUDGE)
        self.write("stacked.toml", STACKED)
        log = self.output("run", "judge.toml").splitlines()[0]
        with h5py.File(self.path(log)) as file:
            self.assertEqual(file["final/summary/accuracy"][()], 1)  # so that what it finds is what is there

    def write_digits(self, folder, missing=()):
        os.makedirs(self.path(folder), exist_ok=True)
        for split, count in (("train", 400), ("t10k", 200)):
            images, labels = digits(count, missing)
            with open(self.path(f"{folder}/{split}-images-idx3-ubyte"), "wb") as file:
                file.write(struct.pack(">4i", 2051, *images.shape) + images.tobytes())
            with open(self.path(f"{folder}/{split}-labels-idx1-ubyte"), "wb") as file:
                file.write(struct.pack(">2i", 2049, len(labels)) + labels.tobytes())

    def modes(self, *overrides):
        """The numbers and the shares, of generated images and of real ones."""
        log = self.output("run", "stacked.toml", *overrides).splitlines()[0]
        with h5py.File(self.path(log)) as file:
            numbers = {name: value[()] for name, value in file["final/summary"].items()}
            shares = [file[f"tensors/metric.modes.{name}/values"][-1] for name in ("shares", "real_shares")]
        return {name.removeprefix("modes."): value for name, value in numbers.items()}, *shares

    def assert_consistent(self, prefix, numbers, shares):
        there = shares[shares > 0].astype(float)
        self.assertEqual(numbers[prefix + "modes"], len(there))
        self.assertAlmostEqual(there.sum(), 1, places=5)
        self.assertAlmostEqual(numbers[prefix + "divergence"], (there * np.log(1000 * there)).sum(), places=5)

    def test_real_images_show_all_modes(self):
        self.write_digits("digits")
        numbers, generated, real = self.modes()
        self.assertEqual(numbers["real_modes"], 1000)
        # Of n draws from K equal modes the divergence is about (K - 1) / 2 n.
        self.assertAlmostEqual(numbers["real_divergence"], 999 / 52000, delta=0.002)
        self.assert_consistent("real_", numbers, real)
        self.assert_consistent("", numbers, generated)
        self.assertLess(numbers["modes"], 300)  # of a generator that has learned nothing

    def test_a_missing_digit_is_missing_in_every_mode_that_has_it(self):
        self.write_digits("digits", missing=[7])
        numbers, _, real = self.modes()
        self.assertEqual(numbers["real_modes"], 9**3)
        self.assertAlmostEqual(numbers["real_divergence"], np.log(1000 / 729) + 728 / 52000, delta=0.002)
        with_it = [mode for mode in range(1000) if "7" in f"{mode:03}"]
        self.assertEqual(np.flatnonzero(real == 0).tolist(), with_it)

    def test_what_does_not_fit(self):
        self.write_digits("digits")
        self.write("cnn.toml", CNN)
        self.output("run", "cnn.toml")
        told = self.run_atelier("run", "stacked.toml", "metric.modes.from=cnn", code=2).stderr
        self.assertIn("feature: 'logits' has 5 values for a channel, expected 10, one for each class", told)
        self.write("gan.toml", GAN)
        ask = ["metric.c.use=class-histogram", "metric.c.from=cnn", "metric.c.each_channel=true", "metric.c.when=end"]
        told = self.run_atelier("run", "gan.toml", "dataset.channels=3", *ask, code=2).stderr
        self.assertIn("each_channel: the data has 5 classes and images of 3 channels, expected a class for each combination",
                      told)
        # One channel is the image.
        alone, together = (self.output("run", "gan.toml", *ask[:2], *more, "metric.c.when=end").splitlines()[0]
                           for more in ([], ask[2:3]))
        found = [self.json("show", log)["passports"]["c"]["values"] for log in (alone, together)]
        self.assertEqual(*found)


if __name__ == "__main__":
    unittest.main()
