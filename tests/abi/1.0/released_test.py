"""Plugins that are built against the headers of the contract 1.0, as they were released, load into today's host and train to
what was recorded when it was released.

Usage: released_test.py [--record], with the program in the environment variable ATELIER
"""

import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = HERE / "golden.json"
# Of the largest value of a series: as tests/golden, where a processor's own order of additions shows.
TOLERANCE = 2e-5
FLAGS = ["-shared", "-fPIC", "-fvisibility=hidden", "-O2", "-ffp-contract=off", "-Wall", "-Wextra", "-pedantic", "-Werror",
         "-I", str(HERE / "include")]

DATA = """
[dataset]
use = "released-brighter"
by = 0.05
[dataset.source]
use = "released-data"
"""
COMMON = DATA + """
[train]
steps = 20
batch_size = 8
[evaluate]
every = 10
[sample]
every = 20
count = 4
[log]
every = 1
activations = ["code"]
activations_every = 10
"""
MODEL = COMMON + """
[model]
use = "released-model"
flag = true
count = 3
counts = [1, 2]
weights = [0.5]
words = ["red", "blue"]
{other}
[loss.adversarial]
use = "released-critic"
limit = 0.4
[optimizer]
use = "released-momentum"
learning_rate = 0.02
[optimizer.critic]
use = "released-sharpness"
learning_rate = 0.05
[metric.distance]
use = "released-distance"
"""
EXPERIMENTS = {
    "alone": MODEL.format(other=""),
    "compared": MODEL.format(other='other = "alone"'),
    "mean": COMMON.replace('activations = ["code"]\nactivations_every = 10\n', "")
            + '[model]\nuse = "released-mean"\n[optimizer]\nuse = "released-momentum"\nlearning_rate = 0.02\n',
}


def compiled(*words):
    done = subprocess.run(list(map(str, words)), text=True, capture_output=True, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stderr)


def safetensors(values):
    header = json.dumps({"bias": {"dtype": "F32", "shape": [len(values)], "data_offsets": [0, 4 * len(values)]}}).encode()
    return struct.pack("<Q", len(header)) + header + struct.pack(f"<{len(values)}f", *values)


class Author:
    """A folder with the plugins and what the experiments need."""

    def __init__(self, folder, c="gcc", cxx="g++"):
        self.folder = folder
        compiled(c, "-std=c11", *FLAGS, *sorted((HERE / "plugin").glob("*.c")), "-lm", "-o", folder / "released.so")
        compiled(cxx, "-std=c++20", *FLAGS, HERE / "plugin-c++/mean.cpp", "-o", folder / "mean.so")
        (folder / "pixels.bin").write_bytes(bytes(17 * i % 256 for i in range(16)))
        (folder / "start.safetensors").write_bytes(safetensors([i / 32 for i in range(16)]))
        for name, text in EXPERIMENTS.items():
            (folder / f"{name}.toml").write_text(f'name = "{name}"\nseed = 5\n{text}', encoding="utf-8")

    def atelier(self, *words):
        done = subprocess.run([os.environ["ATELIER"], *map(str, words)], cwd=self.folder, text=True, capture_output=True,
                              env={**os.environ, "ATELIER_PLUGIN_PATH": str(self.folder)}, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{words}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def numbers(self, threads):
        """Of each experiment, {"train.loss": [...], ...}."""
        out = {}
        for name in EXPERIMENTS:
            self.atelier("run", f"{name}.toml", "--threads", threads)
            metrics = json.loads(self.atelier("show", name, "--json"))["metrics"]
            out[name] = {f"{cadence}.{metric}": series["value"] for cadence, columns in metrics.items()
                         for metric, series in columns.items()}
        return out


class ReleasedTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.authors = []
        for threads, compilers in ((1, ("gcc", "g++")), (2, ("clang", "clang++"))):
            place = pathlib.Path(folder.name, compilers[0])
            place.mkdir()
            cls.authors.append(Author(place, *compilers))
            cls.authors[-1].found = cls.authors[-1].numbers(threads)

    def test_they_train_to_what_was_recorded(self):
        recorded = json.loads(GOLDEN.read_text(encoding="utf-8"))
        found = self.authors[0].found
        for name, series in recorded.items():
            for metric, values in series.items():
                with self.subTest(f"{name}: {metric}"):
                    self.assertIn(metric, found[name])
                    self.assertEqual(len(found[name][metric]), len(values))
                    allowed = TOLERANCE * max(map(abs, values))
                    for actual, expected in zip(found[name][metric], values):
                        self.assertLessEqual(abs(actual - expected), allowed)

    def test_another_compiler_and_number_of_threads_give_equal_bits(self):
        self.assertEqual(self.authors[0].found, self.authors[1].found)

    def test_the_models_learn(self):
        for name in EXPERIMENTS:
            loss = self.authors[0].found[name]["train.loss"]
            self.assertLess(sum(loss[-5:]), sum(loss[:5]))

    def test_what_else_the_model_offers(self):
        author = self.authors[0]
        for view in ("reconstruction", "animation"):
            picture = author.folder / f"{view}.{'gif' if view == 'animation' else 'png'}"
            author.atelier("sample", "alone", "--view", view, "-n", 2, "-o", picture)
            self.assertGreater(picture.stat().st_size, 0)
        said = author.atelier("plugins", "released-model")
        self.assertIn("1.0.0", said)
        self.assertIn("below 10", said)

    def test_the_plugin_uses_all_of_the_contract(self):
        sources = "".join(file.read_text(encoding="utf-8") for file in (HERE / "plugin").glob("*.[ch]"))
        words = set(re.findall(r"\w+", re.sub(r"/\*.*?\*/", "", sources, flags=re.DOTALL)))
        words.add("host_data")  # the host's own
        layout = (HERE.parents[2] / "sdk/abi-1.0.layout").read_text(encoding="utf-8")
        for line in layout.splitlines():
            first, *_, last = line.split()
            if first.isdigit():
                self.assertIn(last.split(".")[-1], words, line)
            elif first in ("constant", "macro"):
                self.assertIn(line.split()[1], words, line)


def record():
    with tempfile.TemporaryDirectory() as folder:
        found = Author(pathlib.Path(folder)).numbers(2)
    lines = [f'"{name}": {{\n' + ",\n".join(f'"{metric}": {values}' for metric, values in series.items()) + "}"
             for name, series in found.items()]
    GOLDEN.write_text("{" + ",\n".join(lines) + "}\n", encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["--record"]:
        record()
    else:
        unittest.main()
