#!/usr/bin/python3
"""The examples that are installed: a loss in C, and the sources of our own plugins."""

import json
import platform
import re
import shutil
import unittest

from outside import PREFIX, OutsideTest

EXAMPLES = PREFIX / "share" / "atelier" / "examples"

TRAINS = """name = "trains"
[dataset]
use = "shapes"
size = 8
count = 640
[model]
use = "vae"
hidden = [32]
latent = 2
[loss.reconstruction]
use = "charbonnier"
[optimizer]
use = "adam"
learning_rate = 3e-3
[train]
steps = 100
[log]
every = 1
"""


class Examples(OutsideTest):
    def build(self, example, *options):
        self.call("cmake", "-S", example, "-B", "build", f"-DCMAKE_PREFIX_PATH={PREFIX}", *options)
        self.call("cmake", "--build", "build")

    def test_a_loss_in_c(self):
        source = EXAMPLES / "c-loss" / "charbonnier.c"
        self.assertLess(len(source.read_text(encoding="utf-8").splitlines()), 100)
        self.build(source.parent)
        self.assertIn("-std=c11", (self.folder / "build" / "compile_commands.json").read_text(encoding="utf-8"))
        self.assert_built_from_the_prefix(self.folder / "build")
        (self.folder / "trains.toml").write_text(TRAINS, encoding="utf-8")
        self.atelier("run", "trains.toml", "--plugin-path", "build")
        self.assert_trained(self.folder, "trains")

        squared = self.first_reconstruction("loss.reconstruction.use=mse")
        charbonnier = self.first_reconstruction("loss.reconstruction.epsilon=1.0")
        self.assertLess(charbonnier, 0.5 * squared)  # as sqrt(d^2 + 1) - 1 is for differences up to 1
        self.assertGreater(charbonnier, 0.41 * squared)

    def first_reconstruction(self, change):
        log = self.atelier("run", "trains.toml", "--plugin-path", "build", "train.steps=1", change).splitlines()[0]
        return json.loads(self.atelier("show", log, "--json"))["metrics"]["train"]["reconstruction"]["value"][0]

    def test_sources_of_ours(self):
        self.build(EXAMPLES / "plugins", "-DATELIER_EXAMPLES=optimizers/adam;metrics/generated")
        self.assert_built_from_the_prefix(self.folder / "build")
        self.assertTrue((self.folder / "build" / "optimizers" / "adam" / "adam.so").exists())
        self.assertTrue((EXAMPLES / "plugins" / "models" / "vae" / "vae.cpp").exists())

    def test_what_there_is_to_read(self):
        for document in ("plugins.md", "experiments.md", "architecture.md", "pictures/rooms.svg"):
            self.assertTrue((PREFIX / "share" / "doc" / "atelier" / document).exists(), document)


class Vectorized(OutsideTest):
    """ATELIER_VECTORIZED does what its comment says, in a project that chooses no build type: the loop is there for each
    set of instructions, in vectors of its own width."""

    def widest_registers(self, compiler):
        self.atelier("new", "optimizer", "own")
        folder = self.folder / "own"
        self.call("cmake", "-B", "build", f"-DCMAKE_PREFIX_PATH={PREFIX}", folder=folder, CXX=compiler)
        self.call("cmake", "--build", "build", folder=folder)
        code = self.call("objdump", "--disassemble", "--no-show-raw-insn", folder / "build" / "own.so")
        widest = {}
        for function in code.split("\n\n"):
            name = re.search(r"<.*descend.*\.(default|avx2|avx512f|arch_x86_64_v[34])(\.\d)?>:", function)
            if name:
                widest[name[1]] = max(re.findall(r"%([xyz])mm", function))
        return widest

    @unittest.skipUnless(platform.machine() == "x86_64", "instruction sets of x86-64")
    def test_gcc(self):
        self.assertEqual(self.widest_registers("g++"), {"default": "x", "arch_x86_64_v3": "y", "arch_x86_64_v4": "z"})

    @unittest.skipUnless(platform.machine() == "x86_64" and shutil.which("clang++"), "needs clang++")
    def test_clang(self):
        self.assertEqual(self.widest_registers("clang++"), {"default": "x", "avx2": "y", "avx512f": "z"})


if __name__ == "__main__":
    unittest.main()
