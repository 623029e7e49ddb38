"""An author outside this tree: a folder of their own, and the prefix in ATELIER_PREFIX that Atelier is installed in."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

PREFIX = Path(os.environ["ATELIER_PREFIX"])
REPOSITORY = Path(__file__).resolve().parent.parent.parent


class OutsideTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def call(self, *words, folder=None, **environment):
        """What a command prints that has to go well."""
        kept = {key: value for key, value in os.environ.items()
                if not key.startswith(("ATELIER", "CMAKE")) and key not in ("CXXFLAGS", "CFLAGS")}
        done = subprocess.run([str(word) for word in words], cwd=folder or self.folder, capture_output=True, text=True,
                              env={**kept, "CMAKE_EXPORT_COMPILE_COMMANDS": "1", **environment}, check=False)
        self.assertEqual(done.returncode, 0, f"{words}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def atelier(self, *words, folder=None):
        return self.call(PREFIX / "bin" / "atelier", *words, folder=folder)

    def assert_trained(self, folder, name):
        """The newest run of an experiment is finished, and its loss has fallen."""
        run = json.loads(self.atelier("show", name, "--json", folder=folder))
        self.assertEqual(run["status"], "finished")
        loss = run["metrics"]["train"]["loss"]["value"]
        self.assertLess(sum(loss[-5:]), sum(loss[:5]))

    def assert_built_from_the_prefix(self, build):
        """No header but those of the prefix, the compiler, and the system was found."""
        for command in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
            words = command["command"].split()
            folders = [words[i + 1] if word == "-isystem" else word[2:] for i, word in enumerate(words)
                       if word == "-isystem" or word.startswith("-I")]
            self.assertEqual(folders, [str(PREFIX / "include")])
