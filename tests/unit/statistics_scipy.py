"""Writes statistics_scipy.hpp beside it: what SciPy makes of the same numbers. Needs SciPy 1.11 or later.

The resamples are drawn here as host/statistics draws them (SplitMix64), and SciPy makes intervals of them, so that both
have the same to work with.
"""
import os
from types import SimpleNamespace

import numpy as np
from scipy import special, stats

MASK = (1 << 64) - 1


class SplitMix64:
    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return (((z ^ (z >> 31)) >> 32) * n) >> 32

    def mean(self, values):
        return sum(values[self.below(len(values))] for _ in values) / len(values)


def difference(a, b, axis=-1):
    return np.mean(a, axis=axis) - np.mean(b, axis=axis)


def interval(data, statistic, resampled, level):
    resampled = np.array(resampled)
    middle = statistic(*data)
    rounding = 32 * np.finfo(float).eps * max(np.max(np.abs(values)) for values in data)
    resampled[np.abs(resampled - middle) <= rounding] = middle  # of the same values in another order
    done = SimpleNamespace(bootstrap_distribution=resampled)
    found = stats.bootstrap(data, statistic, n_resamples=0, bootstrap_result=done, confidence_level=level, method="BCa")
    return found.confidence_interval


def hedges(degrees):
    return np.exp(special.gammaln(degrees / 2) - special.gammaln((degrees - 1) / 2)) / np.sqrt(degrees / 2)


def power(degrees, noncentrality, alpha):
    critical = stats.t.ppf(1 - alpha / 2, degrees)
    return stats.nct.sf(critical, degrees, noncentrality) + stats.nct.cdf(-critical, degrees, noncentrality)


def case(name, a, b):
    a, b = np.array(a), np.array(b)
    random = SplitMix64(1987)
    one = [random.mean(a) for _ in range(9999)]
    random = SplitMix64(1987)
    two = []
    for _ in range(9999):
        of_a = random.mean(a)
        two.append(of_a - random.mean(b))
    d = a[:min(len(a), len(b))] - b[:min(len(a), len(b))]
    paired = stats.permutation_test((d,), np.mean, permutation_type="samples", n_resamples=np.inf)
    labels = stats.permutation_test((a, b), difference, permutation_type="independent", n_resamples=np.inf)
    n, m = len(a) - 1, len(b) - 1
    pooled = np.sqrt((n * np.var(a, ddof=1) + m * np.var(b, ddof=1)) / (n + m))
    values = {
        "mean": np.mean(a), "deviation": np.std(a, ddof=1), "correlation": stats.pearsonr(a[:len(d)], b[:len(d)])[0],
        "height": np.trapezoid(a, np.arange(len(a)) ** 2) / (len(a) - 1) ** 2,
        "low": interval((a,), np.mean, one, 0.95).low, "high": interval((a,), np.mean, one, 0.95).high,
        "low_90": interval((a,), np.mean, one, 0.9).low, "high_90": interval((a,), np.mean, one, 0.9).high,
        "low_of_difference": interval((a, b), difference, two, 0.95).low,
        "high_of_difference": interval((a, b), difference, two, 0.95).high,
        "sign_flip": paired.pvalue, "label": labels.pvalue,
        "paired_effect": hedges(len(d) - 1) * np.mean(d) / np.std(d, ddof=1),
        "unpaired_effect": hedges(n + m) * (np.mean(a) - np.mean(b)) / pooled,
    }
    numbers = ", ".join(f".{key} = {float(value)!r}" for key, value in values.items())
    lists = ", ".join("{" + ", ".join(repr(float(x)) for x in xs) + "}" for xs in (a, b))
    return f'    {{"{name}", {lists}, {{{numbers}}}}},\n'


def main():
    draw = np.random.default_rng(16)
    cases = [
        case("six seeds, close to each other", draw.normal(231.4, 0.8, 6), draw.normal(230.9, 0.7, 6)),
        case("a clear difference", draw.normal(0.91, 0.004, 10), draw.normal(0.88, 0.006, 10)),
        case("skewed", draw.lognormal(0, 1, 10), draw.lognormal(0.3, 1, 10)),
        case("unequal groups", draw.normal(0, 1, 5), draw.normal(0.5, 1, 9)),
        case("three seeds", draw.normal(-1e6, 10, 3), draw.normal(-1e6, 10, 3)),
        case("tiny values", draw.normal(3e-9, 1e-9, 8), draw.normal(2e-9, 1e-9, 8)),
        case("ties", [3, 1, 2, 2, 0, 4, 1], [1, 2, 2, 1, 0, 2, 3]),
    ]
    powers = "".join(
        f"    {{{d}, {n}, {alpha}, {float(power(n - 1, d * np.sqrt(n), alpha))!r}, "
        f"{float(power(2 * n - 2, d * np.sqrt(n / 2), alpha))!r}}},\n"
        for d in (0.2, 0.5, 1.0, 2.5) for n in (3, 6, 20, 100) for alpha in (0.05, 0.0125)
        if np.isfinite(power(2 * n - 2, d * np.sqrt(n / 2), alpha)) and np.isfinite(power(n - 1, d * np.sqrt(n), alpha)))
    corrections = ", ".join(f"{{{f}, {float(hedges(f))!r}}}" for f in (2, 5, 9, 40, 400))
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "statistics_scipy.hpp"), "w") as out:
        out.write(
            "// Written by statistics_scipy.py with SciPy " + __import__("scipy").__version__ + ".\n#pragma once\n\n"
            "#include <cstddef>\n#include <vector>\n\nnamespace scipy {\n\n// clang-format off\nstruct Values {\n"
            "  double mean, deviation, correlation, height, low, high, low_90, high_90, low_of_difference, high_of_difference,\n"
            "      sign_flip, label, paired_effect, unpaired_effect;\n};\nstruct Case {\n  const char* name;\n"
            "  std::vector<double> a, b;\n  Values values;\n};\ninline const std::vector<Case> cases{\n" + "".join(cases) +
            "};\n\nstruct Power {\n  double effect;\n  size_t n;\n  double alpha, paired, unpaired;\n};\n"
            "inline const std::vector<Power> powers{\n" + powers + "};\n\nstruct Correction {\n  double degrees, value;\n};\n"
            "inline const std::vector<Correction> corrections{" + corrections + "};\n// clang-format on\n\n}  // namespace scipy\n")


if __name__ == "__main__":
    main()
