import subprocess
import unittest

from atelier_test import PROGRAM, AtelierTest

VERBS = ["run", "check", "resume", "repair", "verify", "replay", "diff", "ls", "show", "compare", "report", "serve", "sample", "evaluate", "export", "tag",
         "note", "slim", "rm", "plugins", "new", "slurm", "schema", "help"]


class Help(AtelierTest):
    def test_overview_names_every_verb(self):
        text = self.output("help")
        for verb in VERBS:
            self.assertRegex(text, rf"(?m)^  {verb}\b")
        self.assertEqual(text, self.output("--help"))

    def test_every_verb_explains_itself(self):
        for verb in VERBS:
            text = self.output("help", verb)
            self.assertTrue(text.startswith(f"usage: atelier {verb}"), text)
            self.assertIn("--plugin-path", text)
            self.assertEqual(text, self.output(verb, "--help"))

    def test_version(self):
        self.assertRegex(self.output("--version"), r"^atelier \d+\.\d+\.\d+\n$")

    def test_no_verb(self):
        self.assert_error([], "got no verb; see 'atelier help'")

    def test_unknown_verb(self):
        verbs = ", ".join(VERBS[:-1]) + " or help"
        self.assert_error(["shwo"], f"unknown verb 'shwo', expected {verbs}; did you mean 'show'?")
        self.assert_error(["frobnicate"], f"unknown verb 'frobnicate', expected {verbs}")

    def test_unknown_option(self):
        self.assert_error(["run", "tiny.toml", "--thread", "2"],
                          "atelier run: unknown option '--thread'; did you mean '--threads'?; see 'atelier help run'")
        self.assert_error(["ls", "--frobnicate"], "atelier ls: unknown option '--frobnicate'; see 'atelier help ls'")
        self.assert_error(["--frobnicate", "ls"], "unknown option '--frobnicate' before the verb; see 'atelier help'")

    def test_option_values(self):
        self.assert_error(["run", "tiny.toml", "--threads", "two"],
                          "--threads: got 'two', expected an integer of at least 1 and at most 4096")
        self.assert_error(["run", "tiny.toml", "--threads", "0"],
                          "--threads: got '0', expected an integer of at least 1 and at most 4096")
        self.assert_error(["run", "tiny.toml", "--out", "a", "--out", "b"],
                          "atelier run: --out is given 2 times, expected once")

    def test_too_few_and_too_many_words(self):
        self.assert_error(["show"], "atelier show: got no argument, expected: atelier show LOG")
        self.assert_error(["show", "a", "b"], "atelier show: unexpected argument 'b', expected: atelier show LOG")

    def test_output_that_cannot_be_written(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([PROGRAM, "help"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr,
                         "atelier: error: standard output: cannot be written: No space left on device\n")


if __name__ == "__main__":
    unittest.main()
