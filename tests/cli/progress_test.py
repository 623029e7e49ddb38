"""What a run shows on a terminal."""

import re
import subprocess
import time
import unittest

from atelier_test import LONG, AtelierTest


class Progress(AtelierTest):
    def messages(self, *words, columns=70, **environment):
        """What a run writes to a terminal, and the seconds it took."""
        began = time.monotonic()
        code, text = self.on_terminal("run", "tiny.toml", *words, columns=columns, stdout=subprocess.DEVNULL, **environment)
        self.assertEqual(code, 0)
        return text, time.monotonic() - began

    def test_one_line_is_redrawn(self):
        text, seconds = self.messages(*LONG)
        bars = re.findall(r"\r(\[[^\r\n]*)\x1b\[K", text)
        self.assertGreaterEqual(len(bars), 2)
        self.assertLessEqual(len(bars), 10 * seconds + 1)  # at most ten times a second
        for bar in bars:
            self.assertLess(len(bar), 70)
            self.assertRegex(bar, r"^\[#*-*\] epoch [\d.]+/12000  loss [\d.]+  .*\d:\d\d left$")
        lines = text.split("\n")
        self.assertEqual(len(lines), 3, lines)  # the start, the evaluation, and nothing after
        self.assertIn("\r\x1b[Kevaluation at step 48000", lines[1])  # in the place of the bar

    def test_a_wide_line_ends_in_the_time_left(self):
        text, _ = self.messages(*LONG, columns=200)
        self.assertRegex(text, r"samples/s  \d+:\d\d left\x1b\[K")

    def test_colour(self):
        self.assertIn("\x1b[32m  * best\x1b[0m", self.messages()[0])

    def test_no_color(self):
        text = self.messages(NO_COLOR="1")[0]
        self.assertIn("  * best", text)
        self.assertNotRegex(text, r"\x1b\[\d*m")

    def test_a_terminal_that_cannot_redraw(self):
        self.assertNotIn("\x1b", self.messages(TERM="dumb")[0])


if __name__ == "__main__":
    unittest.main()
