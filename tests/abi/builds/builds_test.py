"""One source of a plugin, as authors may build it, in one host: it trains to equal bits, and what goes wrong in it is told in
its words.

The program is in the environment variable ATELIER.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
SOURCE = ROOT / "tests/abi/builds/everywhere.cpp"
C_SOURCE = ROOT / "sdk/examples/c-loss/charbonnier.c"
# As sdk/cmake/AtelierPlugin.cmake has them; what stands behind may say otherwise.
COMMON = ["-shared", "-fPIC", "-fvisibility=hidden", "-O2", "-ffp-contract=off", "-I", str(ROOT / "sdk/include"),
          f"-Wl,--version-script={ROOT}/sdk/cmake/atelier-plugin.map"]
BUILDS = {
    "libstdcxx": ["g++", "-std=c++20"],
    "libcxx": ["clang++", "-std=c++20", "-stdlib=libc++"],
    "clang-libstdcxx": ["clang++", "-std=c++20"],
    "bare": ["g++", "-std=c++20", "-fno-exceptions", "-fno-rtti"],
    "clang-bare": ["clang++", "-std=c++20", "-fno-exceptions", "-fno-rtti"],
    "checked": ["g++", "-std=c++20", "-D_GLIBCXX_DEBUG", "-O0"],
    "fast-math": ["g++", "-std=c++20", "-ffast-math"],
    "cxx23": ["g++", "-std=c++23"],
    "by-hand": ["g++", "-std=c++20", "-fvisibility=default"],
}
C_BUILDS = {"gcc": ["gcc", "-std=c11"], "clang": ["clang", "-std=c11"]}

EXPERIMENT = """
name = "everywhere"
[dataset]
use = "data-{name}"
[model]
use = "model-{name}"
[loss.reconstruction]
use = "{loss}"
[metric.right]
use = "metric-{name}"
[optimizer]
use = "optimizer-{name}"
learning_rate = 0.05
[train]
steps = 12
batch_size = 16
[evaluate]
every = 6
[sample]
every = 12
count = 4
[log]
every = 1
"""


def build(command, source, target):
    done = subprocess.run([command[0], *COMMON, *command[1:], str(source), "-o", str(target)], text=True,
                          capture_output=True, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stderr)


class BuildsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if shutil.which("clang++") is None or not list(pathlib.Path("/usr/lib").glob("llvm-*/include/c++/v1/string")):
            print("skipped: clang++ with libc++ is not installed; hint: ./bootstrap test installs it")
            sys.exit(77)
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        for name, command in BUILDS.items():
            build(command + [f'-DBUILT_BY="{name}"', f'-DATELIER_PLUGIN_NAME="{name}"'], SOURCE,
                  cls.folder / f"{name}.so")
        cls.c_folder = cls.folder / "c"
        for name, command in C_BUILDS.items():
            (cls.c_folder / name).mkdir(parents=True)
            build(command, C_SOURCE, cls.c_folder / name / "charbonnier.so")

    def atelier(self, *words, folder=None, plugins=()):
        path = ":".join(map(str, (self.folder, *plugins)))
        done = subprocess.run([os.environ["ATELIER"], *map(str, words)], cwd=folder or self.folder, text=True,
                              env={**os.environ, "ATELIER_PLUGIN_PATH": path}, capture_output=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def run_of(self, name, *overrides, loss=None, plugins=()):
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        text = EXPERIMENT.format(name=name, loss=loss or f"loss-{name}")
        (folder / "everywhere.toml").write_text(text, encoding="utf-8")
        status, said = self.atelier("run", "everywhere.toml", *overrides, folder=folder, plugins=plugins)
        return folder, status, said

    def trained(self, name, **more):
        folder, status, said = self.run_of(name, **more)
        self.assertEqual(status, 0, said)
        status, said = self.atelier("show", "everywhere", "--json", folder=folder, plugins=more.get("plugins", ()))
        self.assertEqual(status, 0, said)
        return json.loads(said)["metrics"]

    def test_one_host_has_them_all(self):
        status, said = self.atelier("plugins", plugins=[self.c_folder / "gcc"])
        self.assertEqual(status, 0, said)
        for name in BUILDS:
            for kind in ("data", "loss", "model", "optimizer", "metric"):
                self.assertIn(f"{kind}-{name}", said)
        self.assertIn("charbonnier", said)

    def test_all_train_to_equal_bits(self):
        expected = self.trained("libstdcxx")
        loss = expected["train"]["loss"]["value"]
        self.assertLess(loss[-1], loss[0])
        self.assertGreater(min(expected["train"]["tiny"]["value"]), 0, "what is denormal was flushed")
        for name in BUILDS:
            with self.subTest(name):
                self.assertEqual(self.trained(name), expected)

    def test_the_loss_in_c_is_the_same_by_both_compilers(self):
        runs = [self.trained("libcxx", loss="charbonnier", plugins=[self.c_folder / name]) for name in C_BUILDS]
        self.assertEqual(runs[0], runs[1])
        self.assertNotEqual(runs[0], self.trained("libcxx"))

    def test_a_failure_is_told_in_the_plugins_words(self):
        for name in ("libcxx", "bare", "checked", "fast-math"):
            for place, words in (("build", "it was told to fail, with 16 pixels"), ("step", "it was told to fail")):
                with self.subTest(f"{name}, {place}"):
                    _, status, said = self.run_of(name, f"model.fails={place}")
                    self.assertNotEqual(status, 0)
                    self.assertIn(words, " ".join(said.split()))


if __name__ == "__main__":
    unittest.main()
