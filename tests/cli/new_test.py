import os
import shutil
import subprocess
import unittest

from atelier_test import AtelierTest

KINDS = ("model", "loss", "optimizer", "dataset", "metric")


class New(AtelierTest):
    def read(self, *parts):
        with open(self.path(os.path.join(*parts)), encoding="utf-8") as file:
            return file.read()

    def test_a_folder_for_each_kind(self):
        for kind in KINDS:
            lines = self.output("new", kind, f"my-{kind}").splitlines()
            files = [f"my-{kind}/{file}"
                     for file in ("CMakeLists.txt", "README.md", f"my-{kind}.cpp", f"my-{kind}.toml", "test.py")]
            self.assertEqual(lines[:5], files)
            self.assertEqual(sorted(os.listdir(self.path(f"my-{kind}"))), [file.split("/")[1] for file in files])
            for command in ("cmake --build build", f"cd my-{kind}"):
                self.assertIn(command, lines)

    def test_names_of_classes(self):
        for name, class_name in (("my-vae", "MyVae"), ("my_vae", "MyVae"), ("vae2d", "Vae2d"), ("MyVAE", "MyVAE"),
                                 ("a--b", "AB"), ("my-kind", "MyKind"), ("MyPlugin", "MyPlugin")):
            self.output("new", "model", name)
            source = self.read(name, f"{name}.cpp")
            self.assertIn(f'ATELIER_MODEL("{name}", {class_name})\n', source)
            self.assertIn(f"class {class_name} final : public Model {{\n", source)

    def test_a_name_that_the_sdk_has_for_a_class_of_its_own(self):
        for name in ("tensor", "model", "mlp"):
            self.output("new", "model", name)
            self.assertIn(f"class {name.capitalize()}Model final", self.read(name, f"{name}.cpp"))

    def test_another_folder(self):
        self.output("new", "loss", "mine", "--out", "deep/er")
        self.assertIn('ATELIER_LOSS("mine", Mine)', self.read("deep/er/mine/mine.cpp"))

    def test_what_exists_is_left_alone(self):
        for name in ("here", "file", "link"):
            done = "exists already; hint: take another name, or another folder with --out"
            if name == "here":
                os.mkdir(self.path(name))
            elif name == "file":
                self.write(name, "kept")
            else:
                os.symlink("nowhere", self.path(name))
            self.assert_error(["new", "model", name], f"{name}: {done}")
        self.assertEqual(os.listdir(self.path("here")), [])
        self.assertEqual(self.read("file"), "kept")

    def test_wrong_kinds_and_names(self):
        kinds = "model, loss, optimizer, dataset or metric"
        self.assert_error(["new", "modle", "mine"],
                          f"atelier new: got 'modle', expected {kinds}; did you mean 'model'?")
        self.assert_error(["new", "model"], "atelier new: got too few arguments, expected: atelier new KIND NAME")
        self.assert_error(["new", "model", "../mine"],
                          "atelier new: '../mine' has a '.' in its name, expected letters, digits, '_' and '-'")
        expected = "expected a letter from a to z, then letters, digits, '_' and '-'"
        for name in ("3d", "_vae", "größe"):
            self.assert_error(["new", "model", name], f"atelier new: '{name}' makes no name of a class, {expected}")
        self.assert_error(["new", "model", "test"],
                          "atelier new: 'test' is a name that CMake keeps for itself; hint: 'my-test'")
        self.assertEqual(os.listdir(self.folder), ["tiny.toml"])

    def test_a_component_that_there_is(self):
        done = self.run_atelier("new", "optimizer", "adam", code=2)
        self.assertRegex(done.stderr, r"there is already the optimizer 'adam', in .*adam\.so; hint: take another name\n$")
        self.output("new", "model", "adam")

    def test_a_folder_that_cannot_be_made(self):
        self.assert_error(["new", "model", "mine", "--out", "tiny.toml"],
                          "tiny.toml/mine: cannot be made: Not a directory")

    def test_a_program_without_templates(self):
        """A copy of the program finds its templates from where it lies."""
        os.makedirs(self.path("bin"))
        shutil.copy(os.environ["ATELIER"], self.path("bin/atelier"))
        done = subprocess.run([self.path("bin/atelier"), "new", "model", "mine"], cwd=self.folder, capture_output=True,
                              text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn(f"{self.folder}/share/atelier/templates/common: there is no such folder", done.stderr)
        self.assertFalse(os.path.exists(self.path("mine")))

    def test_a_build_of_atelier_is_enough(self):
        """Its folder is as a prefix where it is installed, and the README says it."""
        self.output("new", "metric", "own")
        prefix = os.path.dirname(os.path.dirname(os.path.realpath(os.environ["ATELIER"])))
        command = f"cmake -B build -DCMAKE_PREFIX_PATH={prefix}"
        self.assertIn(command, self.read("own", "README.md"))
        for words in (command.split(), ["cmake", "--build", "build"]):
            subprocess.run(words, cwd=self.path("own"), check=True, stdout=subprocess.DEVNULL)
        self.assertIn("metric 'own'", self.output("plugins", "own", "--plugin-path", "own/build"))


if __name__ == "__main__":
    unittest.main()
