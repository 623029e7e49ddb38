"""What a run was made from is kept in its log, and whoever goes on with it, looks at it or compares it is told of changes."""

import os
import shutil
import signal
import struct
import subprocess
import unittest
import zlib

from atelier_test import PROGRAM, SELDOM, TINY, AtelierTest

PICTURES = TINY.replace('use = "shapes"\nsize = 8\ncount = 64\ntest_count = 32',
                        'use = "image-folder"\ndirectory = "pictures"\nsize = 8\nchannels = 1\ntest_fraction = 0.3')
VAE = 'use = "vae"\nhidden = [16]\nlatent = 2'
CLASSIFIER = 'use = "cnn"\nfilters = [4, 4]\nhidden = [8]'


def png(rows):
    """A grey picture of these levels, as the bytes of a file."""
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) +
            chunk(b"IDAT", zlib.compress(b"".join(b"\0" + bytes(row) for row in rows))) + chunk(b"IEND", b""))


class Identity(AtelierTest):
    def setUp(self):
        super().setUp()
        self.write("tiny.toml", PICTURES)
        for level in range(48):
            self.add_picture(("ant", "bee", "cow")[level % 3], level * 5)

    def add_picture(self, label, level):
        os.makedirs(self.path(f"pictures/{label}"), exist_ok=True)
        with open(self.path(f"pictures/{label}/{level}.png"), "wb") as file:
            file.write(png([[level]]))

    def test_pictures_that_cannot_be_read_are_listed_with_a_line_for_each(self):
        for name in ("ant/x.png", "bee/y\nz.png"):
            with open(self.path(f"pictures/{name}"), "wb") as file:
                file.write(b"none")
        lines = self.run_atelier("check", "tiny.toml", code=2).stderr.splitlines()
        self.assertEqual(len(lines), 3, lines)  # a newline in a name makes no line
        self.assertIn("2 of 50 ", lines[0])
        self.assertIn("pictures/ant/x.png: ", lines[1])
        self.assertIn("pictures/bee/y␊z.png: ", lines[2])

    def test_a_log_is_enough_to_sample_from(self):
        log = self.train()
        self.run_atelier("sample", log, "-o", "there.png", "-n", "9")
        self.run_atelier("sample", log, "-o", "strips.png", "--view", "interpolation")
        shutil.rmtree(self.path("pictures"))
        self.run_atelier("sample", log, "-o", "gone.png", "-n", "9")
        self.run_atelier("sample", log, "-o", "strips-gone.png", "--view", "interpolation")
        for there, gone in (("there.png", "gone.png"), ("strips.png", "strips-gone.png")):
            with open(self.path(there), "rb") as first, open(self.path(gone), "rb") as second:
                self.assertEqual(first.read(), second.read())
        wrong = self.run_atelier("sample", log, "-o", "x.png", "--view", "reconstruction", code=2).stderr
        self.assertIn("--view: 'reconstruction' shows samples of the data: dataset 'image-folder': no such folder", wrong)

    def test_data_of_another_shape_are_refused(self):
        log = self.train()
        self.add_picture("yak", 7)
        wrong = self.run_atelier("evaluate", log, code=2).stderr
        self.assertIn("'label': the classes of this data are ant, bee, cow, yak, the model was trained with ant, bee, cow", wrong)
        allowed = self.run_atelier("evaluate", log, "--allow-changes", code=2).stderr
        self.assertIn(f"{log}: the data's field 'label' is ", allowed)
        self.assertIn("4 classes, the model was trained with ", allowed)

    def rename_class(self):
        """The same pictures with the same labels but for their names; 'bee' is the first class then."""
        os.rename(self.path("pictures/ant"), self.path("pictures/yak"))

    def interrupted(self, *words):
        process, log = self.start("train.epochs=12000", *SELDOM, *words)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        return log

    def in_a_prefix(self, changed="vae"):
        """A copy of the program, with one library that has other bytes and does the same."""
        plugins = os.path.join(os.path.dirname(os.path.dirname(PROGRAM)), "lib", "atelier", "plugins")
        os.makedirs(self.path("prefix/bin"))
        os.makedirs(self.path("prefix/lib/atelier/plugins"))
        shutil.copy(PROGRAM, self.path("prefix/bin/atelier"))
        for name in os.listdir(plugins):
            if name.endswith(".so"):
                shutil.copy(os.path.join(plugins, name), self.path(f"prefix/lib/atelier/plugins/{name}"))
        with open(self.path(f"prefix/lib/atelier/plugins/{changed}.so"), "ab") as library:
            library.write(b"rebuilt")

    def with_other_plugin(self, *words, code=0):
        done = subprocess.run([self.path("prefix/bin/atelier"), *words], cwd=self.folder, capture_output=True, text=True,
                              env=self.environment(), timeout=120, check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stderr

    def test_the_log_keeps_class_names(self):
        shown = self.json("show", self.train())
        self.assertEqual(shown["provenance"]["classes"], {"label": ["ant", "bee", "cow"]})
        self.assertEqual(shown["provenance"]["changes"], [])
        self.assertRegex(shown["provenance"]["dataset"]["sha256"], "^[0-9a-f]{64}$")

    def test_resuming_on_other_data_is_refused_unless_told(self):
        log = self.interrupted()
        self.add_picture("ant", 251)
        refused = self.run_atelier("resume", log, code=2).stderr
        self.assertRegex(refused, f"^atelier: error: {log}: what the run is made from has changed: data sha256 was "
                                  "[0-9a-f]{12} and is [0-9a-f]{12}; hint: .*--allow-changes.*\n$")
        self.assertEqual(self.json("show", log)["status"], "interrupted")
        self.run_atelier("resume", log, "--allow-changes")
        change, = self.json("show", log)["provenance"]["changes"]
        self.assertEqual(change["what"], "data sha256")
        self.assertGreater(change["step"], 0)
        self.assertNotEqual(change["was"], change["now"])
        self.assertRegex(self.output("show", log), r"changed +after step [\d,]+: data sha256 was [0-9a-f]{12} and is ")

    def test_resuming_what_has_not_changed_but_for_its_place(self):
        log = self.interrupted()
        for label in ("ant", "bee"):
            os.rename(self.path(f"pictures/{label}"), self.path(f"elsewhere-{label}"))
            os.symlink(self.path(f"elsewhere-{label}"), self.path(f"pictures/{label}"))
        self.run_atelier("resume", log)

    def test_resuming_with_another_plugin(self):
        log = self.interrupted()
        self.in_a_prefix()
        refused = self.with_other_plugin("resume", log, code=2)
        self.assertIn("has changed: plugin vae was ", refused)
        self.assertNotIn("data sha256", refused)
        self.with_other_plugin("resume", log, "--allow-changes")
        self.assertEqual(self.json("show", log)["provenance"]["changes"][0]["what"], "plugin vae")

    def test_looking_with_another_plugin(self):
        log = self.train()
        self.in_a_prefix()
        note = f"atelier: note: {log}: not what the run was made from: plugin vae was "
        self.assertTrue(self.with_other_plugin("evaluate", log).startswith(note))
        self.assertTrue(self.with_other_plugin("sample", log, "-o", "a.png").startswith(note))
        self.assertNotIn("note", self.run_atelier("evaluate", log).stderr)

    def test_a_plugin_that_is_not_loaded_is_looked_for_where_the_log_says(self):
        self.in_a_prefix()
        os.mkdir(self.path("mine"))
        library = self.path("mine/vae.so")
        os.rename(self.path("prefix/lib/atelier/plugins/vae.so"), library)
        started = self.with_other_plugin("run", "tiny.toml", "train.epochs=2", "--plugin-path", "mine")
        log = started.split(": training from step 1")[0]

        def missing(*words):
            said = self.with_other_plugin(*words, code=2)
            self.assertIn(": model.use: got 'vae', expected a model (known: ", said)
            self.assertEqual(said.count("; the run had the plugin"), 1, said)
            return said.split("; the run had the plugin 'vae' from ")[1]

        there = f"{library}, which is still there with the same bytes; hint: --plugin-path {library}\n"
        self.assertEqual(missing("evaluate", log), there)
        self.assertEqual(missing("sample", log, "-o", "a.png"), there)
        self.with_other_plugin("evaluate", log, "--plugin-path", library)
        with open(library, "ab") as file:
            file.write(b"again")
        self.assertRegex(missing("evaluate", log), f"^{library}, where another file is now \\(SHA-256 [0-9a-f]{{12}}…, then "
                                                   f"[0-9a-f]{{12}}…\\); hint: --plugin-path {library} takes it all the same\n$")
        os.remove(library)
        self.assertEqual(missing("evaluate", log), f"{library}, which is no longer there; hint: name the folder that has it "
                                                   "now with --plugin-path\n")

    def test_a_component_that_no_plugin_of_the_log_brings(self):
        log = self.train()
        wrong = self.run_atelier("evaluate", log, "metric.x.use=nonsense", code=2).stderr
        self.assertIn("metric.x.use: got 'nonsense', expected a metric (known: ", wrong)
        self.assertNotIn("the run had", wrong)

    def test_looking_at_other_data(self):
        log = self.train()
        self.add_picture("ant", 251)
        note = f"atelier: note: {log}: not what the run was made from: data sha256 was "
        self.assertTrue(self.run_atelier("evaluate", log).stderr.startswith(note))
        self.assertTrue(self.run_atelier("sample", log, "-o", "a.png", "--view", "reconstruction").stderr.startswith(note))
        self.assertNotIn("note", self.run_atelier("sample", log, "-o", "a.png").stderr)  # which shows no data

    def test_a_model_that_asks_for_labels_refuses_other_classes(self):
        self.write("tiny.toml", PICTURES.replace(VAE, CLASSIFIER))
        log = self.train()
        accuracy = self.json("evaluate", log)["metrics"]["accuracy"]
        self.rename_class()
        refused = self.run_atelier("evaluate", log, code=2).stderr
        self.assertIn("'label': the classes of this data are bee, cow, yak, the model was trained with ant, bee, cow; hint: ",
                      refused)
        self.run_atelier("evaluate", log, "--allow-changes")
        self.add_picture("zebra", 3)  # a fourth class: other shapes
        self.assertIn("'label': the classes of this data are bee, cow, yak, zebra, the model was trained with ant, bee, cow",
                      self.run_atelier("evaluate", log, code=2).stderr)
        shutil.rmtree(self.path("pictures/zebra"))
        os.rename(self.path("pictures/yak"), self.path("pictures/aardvark"))  # an order that it had, by another name
        self.run_atelier("evaluate", log, code=2)
        os.rename(self.path("pictures/aardvark"), self.path("pictures/ant"))
        self.assertEqual(self.json("evaluate", log)["metrics"]["accuracy"], accuracy)

    def test_a_model_without_labels_is_evaluated_on_other_classes(self):
        log = self.train()
        self.rename_class()
        note = self.run_atelier("evaluate", log).stderr
        self.assertIn("classes of label was ant, bee, cow and is bee, cow, yak", note)

    def test_compare_lists_what_the_settings_do_not_show(self):
        first = self.train()
        self.add_picture("ant", 251)
        text = self.output("compare", first, self.train())
        self.assertRegex(text, r"(?m)^data sha256 +[0-9a-f]{12} +[0-9a-f]{12}$")
        self.assertNotIn("plugin", text)

    def test_compare_tells_two_judges_of_one_name_apart(self):
        self.write("judge.toml", PICTURES.replace(VAE, CLASSIFIER).replace('name = "tiny"', 'name = "judge"'))
        judged = ["metric.c.use=class-histogram", "metric.c.from=judge", "metric.c.images=20", "metric.c.when=end"]
        ids, logs = [], []
        for seed in (1, 2):
            self.run_atelier("run", "judge.toml", f"seed={seed}", "--out", f"runs{seed}")
            logs.append(self.train(*judged, "--out", f"runs{seed}"))
            ids.append(self.json("show", logs[-1])["provenance"]["runs"]["judge"])
        self.assertRegex(self.output("compare", *logs), rf"(?m)^run judge +{ids[0]} +{ids[1]}$")
        self.assertRegex(self.output("show", logs[0]), rf"(?m)^ *uses +judge  {ids[0]}$")

    def test_the_plugin_of_a_judge_counts_where_it_judges(self):
        self.write("judge.toml", PICTURES.replace(VAE, CLASSIFIER).replace('name = "tiny"', 'name = "judge"'))
        self.run_atelier("run", "judge.toml")
        log = self.train("metric.c.use=class-histogram", "metric.c.from=judge", "metric.c.images=20", "metric.c.when=end")
        self.in_a_prefix("cnn")
        self.assertIn("plugin cnn was ", self.with_other_plugin("evaluate", log))
        self.assertEqual(self.with_other_plugin("sample", log, "-o", "a.png").count("note"), 0)

    def test_the_run_that_was_started_from_is_kept(self):
        logs = []
        for seed in (1, 2):
            begun = self.train(f"seed={seed}", "--out", f"runs{seed}")
            logs.append(self.train("start.from=tiny", "--out", f"runs{seed}"))
            self.assertEqual(self.json("show", logs[-1])["provenance"]["start_run"], self.json("show", begun)["id"])
        self.assertRegex(self.output("compare", *logs), r"(?m)^start run +\S+ +\S+$")


if __name__ == "__main__":
    unittest.main()
