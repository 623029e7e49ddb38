"""What is no image (text, signals, rows of tables) from an experiment to what people look at.

Rows of tables are those of the plugin in the folder that ATELIER_KINDS names.
"""

import csv
import io
import json
import os
import re
import struct
import subprocess
import unittest
import wave

from atelier_test import AtelierTest
from experiments import REST, SIGNALS, TEXT

KINDS = os.environ["ATELIER_KINDS"]
READER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "read_log.py")

ROWS = """name = "rows"
seed = 7
[dataset]
use = "kinds"
[model]
use = "kind-maker"
like = "person"
""" + REST


class Kinds(AtelierTest):
    def setUp(self):
        super().setUp()
        self.write("text.txt", "ene mene muh, größer\n" * 30)
        for name, text in (("text", TEXT), ("signals", SIGNALS), ("rows", ROWS)):
            self.write(f"{name}.toml", text)

    def environment(self, **changes):
        return super().environment(ATELIER_PLUGIN_PATH=KINDS, **changes)

    def train(self, name, *words):
        return self.output("run", f"{name}.toml", *words).splitlines()[0]

    def content(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def rows(self, name):
        return list(csv.reader(io.StringIO(self.content(name).decode())))

    def png_size(self, name):
        png = self.content(name)
        self.assertEqual(png[:8], b"\x89PNG\r\n\x1a\n")
        return struct.unpack(">II", png[16:24])

    def refused(self, log, *words):
        return self.run_atelier("sample", log, *words, code=2).stderr


class Text(Kinds):
    def test_one_text_is_printed_or_written_as_it_is(self):
        log = self.train("text")
        self.run_atelier("sample", log, "-o", "a.txt")
        text = self.content("a.txt").decode()
        self.assertEqual(len(text), 25)
        self.assertLessEqual(set(text), set("ene mene muh, größer\n"))
        self.assertEqual(self.output("sample", log), text if text.endswith("\n") else text + "\n")

    def test_several_are_told_apart_and_the_seed_decides(self):
        log = self.train("text")
        self.run_atelier("sample", log, "-o", "a.txt", "-n", "3", "--seed", "4")
        parts = re.split(r"--- sample (\d) ---\n", self.content("a.txt").decode())
        self.assertEqual((parts[0], parts[1::2]), ("", ["0", "1", "2"]))
        self.assertEqual(len(set(parts[2::2])), 3)
        self.assertEqual(self.output("sample", log, "-n", "3", "--seed", "4", "--threads", "1"), self.content("a.txt").decode())
        self.assertNotEqual(self.output("sample", log, "-n", "3", "--seed", "5"), self.content("a.txt").decode())

    def test_a_file_that_holds_no_text_is_refused(self):
        log = self.train("text")
        for file in ("a.png", "a.csv", "a.wav", "a.gif"):
            self.assertEqual(self.refused(log, "-o", file),
                             f"atelier: error: --output: got '{file}', expected a name that ends in .txt, or none at all, which "
                             "prints the text: what is like 'text' is of the kind 'tokens'\n")
            self.assertFalse(os.path.exists(self.path(file)))

    def test_show(self):
        log = self.train("text")
        text = self.output("show", log)
        self.assertIn("generated: 3 of the kind 'tokens' (25), 2 times, steps ", text)
        self.assertIn("; in the log: /samples/generated/text\n", text)
        self.assertRegex(text, r"(?m)^  data +text: tokens, int64 \(10\), 12 classes: ␊,  , ,, e, g, ")
        shown = self.json("show", log)
        made = shown["samples"]["generated"]
        self.assertEqual((made["kind"], made["field"], made["shape"], made["count"]), ("tokens", "text", [25], 3))
        self.assertEqual([len(one) for one in made["newest"]], [25, 25, 25])
        self.assertIn(f"\n  sample 0\n    {made['newest'][0].split(chr(10))[0]}", text)
        self.assertEqual(shown["data"]["text"]["kind"], "tokens")
        self.assertEqual(shown["provenance"]["classes"]["text"], sorted(set("ene mene muh, größer\n")))

    def test_bytes_of_no_text_reach_no_terminal(self):
        log = self.train("text", "dataset.tokens=bytes", "train.epochs=1", "model.sample_length=400")
        self.run_atelier("sample", log, "-o", "a.txt")
        self.assertEqual(len(self.content("a.txt")), 400)  # of nearly equal probabilities
        shown = self.output("sample", log)
        self.assertNotRegex(shown, r"[\x00-\x08\x0b-\x1f\x7f]")
        self.assertRegex(shown, "[␀-␟]")
        self.assertIn("�", self.json("show", log)["samples"]["generated"]["newest"][0])

    def test_a_text_means_what_it_did_when_it_was_learned(self):
        log = self.train("text")
        before = self.output("sample", log)
        content = self.content("text.txt").decode()
        self.write("text.txt", content.translate(str.maketrans("enmuhgröß", "abcdfijkl")))
        self.assertEqual(self.output("sample", log), before)
        wrong = self.run_atelier("evaluate", log, code=2).stderr
        self.assertIn("'text': the classes of this data are ", wrong)

    def test_a_text_that_was_changed_is_another_run(self):
        log = self.train("text")
        self.write("text.txt", "ene muh mene, größer\n" * 30)
        self.assertRegex(self.run_atelier("evaluate", log).stderr, "not what the run was made from: data sha256 was ")
        other = self.train("text")
        self.assertRegex(self.output("compare", log, other), r"(?m)^data sha256 +[0-9a-f]{12} +[0-9a-f]{12}")

    def test_runs_are_compared_and_measured(self):
        logs = [self.train("text", "seed=1"), self.train("text", "seed=2", "model.cell=gru")]
        text = self.output("compare", *logs)
        self.assertRegex(text, r"(?m)^model\.cell +lstm +gru$")
        compared = self.json("compare", *logs)
        self.assertIn("test/bits_per_character last", compared["runs"][0]["results"])
        measured = json.loads(self.output("evaluate", logs[0], "--json"))
        self.assertAlmostEqual(measured["metrics"]["bits_per_character"],
                               compared["runs"][0]["results"]["test/bits_per_character last"], places=5)


class Signals(Kinds):
    def test_csv(self):
        log = self.train("signals")
        self.run_atelier("sample", log, "-o", "a.csv", "-n", "3")
        heading, *rows = self.rows("a.csv")
        self.assertEqual(heading, ["sample", "time", "channel_1"])
        self.assertEqual([row[0] for row in rows], ["0"] * 16 + ["1"] * 16 + ["2"] * 16)
        self.assertEqual([float(row[1]) for row in rows[16:32]], [t / 8000 for t in range(16)])
        values = [float(row[2]) for row in rows]
        self.assertEqual(len({tuple(values[first : first + 16]) for first in (0, 16, 32)}), 3)
        self.run_atelier("sample", log, "-o", "b.csv", "-n", "3", "--threads", "1")
        self.assertEqual(self.content("b.csv"), self.content("a.csv"))
        self.run_atelier("sample", log, "-o", "b.csv", "-n", "3", "--seed", "1")
        self.assertNotEqual(self.content("b.csv"), self.content("a.csv"))

    def test_wav(self):
        for low, high in ((-1, 1), (0, 1)):
            log = self.train("signals", f"dataset.range=[{low}.0, {high}.0]")
            for file in ("a.csv", "a.wav"):
                self.run_atelier("sample", log, "-o", file, "-n", "3")
            with wave.open(self.path("a.wav"), "rb") as sound:
                self.assertEqual((sound.getnchannels(), sound.getsampwidth(), sound.getframerate(), sound.getnframes()),
                                 (1, 2, 8000, 48))
                loudness = struct.unpack("<48h", sound.readframes(48))
            for is_, row in zip(loudness, self.rows("a.csv")[1:]):
                wanted = (float(row[2]) - (low + high) / 2) / ((high - low) / 2) * 32767
                self.assertAlmostEqual(is_, max(-32767, min(32767, wanted)), delta=0.51)

    def test_pictures(self):
        log = self.train("signals")
        self.run_atelier("sample", log, "-o", "a.png", "-n", "5", "--columns", "5")
        width, height = self.png_size("a.png")
        self.run_atelier("sample", log, "-o", "one.png", "-n", "1")
        self.assertEqual((width, height), (5 * self.png_size("one.png")[0] + 4 * 2, self.png_size("one.png")[1]))

    def test_views(self):
        log = self.train("signals")
        self.run_atelier("sample", log, "-o", "a.csv", "--view", "reconstruction", "-n", "2")
        heading, *rows = self.rows("a.csv")
        self.assertEqual(heading, ["strip", "element", "time", "channel_1"])
        self.assertEqual([row[:2] for row in rows[::16]], [["0", "0"], ["0", "1"], ["1", "0"], ["1", "1"]])
        self.run_atelier("sample", log, "-o", "one.png", "-n", "1")
        self.run_atelier("sample", log, "-o", "a.png", "--view", "interpolation", "-n", "3")
        width, height = self.png_size("one.png")
        strip = self.png_size("a.png")
        self.assertEqual(strip[1], 3 * height + 2 * 2)
        self.assertEqual((strip[0] + 2) % (width + 2), 0)
        self.write("a.wav", "what is there is overwritten" * 100)
        self.run_atelier("sample", log, "-o", "a.wav", "--view", "reconstruction", "-n", "2")
        with wave.open(self.path("a.wav"), "rb") as sound:
            self.assertEqual(sound.getnframes(), 4 * 16)

    def test_a_file_that_holds_no_signal_is_refused(self):
        log = self.train("signals")
        for file in ("a.txt", "a.gif"):
            self.assertEqual(self.refused(log, "-o", file),
                             f"atelier: error: --output: got '{file}', expected a name that ends in .csv, .wav or .png: what is "
                             "like 'signal' is of the kind 'signal'\n")
        self.assertEqual(self.refused(log), "atelier: error: atelier sample: got no output file, expected: atelier sample LOG -o "
                         "FILE.csv, .wav or .png; what is like 'signal' is of the kind 'signal'\n")

    def test_show(self):
        log = self.train("signals")
        text = self.output("show", log)
        self.assertIn("generated: 3 of the kind 'signal' (1, 16), 2 times", text)
        self.assertRegex(text, r"(?m)^  channel +smallest +mean +largest\n  1 +")
        self.assertRegex(text, r"(?m)^  data +signal: signal, float32 \(1, 16\), -1 to 1, 8000 values a second$")
        self.assertRegex(text, r"(?m)^  data +label: numbers, int64 \(\), 3 classes: tone, chirp, ping$")
        made = self.json("show", log)["samples"]["generated"]
        self.assertEqual((made["kind"], made["shape"], made["dataset"]), ("signal", [1, 16], "/samples/generated/values"))
        channel, = made["newest"]
        self.assertTrue(channel["smallest"] < channel["mean"] < channel["largest"])


class Rows(Kinds):
    def test_csv(self):
        log = self.train("rows")
        self.run_atelier("sample", log, "-o", "a.csv", "-n", "5")
        heading, *rows = self.rows("a.csv")
        self.assertEqual(heading, ["height", "shoe size"])
        self.assertEqual(len({tuple(map(float, row)) for row in rows}), 5)
        self.run_atelier("sample", log, "-o", "a.csv", "--view", "pairs", "-n", "2")
        self.assertEqual([row[:2] for row in self.rows("a.csv")],
                         [["strip", "element"], ["0", "0"], ["0", "1"], ["1", "0"], ["1", "1"]])

    def test_numbers_of_no_kind_are_rows_too(self):
        log = self.train("rows", "model.like=length", "name=length")
        self.run_atelier("sample", log, "-o", "a.csv", "-n", "3")
        heading, *rows = self.rows("a.csv")
        self.assertEqual(heading, ["sample", "value_1"])
        self.assertEqual([row[0] for row in rows], ["0", "1", "2"])
        self.assertTrue(all(0 <= int(row[1]) <= 6 for row in rows))
        made, = self.json("show", log)["samples"]["generated"]["newest"]
        self.assertEqual(made["name"], "all")
        self.assertIn(made["largest"], range(1, 7))

    def test_a_file_that_holds_no_table_is_refused(self):
        log = self.train("rows")
        self.assertEqual(self.refused(log, "-o", "a.png"),
                         "atelier: error: --output: got 'a.png', expected a name that ends in .csv: what is like 'person' is of "
                         "the kind 'table row'\n")

    def test_show(self):
        log = self.train("rows")
        text = self.output("show", log)
        self.assertRegex(text, r"(?m)^  column +smallest +mean +largest\n  height +.*\n  shoe size +")
        newest = self.json("show", log)["samples"]["generated"]["newest"]
        self.assertEqual([column["name"] for column in newest], ["height", "shoe size"])

    def test_a_signal_whose_loudness_or_rate_is_its_own(self):
        log = self.train("rows", "model.like=sound", "name=sound")  # two channels, from -0.5 to 0.5, scaled to 0 to 1
        self.run_atelier("sample", log, "-o", "a.wav", "-n", "2")
        with wave.open(self.path("a.wav"), "rb") as sound:
            self.assertEqual((sound.getnchannels(), sound.getframerate(), sound.getnframes()), (2, 1000, 16))
        self.run_atelier("sample", log, "-o", "a.csv", "-n", "1")
        self.assertEqual(self.rows("a.csv")[0], ["sample", "time", "left", "right"])

    def test_images_of_other_channels_and_sequences_are_pictures(self):
        log = self.train("rows", "model.like=bands", "name=bands")
        self.run_atelier("sample", log, "-o", "a.png", "-n", "1")
        self.assertEqual(self.png_size("a.png"), (5 * 4 + 4 * 2, 3))  # five grey pictures of 4 pixels beside each other
        log = self.train("rows", "model.like=film", "name=film")
        self.run_atelier("sample", log, "-o", "a.gif", "-n", "2")
        gif = self.content("a.gif")
        self.assertEqual(gif.count(b"\x21\xf9\x04"), 3)  # frames
        self.run_atelier("sample", log, "-o", "a.png", "-n", "2")
        self.assertEqual(self.png_size("a.png"), (3 * 4 + 2 * 2, 2 * 4 + 2))


class Exported(Kinds):
    """What the run logged, each kind in the files that `sample` has for it."""

    def export(self, like):
        """The files of the newest step, by their endings."""
        log = self.train("rows", f"model.like={like}", f"name={like}")
        self.run_atelier("export", log, "--samples", "-o", like, "--step", "4")
        found = sorted(os.path.relpath(os.path.join(place, name), self.folder)
                       for place, _, names in os.walk(self.path(like)) for name in names)
        self.assertTrue(all(name.startswith(f"{like}/generated/step-00000004") for name in found), found)
        return found

    def test_tables_and_numbers(self):
        name, = self.export("person")
        self.assertEqual(self.rows(name)[0], ["height", "shoe size"])
        self.assertEqual(len(self.rows(name)), 1 + 3)
        name, = self.export("shapeless")
        self.assertEqual([row[0] for row in self.rows(name)], ["sample", "0", "1", "2"])

    def test_signals(self):
        table, sound = self.export("sound")
        self.assertEqual(self.rows(table)[0], ["sample", "time", "left", "right"])
        with wave.open(self.path(sound), "rb") as opened:
            self.assertEqual((opened.getnchannels(), opened.getframerate(), opened.getnframes()), (2, 1000, 3 * 8))

    def test_text(self):
        name, = self.export("text")
        self.assertEqual(re.findall(r"--- sample (\d) ---\n", self.content(name).decode()), ["0", "1", "2"])

    def test_images_of_other_channels_and_sequences(self):
        names = self.export("bands")
        self.assertEqual([os.path.basename(name) for name in names], ["0.png", "1.png", "2.png"])
        self.assertEqual(self.png_size(names[0]), (5 * 4 + 4 * 2, 3))  # as `sample` shows the channels
        names = self.export("film")
        self.assertEqual(len(names), 3)
        self.assertEqual(self.png_size(names[0]), (3 * 4 + 2 * 2, 4))


class Logs(Kinds):
    def test_logs_of_every_kind_open_everywhere(self):
        logs = [self.train("text"), self.train("signals"), self.train("text", "dataset.tokens=bytes", "name=bytes")]
        logs += [self.train("rows", f"model.like={like}", f"name={like}")
                 for like in ("person", "sound", "bands", "film", "shapeless", "text")]
        for log in logs:
            done = subprocess.run(["/usr/bin/python3", "-B", READER, log], cwd=self.folder, capture_output=True, text=True)
            if done.returncode == 77:
                self.skipTest(done.stdout)
            self.assertEqual(done.returncode, 0, log + done.stdout + done.stderr)

    def test_check_says_what_will_be_made(self):
        text = self.output("check", "text.toml")
        self.assertRegex(text, r"(?m)^samples +3 like 'text': tokens \(25\)$")
        self.assertEqual(self.json("check", "signals.toml")["model"]["samples"],
                         {"count": 3, "field": "signal", "kind": "signal", "shape": [1, 16]})


if __name__ == "__main__":
    unittest.main()
