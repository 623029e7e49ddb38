import unittest

from atelier_test import AtelierTest


class Note(AtelierTest):
    def test_appended_with_their_times(self):
        log = self.train()
        self.assertEqual(self.output("note", log), "")
        self.assertRegex(self.output("note", log, "the first"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  the first\n$")
        lines = self.output("note", "tiny", "größer,\nof two lines").splitlines()
        self.assertEqual([line.split("  ")[1] for line in lines], ["the first", "größer,␊of two lines"])
        notes = self.json("show", log)["notes"]
        self.assertEqual([note["text"] for note in notes], ["the first", "größer,\nof two lines"])
        self.assertLess(notes[0]["utc"], notes[1]["utc"])
        self.assertRegex(self.output("show", log), r"(?m)^note +\S+Z  the first$")
        self.assertRegex(self.output("compare", log), r"(?m)^note of [0-9a-f]{8}, \S+Z: the first$")
        self.assertEqual(len(self.json("ls", "notes contains first")), 1)
        self.assertEqual(len(self.json("ls", "notes contains second")), 0)
        self.assertIn("the first", self.output("ls"))

    def test_what_is_no_note(self):
        log = self.train()
        self.assert_error(["note", log, " \n"], "the note is empty")
        self.assert_error(["note", log, "x" * 10001], "the note has 10001 bytes, expected at most 10000")
        self.assertEqual(self.json("show", log)["notes"], [])


if __name__ == "__main__":
    unittest.main()
