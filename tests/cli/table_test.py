"""The table of experiments/README.md, which experiments/table.py writes from logs."""

import os
import shutil
import subprocess
import unittest

from atelier_test import PROGRAM, TINY, AtelierTest

PYTHON = "/usr/bin/python3"  # that has h5py, which the script needs
SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../experiments/table.py")
ROWS = """[[row]]
experiment = "tiny"
system     = "the tiny one"
figures    = { loss = "loss {:.2f}" }

[[row]]
experiment = "tiny"
command    = "tiny model.latent=3"
system     = "the wider one"
figures    = { loss = "loss {:.2f}" }
"""
README = """# Rows
<!-- table -->
| system | `atelier run experiments/…` | training | measured | published | picture |
|---|---|---|---|---|---|
| the tiny one | [`tiny`](tiny.toml) | 1 s on 1 thread, 9 seeds | loss 9.87 | none |  |
| the wider one | [`tiny`](tiny.toml) `model.latent=3` | 1 s on 1 thread, 9 seeds | loss 9.87 | none |  |
<!-- end of the table -->
"""


class Table(AtelierTest):
    def setUp(self):
        super().setUp()
        os.mkdir(self.path("experiments"))
        shutil.copy(SCRIPT, self.path("experiments/table.py"))
        self.write("experiments/table.toml", "[figures]\n\n" + ROWS)
        self.write("experiments/tiny.toml", TINY)
        self.write("experiments/README.md", README)

    def table_after(self, *runs):
        for overrides in runs:
            self.run_atelier("run", "experiments/tiny.toml", *overrides)
        subprocess.run([PYTHON, "experiments/table.py", PROGRAM, "runs"], cwd=self.folder, check=True,
                       capture_output=True)
        with open(self.path("experiments/README.md"), encoding="utf-8") as file:
            return file.read()

    def test_rows_without_runs_stay(self):
        os.mkdir(self.path("runs"))
        self.assertEqual(self.table_after(), README)

    def test_a_run_with_other_settings_is_not_the_row_s(self):
        self.assertEqual(self.table_after(["train.epochs=1"]), README)

    def test_a_row_is_written_from_its_own_runs(self):
        lines = self.table_after(["seed=8"], ["model.latent=3"], []).splitlines()
        self.assertRegex(lines[4], r"^\| the tiny one \| .* on \d+ threads?, 2 seeds \| loss \d+\.\d\d \(")
        self.assertRegex(lines[5], r"^\| the wider one \| .* on \d+ threads?, 1 seed \| loss \d+\.\d\d \|")


if __name__ == "__main__":
    unittest.main()
