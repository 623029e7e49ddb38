#!/usr/bin/python3
"""Two points with more and more seeds, until an interval that may be looked at after each settles which of them is better."""

import glob
import math
import re
import unittest

import numpy

from atelier_test import TINY, AtelierTest

APART = "optimizer.learning_rate=1e-4,1e-2"  # which no seed can turn round
ALIKE = "model.hidden=[16],[17]"  # other random numbers, and no better


class UntilDecided(AtelierTest):
    def run_pairs(self, *words, code=0, metric="test/loss", jobs="1"):
        return self.run_atelier("run", "tiny.toml", "--until-decided", metric, "--jobs", jobs, *words, code=code)

    def values(self, key, word):
        """Of finished runs with this value of a setting, by their seeds."""
        lines = self.output("ls", f"{key} = {word}", "status = finished", "--columns", "seed,test/loss", "--csv").splitlines()[1:]
        return {int(seed): float(value) for seed, value in (line.split(",") for line in lines)}

    def half_length(self, count, alpha=0.05):
        a = 1 + 4 * count
        k = (math.sqrt(a) / alpha) ** (2 / count)
        return math.sqrt((count - 1) / count * (k - 1) / (1 - k / a)) if k < a else math.inf

    def test_it_ends_when_the_sign_is_known(self):
        done = self.run_pairs(APART)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[-1], "settled: b is better; a comes to the larger values")
        a, b = (self.values("learning_rate", rate) for rate in ("1e-4", "1e-2"))
        self.assertEqual(sorted(a), sorted(b))
        seeds = sorted(a)
        self.assertEqual(seeds[0], 7)  # the file's own comes first
        differences = numpy.array([a[seed] - b[seed] for seed in seeds])
        for count in range(4, len(seeds) + 1):  # no earlier, and no later
            mean, spread = differences[:count].mean(), differences[:count].std(ddof=1)
            self.assertEqual(mean > self.half_length(count) * spread, count == len(seeds))
        found = re.search(r"test/loss a - b over (\d+) pairs \(seeds 7 to (\d+)\): (\S+), 95% interval \[(\S+), (\S+)\]", done.stdout)
        self.assertEqual((int(found[1]), int(found[2])), (len(seeds), seeds[-1]))
        half = self.half_length(len(seeds)) * differences.std(ddof=1)
        for text, value in zip(found.groups()[2:], (differences.mean(), differences.mean() - half, differences.mean() + half)):
            self.assertAlmostEqual(float(text), value, delta=2e-5 * abs(value))
        self.assertIn("a: optimizer.learning_rate=1e-4\n", done.stdout)

        again = self.run_pairs(APART)
        self.assertIn(f"{2 * len(seeds)} of the runs were there before", again.stdout)
        self.assertEqual(len(glob.glob(self.path("runs/tiny/*.h5"))), 2 * len(seeds))
        self.assertEqual([line for line in again.stdout.splitlines() if "interval" in line],
                         [line for line in lines if "interval" in line])

    def test_the_answer_is_the_same_however_many_run_at_a_time(self):
        one = self.run_pairs(APART, "--out", "one").stdout.splitlines()
        six = self.run_pairs(APART, "--out", "six", jobs="6").stdout.splitlines()
        self.assertEqual([line for line in one if "a - b" in line or "settled" in line],
                         [line for line in six if "a - b" in line or "settled" in line])

    def test_the_budget_may_end_before(self):
        done = self.run_pairs(ALIKE, "--budget", "5", code=3)
        self.assertRegex(done.stdout.splitlines()[-1],
                         r"^not settled: (\d+ more pairs? of seeds would settle it|more than 1000000 pairs of seeds would be needed) if "
                         r"mean and spread stayed so$")
        self.assertIn("over 5 pairs (seeds 7 to 11)", done.stdout)
        self.assertEqual(len(glob.glob(self.path("runs/tiny/*.h5"))), 10)
        self.assertIn("after 2 pairs (seeds 7 to 8): a - b ", done.stderr)
        done = self.run_pairs(ALIKE, "--budget", "0.001s", "--out", "other", code=3)
        self.assertLessEqual(len(glob.glob(self.path("other/tiny/*.h5"))), 2)

    def test_a_run_without_a_value_settles_nothing(self):
        done = self.run_pairs("optimizer.learning_rate=1e-3,1e38", code=1)
        self.assertRegex(done.stdout.splitlines()[-1], r"^not settled: optimizer.learning_rate=1e38 with seed 7 failed, and has no value: step 1")

    def test_two_points_of_more(self):
        self.write("sweep.toml", TINY + '[sweep]\n"model.latent" = [2, 3]\n"optimizer.learning_rate" = [1e-4, 1e-2]\n')
        words = ["run", "sweep.toml", "--until-decided", "test/loss", "--jobs", "1"]
        self.assert_error(words, "--until-decided: got 4 points, expected two; hint: --between A,B chooses two of them")
        points = [line.split()[0] for line in self.output("run", "sweep.toml", "--dry-run").splitlines()[1:5]]
        done = self.run_atelier(*words, "--between", f"{points[1]},{points[0]}")
        self.assertEqual(done.stdout.splitlines()[-1], "settled: a is better; a comes to the smaller values")
        self.assertIn("model.latent=2 optimizer.learning_rate=0.01\n", done.stdout)

    def test_what_cannot_be(self):
        for words, message in (
                ([], "--until-decided: got a single experiment, expected a sweep with two points; hint: model.latent=2,10"),
                ([APART, "seed=1,2"], "--until-decided: got a sweep over seeds, expected none, as it adds seeds itself"),
                ([APART, "--seeds", "1..2"], "--seeds: expected none beside --until-decided, which adds seeds itself"),
                ([APART, "--budget", "1"], "--budget: got '1', expected 2 to 1000 pairs of seeds, or a time such as 90s, 30m or 2h"),
                ([APART, "--confidence", "95"], "--confidence: got '95', expected a number in [0.5, 0.9999]"),
                ([APART, "--between", "x,y"], "--between: got 'x', which 0 of the 2 points begin with; expected the identities of two with "
                                              "',' between them, as --dry-run lists them")):
            self.assert_error(["run", "tiny.toml", "--until-decided", "loss", "--jobs", "1", *words], message)
        done = self.run_pairs(APART, metric="validation/loss", code=2)
        self.assertIn("--until-decided: got 'validation/loss', expected a number of the evaluations, ", done.stderr)
        self.assert_error(["run", "tiny.toml", "--budget", "3"], "--budget: expected --until-decided beside it")


if __name__ == "__main__":
    unittest.main()
