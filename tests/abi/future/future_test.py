"""A later minor of the contract, made from today's headers, against today's host, against one that is of that minor, and the
other way around: what is built with it loads wherever all that it calls is there.

The program is in the environment variable ATELIER.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import headers

ROOT = pathlib.Path(__file__).resolve().parents[3]
HERE = ROOT / "tests/abi/future"
TODAY = ROOT / "sdk/include"
# The wrapper's braces leave out what the headers have grown by: zeros.
CXX = ["g++", "-std=c++20", "-O1", "-Wall", "-Wextra", "-Wno-missing-field-initializers", "-Werror"]
C = ["gcc", "-std=c11", "-pedantic", "-Wall", "-Wextra", "-Werror"]
PLUGIN = ["-shared", "-fPIC", "-fvisibility=hidden", "-ffp-contract=off",
          f"-Wl,--version-script={ROOT}/sdk/cmake/atelier-plugin.map"]

EXPERIMENT = """
name = "quiet"
[dataset]
use = "shapes"
size = 8
count = 64
test_count = 20
[model]
use = "quiet"
[optimizer]
use = "plain"
learning_rate = 0.5
[train]
steps = 8
batch_size = 16
[evaluate]
every = 4
[sample]
every = 8
count = 4
[log]
every = 1
"""


def call(*words):
    done = subprocess.run(list(map(str, words)), text=True, capture_output=True, check=False)
    return done.returncode, done.stdout + done.stderr


def compiled(*words):
    status, said = call(*words)
    if status != 0:
        raise AssertionError(said)


class FutureTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.future = cls.folder / "include"
        headers.make(TODAY, cls.future)
        cls.probes = {}
        for name, include, uses in (("today", TODAY, 0), ("without", cls.future, 0), ("optional", cls.future, 1),
                                    ("required", cls.future, 2)):
            cls.probes[name] = cls.folder / name / "probe.so"
            cls.probes[name].parent.mkdir()
            compiled(*CXX, *PLUGIN, f"-DUSES={uses}", "-I", include, HERE / "probe.cpp", "-o", cls.probes[name])
        cls.hosts = {}
        for minor, include in ((0, TODAY), (1, cls.future)):
            cls.hosts[minor] = cls.folder / f"host-1.{minor}"
            compiled(*CXX, "-I", include, HERE / "host.cpp", "-ldl", "-o", cls.hosts[minor])

    def assert_works(self, minor, probe, number):
        status, said = call(self.hosts[minor], self.probes[probe])
        self.assertEqual(status, 0, said)
        self.assertIn("informed: the probe is made\n", said)
        self.assertIn(f"read {number} and 2 of 5\n", said)
        self.assertIn("failed: the probe was told to fail\n", said)
        self.assertIn("shapes 3 4 and 3 5\n", said)
        return said

    def test_what_calls_nothing_new_works_in_an_old_host(self):
        self.assertIn("needs 1.0, was built with 1.1", self.assert_works(0, "without", 7))
        self.assert_works(1, "without", 7)

    def test_what_can_do_without_does_where_it_is_missing(self):
        self.assertIn("needs 1.0, was built with 1.1", self.assert_works(0, "optional", 7))
        self.assert_works(1, "optional", 1)

    def test_what_calls_something_new_asks_for_its_minor(self):
        self.assertEqual(call(self.hosts[0], self.probes["required"]),
                         (0, "needs 1.1, was built with 1.1\nrefused\n"))
        self.assert_works(1, "required", 1)

    def test_what_is_built_today_works_in_a_later_host(self):
        self.assertIn("needs 1.0, was built with 1.0", self.assert_works(1, "today", 7))
        self.assert_works(0, "today", 7)

    def test_the_old_host_would_notice_a_plugin_that_takes_more_than_there_is(self):
        careless = self.folder / "careless.so"
        source = (HERE / "probe.cpp").read_text(encoding="utf-8").replace("ATL_HAS(atl_core, detail::core, late)", "true")
        (self.folder / "careless.cpp").write_text(source, encoding="utf-8")
        compiled(*CXX, *PLUGIN, "-DUSES=1", "-I", self.future, self.folder / "careless.cpp", "-o", careless)
        status, _ = call(self.hosts[0], careless)
        self.assertEqual(status, -11)

    def test_a_source_in_c_sees_the_oldest_minor_unless_it_asks_for_more(self):
        built = self.folder / "c.so"
        words = [*C, *PLUGIN, "-I", self.future, HERE / "probe.c", "-o", built]
        status, said = call(*words, "-DUSES")
        self.assertNotEqual(status, 0)
        self.assertIn("no member named 'late'", said.replace("‘", "'").replace("’", "'"))
        compiled(*words)
        self.assertEqual(call(self.hosts[0], built), (0, "needs 1.0, was built with 1.1\n"))
        compiled(*words, "-DUSES", "-DATL_ABI_TARGET=1")
        self.assertEqual(call(self.hosts[0], built), (0, "needs 1.1, was built with 1.1\nrefused\n"))
        self.assertEqual(call(self.hosts[1], built), (0, "needs 1.1, was built with 1.1\n"))

    # ---- Today's program

    def atelier(self, plugins, *words):
        environment = {**os.environ, "ATELIER_PLUGIN_PATH": str(plugins)}
        done = subprocess.run([os.environ["ATELIER"], *map(str, words)], cwd=plugins, env=environment, text=True,
                              capture_output=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def test_the_program_loads_what_calls_nothing_new(self):
        for name in ("without", "optional"):
            status, said = self.atelier(self.probes[name].parent, "plugins", "probe")
            self.assertEqual(status, 0, said)
            self.assertIn("One number in every pixel.", said)

    def test_the_program_refuses_what_needs_more_with_both_versions(self):
        _, said = self.atelier(self.probes["required"].parent, "plugins")
        said = " ".join(said.split())
        self.assertIn("needs the contract 1.1", said)
        self.assertIn("speaks 1.0", said)

    def trained(self, include):
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        compiled(*CXX, *PLUGIN, "-fno-exceptions", "-I", include, ROOT / "tests/abi/plugins/quiet.cpp", "-o",
                 folder / "quiet.so")
        (folder / "quiet.toml").write_text(EXPERIMENT, encoding="utf-8")
        status, said = self.atelier(folder, "run", "quiet.toml")
        self.assertEqual(status, 0, said)
        status, said = self.atelier(folder, "show", "quiet", "--json")
        self.assertEqual(status, 0, said)
        return json.loads(said)["metrics"]

    def test_the_program_trains_what_was_built_with_larger_structs_to_equal_bits(self):
        self.assertEqual(self.trained(self.future), self.trained(TODAY))


if __name__ == "__main__":
    unittest.main()
