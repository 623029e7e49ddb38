#!/usr/bin/python3
"""new_test.py KIND: what `atelier new` makes is built, tested and trained with by the commands in its README."""

import json
import os
import re
import sys
import unittest

from outside import PREFIX, REPOSITORY, OutsideTest

sys.path.insert(0, str(REPOSITORY / "tests" / "readme"))
from blocks import blocks, commands  # noqa: E402

KIND = sys.argv.pop()
MOST_LINES = {"model": 60, "loss": 30, "optimizer": 30, "dataset": 60, "metric": 60}


def seconds(start, end):
    return (end.children_user + end.children_system) - (start.children_user + start.children_system)


class New(OutsideTest):
    def test_its_readme(self):
        name = f"own-{KIND}"
        self.atelier("new", KIND, name)
        folder = self.folder / name
        source = (folder / f"{name}.cpp").read_text(encoding="utf-8")
        self.assertLessEqual(len(source.splitlines()), MOST_LINES[KIND])
        for file in folder.iterdir():
            self.assertNotRegex(file.read_text(encoding="utf-8"), "my-plugin|MyPlugin|my-kind|/my/prefix", file.name)

        readme = (folder / "README.md").read_text(encoding="utf-8")
        for path in re.findall(rf"{re.escape(str(PREFIX))}[^\s`)]*", readme):
            if "docs" not in path:
                self.assertTrue((PREFIX / path).exists(), path)
        for command in (command for block in blocks(readme) if block.kind == "sh" for command in commands(block.text)):
            self.call("bash", "-c", command, folder=folder)

        self.assert_built_from_the_prefix(folder / "build")
        self.assert_trained(folder, name)
        said = json.loads(self.atelier("plugins", name, "--json", "--plugin-path", folder / "build"))
        self.assertEqual([(one["kind"], one["plugin"], one["version"]) for one in said], [(KIND, name, "0.1.0")])

    @unittest.skipUnless(KIND == "model", "once is enough")
    def test_the_first_step_comes_soon(self):
        """In processor seconds, as other tests may run beside this one, and they make it slower."""
        start = os.times()
        self.atelier("new", KIND, "own")
        folder = self.folder / "own"
        self.call("cmake", "-B", "build", f"-DCMAKE_PREFIX_PATH={PREFIX}", folder=folder)
        before = os.times()
        self.call("cmake", "--build", "build", folder=folder)
        compiling = seconds(before, os.times())
        self.atelier("run", "own.toml", "--plugin-path", "build", "train.steps=1", folder=folder)
        print(f"compiling {compiling:.2f} s, all {seconds(start, os.times()):.2f} s")
        self.assertLess(seconds(start, os.times()), 60)


if __name__ == "__main__":
    unittest.main()
