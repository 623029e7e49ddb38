"""The values in distances_test.cpp, by torch-fidelity, prdc and SciPy (pip install torch-fidelity prdc scipy)."""

import numpy
import prdc
from scipy import stats
from scipy.spatial.distance import cdist
from torch_fidelity.metric_fid import fid_statistics_to_metric
from torch_fidelity.metric_kid import mmd2


def points(count, dimensions, seed, scale=1.0, shift=0.0):
    x = seed
    out = numpy.empty((count, dimensions))
    for i in range(count):
        for j in range(dimensions):
            total = 0.0
            for _ in range(3):
                x = (x * 1103515245 + 12345) % 2**31
                total += x / 2**31
            out[i, j] = (total - 1.5) * scale * (1 + 0.25 * j) + shift
    return out


def statistics(x):
    return {"mu": x.mean(0), "sigma": numpy.cov(x, rowvar=False)}


def kernel(x, y):
    return (x @ y.T / x.shape[1] + 1) ** 3


real, generated, training = points(80, 5, 1), points(80, 5, 2, 1.25, 0.125), points(200, 5, 3)
print("frechet", fid_statistics_to_metric(statistics(real), statistics(generated), False))
print("kernel", mmd2(kernel(real, real), kernel(real, generated), kernel(generated, generated)))
for k in (3, 5):
    print("neighbours", k, prdc.compute_prdc(real_features=real, fake_features=generated, nearest_k=k))
of_real, of_generated = (cdist(x, training).min(1) for x in (real, generated))
n = len(real)
u = stats.mannwhitneyu(of_generated, of_real).statistic
print("copying", (u - n * n / 2) / (n * n * (2 * n + 1) / 12) ** 0.5, 1 - u / n**2, (of_generated < of_real.min()).mean())
