import glob
import json
import os
import unittest

import h5py
import numpy as np

from atelier_test import TINY, AtelierTest

CLASSIFIER = TINY.replace('use = "vae"\nhidden = [16]\nlatent = 2', 'use = "cnn"\nfilters = [4, 4]\nhidden = [8]') + """
[metric.confusion]
use = "confusion-matrix"

[metric.at_the_end]
use = "accuracy"
when = "end"
"""


class Evaluate(AtelierTest):
    def train_classifier(self, *overrides):
        self.write("classifier.toml", CLASSIFIER.replace('name = "tiny"', 'name = "classifier"'))
        self.run_atelier("run", "classifier.toml", *overrides)

    def measured(self, *words):
        return json.loads(self.output("evaluate", *words, "--json"))

    def log(self, name):
        return h5py.File(glob.glob(os.path.join(self.folder, "runs", name, "*.h5"))[0])

    def test_what_it_works_on_is_said_before_the_first_batch(self):
        self.train_classifier()
        said = self.run_atelier("evaluate", "classifier").stderr
        self.assertIn("evaluate: 0 of 32, ? left\n", said)

    def test_metrics_of_the_experiment(self):
        self.train_classifier()
        found = self.measured("classifier")
        counts = np.array(found["arrays"]["confusion"]["values"]).reshape(found["arrays"]["confusion"]["shape"])
        self.assertEqual(counts.shape, (5, 5))
        self.assertEqual(counts.sum(), 32)
        self.assertAlmostEqual(counts.trace() / 32, found["metrics"]["accuracy"], places=6)
        self.assertAlmostEqual(found["metrics"]["at_the_end"], found["metrics"]["accuracy"], places=6)
        recall = counts.diagonal() / counts.sum(axis=1)
        np.testing.assert_allclose(found["arrays"]["confusion.recall"]["values"], recall)
        self.assertEqual(found["metrics"]["confusion.smallest_recall"], recall.min())

    def test_what_the_log_keeps(self):
        self.train_classifier()
        found = self.measured("classifier")
        with self.log("classifier") as log:
            last = log["tensors/metric.confusion/values"][-1]
            np.testing.assert_array_equal(last.reshape(-1), found["arrays"]["confusion"]["values"])
            self.assertEqual(len(log["tensors/metric.confusion/values"]), 3)  # one an evaluation
            once = log["metrics/eval/at_the_end"][:]
            self.assertTrue(np.isnan(once[:-1]).all())
            self.assertEqual(once[-1], found["metrics"]["at_the_end"])
            self.assertEqual(log["final/summary/at_the_end"][()], found["metrics"]["at_the_end"])

    def test_the_test_split_at_the_end(self):
        self.train_classifier("dataset.validation=0.25")
        with self.log("classifier") as log:
            self.assertTrue(np.isnan(log["metrics/eval/at_the_end"][:]).all())
            self.assertEqual(log["tensors/metric.confusion/values"][-1].sum(), 16)
            self.assertEqual(log["tensors/test.confusion/values"][-1].sum(), 32)
            self.assertEqual(log["metrics/test/at_the_end"][-1], log["final/summary/at_the_end"][()])

    def test_other_metrics_later(self):
        log = self.train()
        found = self.measured(log, "metric.bound.use=elbo", "metric.likelihood.use=log-likelihood",
                              "metric.likelihood.samples=700")["metrics"]
        self.assertAlmostEqual(found["bound"], found["elbo"], places=3)
        self.assertAlmostEqual(found["bound.reconstruction"] + found["bound.divergence"], -found["bound"], places=6)
        self.assertGreater(found["likelihood"], found["bound"])

    def test_splits_and_threads(self):
        self.train_classifier("dataset.validation=0.25")
        whole = {split: self.measured("classifier", "--split", split) for split in ("train", "validation", "test")}
        self.assertEqual({split: sum(found["arrays"]["confusion"]["values"]) for split, found in whole.items()},
                         {"train": 48, "validation": 16, "test": 32})
        self.assertEqual(whole["test"], self.measured("classifier", "--threads", "1"))

    def test_generated_images_by_a_classifier(self):
        self.train_classifier()
        self.train()
        ask = ["tiny", "metric.histogram.use=class-histogram", "metric.histogram.from=classifier",
               "metric.histogram.images=100"]
        found = self.measured(*ask)
        shares = np.array(found["arrays"]["histogram.shares"]["values"])
        self.assertAlmostEqual(shares.sum(), 1)
        self.assertEqual(found["metrics"]["histogram.modes"], np.count_nonzero(shares))
        covered = shares[shares > 0]
        self.assertAlmostEqual(found["metrics"]["histogram.divergence"], (covered * np.log(5 * covered)).sum())

    def test_wrong_input(self):
        log = self.train()
        wrong = self.run_atelier("evaluate", log, "metric.a.use=acuracy", code=2).stderr
        self.assertIn("metric.a.use: got 'acuracy', expected a metric; did you mean 'accuracy'?", wrong)
        wrong = self.run_atelier("evaluate", log, "metric.a.use=accuracy", code=2).stderr
        self.assertIn("the model 'vae' has no output 'logits', it has ", wrong)
        self.assert_error(["evaluate", log, "--split", "tset"],
                          "--split: got 'tset', expected test, validation or train; did you mean 'test'?")
        self.write("same.toml", TINY + "[metric.loss]\nuse = \"elbo\"\n")
        wrong = self.run_atelier("run", "same.toml", code=2).stderr
        self.assertIn("metric.loss: gives 'loss', which the model 'vae' gives too; hint: call the metric by another name",
                      wrong)


if __name__ == "__main__":
    unittest.main()
