"""Metrics that keep the value of each test sample, and what compare makes of it."""

import json
import unittest

import h5py
import numpy as np
from atelier_test import TINY, AtelierTest
from experiments import on_shapes

CLASSIFIER = on_shapes("classifier", 'use = "cnn"\nfilters = [4, 4]\nhidden = [8]') + """
[metric.right]
use = "accuracy"
per_sample = true
"""
LIKELIHOODS = TINY + """
[metric.bound]
use = "elbo"
per_sample = true
[metric.likelihood]
use = "log-likelihood"
samples = 50
per_sample = true
when = "end"
"""


class Samples(AtelierTest):
    def train_one(self, text, *overrides):
        self.write("one.toml", text)
        return self.output("run", "one.toml", *overrides).splitlines()[0]

    def per_sample(self, log, series):
        with h5py.File(self.path(log)) as file:
            return file[f"tensors/{series}.per_sample/values"][:].astype(float)

    def last(self, log, metric, cadence="eval"):
        with h5py.File(self.path(log)) as file:
            return file[f"metrics/{cadence}/{metric}"][-1]


class Kept(Samples):
    def test_their_mean_is_the_metric(self):
        likelihoods, classifier = self.train_one(LIKELIHOODS), self.train_one(CLASSIFIER)
        for log, metric, evaluations in ((likelihoods, "bound", 3), (likelihoods, "likelihood", 1), (classifier, "right", 2)):
            values = self.per_sample(log, "metric." + metric)
            self.assertEqual(values.shape, (evaluations, 32), metric)
            last = self.last(log, metric)
            self.assertAlmostEqual(values[-1].mean(), last, delta=1e-6 * (1 + abs(last)))
        self.assertLessEqual(set(values.ravel()), {0, 1})
        self.assertAlmostEqual(self.last(classifier, "right"), self.last(classifier, "accuracy"), places=6)

    def test_the_test_split_beside_a_validation_split(self):
        log = self.train_one(CLASSIFIER, "dataset.validation=0.25", "evaluate.batch_size=5")
        self.assertTrue(np.isnan(self.per_sample(log, "metric.right")).all())  # of other images
        values = self.per_sample(log, "test.right")
        self.assertEqual(values.shape, (1, 32))
        self.assertAlmostEqual(values.mean(), self.last(log, "right", "test"), places=6)

    def test_check_says_what_they_cost(self):
        self.write("one.toml", CLASSIFIER)
        texts = [self.output("check", "one.toml", f"metric.right.per_sample={value}", "dataset.test_count=100000")
                 for value in ("false", "true")]
        self.assertIn("tensors", texts[1])
        self.assertNotIn("tensors", texts[0].split("log")[-1])


class Compared(Samples):
    def test_two_runs_over_their_test_samples(self):
        logs = [self.train_one(CLASSIFIER, f"train.epochs={epochs}") for epochs in (1, 30)]
        first, second = (self.per_sample(log, "metric.right")[-1] for log in logs)
        found = json.loads(self.output("compare", *logs, "--metric", "right", "--json"))["over_samples"]
        self.assertEqual(len(found), 1)
        difference = second - first
        self.assertAlmostEqual(found[0]["difference"]["mean"], difference.mean())
        self.assertAlmostEqual(found[0]["difference"]["deviation"], difference.std(ddof=1) / np.sqrt(32))
        interval = found[0]["difference"]["interval"]
        self.assertLess(interval["low"], difference.mean())
        self.assertGreater(interval["high"], difference.mean())
        self.assertIn("test/right over the test samples", self.output("compare", *logs, "--metric", "right"))

    def test_groups_keep_seeds_and_samples_apart(self):
        self.write("one.toml", CLASSIFIER)
        self.output("run", "one.toml", "train.epochs=1,30", "--seeds", "0..3")
        words = ["compare", "classifier", "--by", "train.epochs", "--metric", "test/right"]
        found = json.loads(self.output(*words, "--json"))
        contrast = found["differences"][0]
        self.assertEqual(contrast["of_samples"]["samples"], 32)
        self.assertAlmostEqual(contrast["of_samples"]["mean"], contrast["mean"], places=6)
        self.assertNotEqual(contrast["of_samples"]["interval"], contrast["interval"])
        for group in found["metrics"][0]["groups"]:
            self.assertAlmostEqual(group["last_of_samples"]["mean"], group["last"]["mean"], places=6)
        text = self.output(*words, COLUMNS="300")
        self.assertIn("over the 32 test samples that both have", text)
        self.assertIn("by its 32 test samples: the mean has a deviation of", text)

    def test_logs_without_them(self):
        logs = [self.train_one(CLASSIFIER, f"metric.right.per_sample={value}", f"seed={seed}")
                for seed, value in enumerate(("true", "false"))]
        words = ["compare", *logs, "--metric", "right"]
        self.assertEqual(json.loads(self.output(*words, "--json"))["over_samples"], [])
        self.assertIn("test/right last", self.output(*words))  # and are comparable
        self.run_atelier("slim", logs[0], "--tensors")
        self.output(*words)


if __name__ == "__main__":
    unittest.main()
