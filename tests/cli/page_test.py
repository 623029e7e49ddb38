"""The report and the server's page in a headless Chromium, where one and playwright-core are there: ATELIER_PLAYWRIGHT is its folder.
With ATELIER_SCREENSHOTS a folder gets pictures of what was seen."""

import json
import os
import shutil
import subprocess
import sys
import unittest

from atelier_test import ENDLESS, PROGRAM, TINY, AtelierTest

PLAYWRIGHT = os.environ.get("ATELIER_PLAYWRIGHT", "")
CHROMIUM = shutil.which("chromium") or ""
NODE = shutil.which("node") or ""
SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "browser")
SCREENSHOTS = os.environ.get("ATELIER_SCREENSHOTS", "")


class Page(AtelierTest):
    def look(self, script, *words):
        done = subprocess.run([NODE, os.path.join(SCRIPTS, script), PLAYWRIGHT, CHROMIUM, *words, SCREENSHOTS],
                              capture_output=True, text=True, timeout=560, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def look_at_report(self, *logs, **expected):
        self.output("report", *logs, "-o", "page.html")
        self.write("expected.json", json.dumps(expected))
        self.look("page.mjs", self.path("page.html"), self.path("expected.json"))

    def test_runs_of_several_kinds(self):
        name = "</script><script>alert(1)</script>"
        self.write("odd.toml", TINY.replace("seed = 7", f"seed = 7\ntags = ['{name}', '<img src=x onerror=alert(2)>']"))
        logs = [self.train("seed=1"), self.train("seed=2"), self.train("model.latent=3", "sample.every=2"),
                self.output("run", "odd.toml", "sample.every=0.5").splitlines()[0]]
        runs = [{"id": run["run"], "name": run["name"]} for run in self.json("compare", *logs)["runs"]]
        self.look_at_report(*logs, runs=runs, with_pictures=4, other_cadences=True, other_settings=True,
                            metrics=["test/loss", "train/loss", "train/samples_per_second"])

    def test_live(self):
        self.train()
        self.start(*ENDLESS)
        server = subprocess.Popen([PROGRAM, "serve", "--port", "0"], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  text=True, env=self.environment())
        self.addCleanup(self.end, server)
        self.look("live.mjs", server.stdout.readline().strip())


if __name__ == "__main__":
    if not (PLAYWRIGHT and os.path.isdir(PLAYWRIGHT) and CHROMIUM and NODE):
        print("left out: needs chromium, node and playwright-core (./bootstrap test --all)")
        sys.exit(77)
    unittest.main()
