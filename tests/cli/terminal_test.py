"""What comes from outside never acts on the terminal."""

import os
import re
import unittest

from atelier_test import PROGRAM, TINY, AtelierTest

# Sets the title, clears the screen, is red, goes back; one control character of C1, and text from right to left.
EVIL = "\x1b]0;evil\x07\x1b[2J\x1b[31mred\r\x7f\x9b1m\u202eabc"
EVIL_TOML = EVIL.replace("\x1b", r"\u001b").replace("\x07", r"\u0007").replace("\r", r"\r").replace(
    "\x7f", r"\u007f").replace("\x9b", r"\u009b").replace("\u202e", r"\u202e")
SHOWN = "␛]0;evil␇␛[2J␛[31mred␍␡�1m�abc"


class Terminal(AtelierTest):
    def said_on_terminal(self, *words, columns=200):
        return self.on_terminal(*words, columns=columns)[1]

    def assert_clean(self, text):
        own = re.sub(r"\x1b\[\d*m|\r|\x1b\[K", "", text)  # emphasis, and the line that is redrawn
        self.assertNotRegex(own, "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]")

    def test_texts_of_an_experiment(self):
        tags = f'tags=["{EVIL_TOML}"]'
        text = self.said_on_terminal("run", "tiny.toml", tags)
        self.assert_clean(text)
        for words in (["show", "tiny"], ["ls"], ["compare", "tiny"], ["check", "tiny.toml", tags]):
            self.assert_clean(self.said_on_terminal(*words))
            self.assert_clean(self.output(*words))
        self.assertIn("tags       " + SHOWN, self.said_on_terminal("show", "tiny"))
        self.assertIn("\x1b[32mfinished\x1b[0m", self.said_on_terminal("ls"))

    def test_json_is_exact(self):
        self.train(f'tags=["{EVIL_TOML}"]')
        text = self.output("show", "tiny", "--json")
        self.assert_clean(text)
        self.assertEqual(self.json("show", "tiny")["tags"], [EVIL])
        self.assertEqual(self.json("ls")[0]["tags"], [EVIL])

    def test_names_of_files(self):
        name = "a\natelier: error: b\x1b[2J.h5"
        self.assert_error(["show", "a\natelier: error: b\x1bc.h5"], "a␊atelier: error: b␛c.h5: no such file")
        os.rename(self.path(self.train()), self.path(name))
        shown = self.output("show", name)
        self.assertIn("path       a␊atelier: error: b␛[2J.h5\n", shown)
        self.assertEqual(self.output("ls", name).count("\n"), 2)
        self.write("broken\n.h5", "no log\n")
        self.assertIn("broken: broken␊.h5: cannot be read: it is not an HDF5 file\n", self.output("ls", "broken\n.h5"))
        done = self.run_atelier("sample", name, "-o", "a\n.png")
        self.assertEqual(done.stderr.count("\n"), 1)

    def test_words_of_the_command_line(self):
        drawn = 'use = "shapes"\nsize = 8\ncount = 64\ntest_count = 32'
        read = 'use = "image-folder"\nsize = 8\ndirectory = "a\\nb\\u001b[2J"'
        self.write("pictures.toml", TINY.replace(drawn, read))
        for words in (["fro\nb"], ["show", "--fro\x1bb"], ["ls", "a\nb"], ["check", "a\nb.toml"],
                      ["check", "tiny.toml", "train.st\neps=1"], ["check", "tiny.toml", "start.from=a\nb"],
                      ["check", "pictures.toml"],
                      ["run", "tiny.toml", "--out", "/proc/a\nb"], ["plugins", "a\nb"], ["plugins", "--plugin-path", "a\nb"]):
            done = self.run_atelier(*words, code=2)
            self.assert_clean(done.stderr)
            self.assertFalse([line for line in done.stderr.splitlines() if not line.startswith("atelier: ")], done.stderr)
            self.assertEqual(done.stderr.count("error: "), 1, done.stderr)

    def test_help_is_wrapped(self):
        whole = {}
        verbs = ["run", "check", "resume", "ls", "show", "compare", "sample", "evaluate", "plugins", "schema", "help"]
        for words in [["help"], *(["help", verb] for verb in verbs), ["plugins", "vae"], ["plugins", "shapes"], ["plugins"]]:
            for columns in (200, 80) if words == ["plugins"] else (200, 80, 40):  # kind and name alone take 37
                text = re.sub(r"\x1b\[\d*m", "", self.said_on_terminal(*words, columns=columns))
                self.assertNotIn("…", text)
                lines = [line for line in text.splitlines() if not line.startswith("path ")]
                self.assertFalse([line for line in lines if len(line) > columns], words)
                if words[0] == "help":
                    whole.setdefault(tuple(words), text.split())
                    self.assertEqual(text.split(), whole[tuple(words)])


if __name__ == "__main__":
    unittest.main()
