#!/usr/bin/python3
"""new_test.py KIND: what `atelier new` makes is built, tested and trained with by the commands in its README."""

import json
import re
import sys
import unittest

from outside import PREFIX, REPOSITORY, OutsideTest

sys.path.insert(0, str(REPOSITORY / "tests" / "readme"))
from blocks import blocks, commands  # noqa: E402

KIND = sys.argv.pop()
MOST_LINES = {"model": 60, "loss": 30, "optimizer": 30, "dataset": 60, "metric": 60}


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


if __name__ == "__main__":
    unittest.main()
