import os
import pty
import subprocess
import unittest

from atelier_test import ENDLESS, PROGRAM, AtelierTest


class Rm(AtelierTest):
    def ask(self, answer, *words):
        """What the program writes to a terminal on which this is the answer, and its exit code."""
        leader, follower = pty.openpty()
        process = subprocess.Popen([PROGRAM, "rm", *words], cwd=self.folder, stdin=follower, stdout=follower,
                                   stderr=follower, env=self.environment(TERM="xterm"))
        os.close(follower)
        os.write(leader, answer.encode())
        received = b""
        while True:
            try:
                part = os.read(leader, 65536)
            except OSError:  # the last writer is gone
                break
            if not part:
                break
            received += part
        os.close(leader)
        return process.wait(), received.decode()

    def files(self):
        return sorted(os.path.join(folder, file) for folder, _, files in os.walk(self.path("runs")) for file in files)

    def test_with_all_that_stands_beside_it(self):
        logs = [self.train(f"seed={seed}") for seed in (1, 2)]
        for ending in (".journal", ".new", ".slim", ".png"):
            self.write(logs[0] + ending, "")
        self.assertEqual(self.output("rm", "--yes", logs[0]), f"removed {logs[0]}\n")
        self.assertEqual(self.files(), [self.path(logs[0] + ".png"), self.path(logs[1])])
        self.output("rm", "-y", "tiny")
        self.assertTrue(os.path.isdir(self.path("runs/tiny")))  # something of the user's is in it
        self.output("run", "tiny.toml", "name=other")
        self.output("rm", "-y", "other")
        self.assertFalse(os.path.exists(self.path("runs/other")))

    def test_asks_on_a_terminal(self):
        log = self.train()
        size = os.path.getsize(self.path(log))
        for answer in ("n\n", "\n", "\x04"):
            code, text = self.ask(answer, "tiny")
            self.assertEqual(code, 0)
            self.assertIn(f"remove this log, {size / 1000:.1f} KB? [y/N]", text)
            self.assertRegex(text, rf"tiny +[0-9a-f]+ +finished +\S+Z +12 +{size / 1000:.1f} KB\r\n")
            self.assertIn(log, text)
            self.assertIn("nothing is removed", text)
        self.assertEqual(self.files(), [self.path(log)])
        code, text = self.ask("y\n", "tiny")
        self.assertEqual((code, self.files()), (0, []))

    def test_without_a_terminal(self):
        log = self.train()
        done = self.run_atelier("rm", log, code=2)
        self.assertIn("atelier: error: nothing is done without being asked, and there is no terminal to ask on; "
                      "hint: --yes\n", done.stderr)
        self.assertEqual(self.files(), [self.path(log)])

    def test_what_is_written_stays_and_all_others_with_it(self):
        finished = self.train("seed=1")
        process, log = self.start("seed=2", *ENDLESS)
        done = self.run_atelier("rm", "--yes", finished, log, code=2)
        self.assertRegex(done.stderr, rf"^atelier: error: {log}: is being written by process {process.pid} on ")
        self.assertIn(self.path(finished), self.files())
        self.end(process)
        self.output("rm", "--yes", finished, log)
        self.assertEqual(self.files(), [])

    def test_several_by_a_pattern_and_broken_ones(self):
        for seed in (1, 2, 3):
            self.train(f"seed={seed}")
        self.write("runs/tiny/broken.h5", "no log\n")
        paths = self.output("ls", "seed > 1", "--paths").split()
        self.assertEqual(len(paths), 2)
        self.output("rm", "--yes", *paths)
        self.assertEqual([run["status"] for run in self.json("ls")], ["broken", "finished"])
        self.output("rm", "--yes", "runs/tiny/broken.h5")
        self.assertEqual([run["seed"] for run in self.json("ls")], [1])
        self.assert_error(["rm", "--yes", "none"],
                          "'none': expected a log, a folder with logs, or in 'runs' an experiment or a run's id")

    def test_what_others_used_is_said(self):
        log = self.train()
        with open(self.path("tiny.toml"), encoding="utf-8") as file:
            self.write("next.toml", file.read().replace('"tiny"', '"next"') + '[start]\nfrom = "tiny"\n')
        self.output("run", "next.toml")
        code, text = self.ask("y\n", log)
        self.assertEqual(code, 0)
        self.assertIn("1 other run used the weights of these; its log has a copy of them", text)
        self.output("sample", "next", "-o", "a.png")


if __name__ == "__main__":
    unittest.main()
