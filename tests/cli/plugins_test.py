import json
import os
import re
import unittest

from atelier_test import AtelierTest


class Plugins(AtelierTest):
    def test_list(self):
        text = self.output("plugins")
        for name in ("vae", "gan", "adam", "shapes", "bce"):
            self.assertRegex(text, rf"(?m)^(model|loss|optimizer|dataset) +{name} ")

    def test_one_component(self):
        text = self.output("plugins", "vae")
        self.assertTrue(text.startswith("model 'vae'\n"), text)
        for part in ("latent", "an integer", "1 to 65536", "[loss.reconstruction]", "Kingma", "vae.so"):
            self.assertIn(part, text)

    def test_json(self):
        kinds = {(component["kind"], component["name"]) for component in self.json("plugins")}
        self.assertLessEqual({("model", "vae"), ("dataset", "shapes"), ("optimizer", "adam")}, kinds)
        vae = self.json("plugins", "vae")[0]
        latent = next(setting for setting in vae["settings"] if setting["name"] == "latent")
        self.assertEqual((latent["default"], latent["minimum"], latent["maximum"]), (20, 1, 65536))
        self.assertEqual([slot["name"] for slot in vae["losses"]], ["reconstruction", "divergence"])

    def test_what_is_measured(self):
        self.assertRegex(self.output("plugins", "cnn"), r"(?m)^accuracy +larger +fraction +\S")
        self.assertRegex(self.output("plugins", "gan"), r"(?m)^loss +neither ")
        self.assertRegex(self.output("plugins", "bits-per-dimension"), r"(?m)^\[metric.NAME\] itself +smaller +bits/dim ")
        measures = {measure["name"]: measure for measure in self.json("plugins", "vae")[0]["measures"]}
        self.assertEqual((measures["elbo"]["better"], measures["loss"]["better"]), ("larger", "smaller"))

    def test_every_component_of_ours_says_what_it_measures(self):
        for component in self.json("plugins"):
            if component["kind"] in ("model", "metric", "loss"):
                self.assertTrue(component["measures"], component["name"])
                for measure in component["measures"]:
                    self.assertIn(measure["better"], ("larger", "smaller", "neither"), component["name"])
                    self.assertTrue(measure["help"], component["name"])

    def test_unknown_component(self):
        self.assert_error(["plugins", "vea"], "no plugin brings a 'vea'; did you mean 'vae'?")

    def test_plugin_path(self):
        self.assert_error(["--plugin-path", "nowhere", "plugins"], "nowhere: no such file or folder of plugins")
        self.assert_error(["plugins", "--plugin-path=nowhere"], "nowhere: no such file or folder of plugins")

    def test_a_library_that_cannot_be_used_is_a_line_and_stops_nothing(self):
        self.write("text.so", "no library")
        reason = "text.so: is not a plugin: invalid ELF header; expected a shared library made by atelier_add_plugin()"
        done = self.run_atelier("plugins", "--plugin-path", "text.so")
        self.assertTrue(done.stdout.endswith(f"\n\nnot loaded: {reason}\n"), done.stdout)
        self.assertEqual(done.stderr, "")
        self.assertRegex(done.stdout, r"(?m)^model +vae ")
        self.assertEqual(self.json("plugins", "--plugin-path", "text.so")[-1],
                         {"kind": "not loaded", "name": "text.so", "path": "text.so", "reason": reason})
        done = self.run_atelier("check", "tiny.toml", "--plugin-path", "text.so")
        self.assertEqual(done.stderr, f"atelier: warning: {reason} (not loaded)\n")

    def test_a_plugin_of_the_path_is_loaded_once(self):
        path = self.json("plugins", "vae")[0]["path"]
        self.assertEqual(self.output("plugins", "--plugin-path", path).count("model      vae "), 1)

    def test_narrow_terminal(self):
        lines = self.output("plugins", "adam", COLUMNS="60").splitlines()
        self.assertTrue(all(len(line) <= 60 for line in lines[6:]), lines)


class Index(AtelierTest):
    """Plugins are loaded as an experiment needs them."""

    def loaded(self, *words):
        """The program's own plugins that it loaded."""
        done = self.run_atelier(*words, LD_DEBUG="files")
        return set(re.findall(r"calling init: .*/atelier/plugins/(\S+)\.so", done.stderr))

    def index(self):
        folder = os.path.join(self.cache, "atelier")
        return os.path.join(folder, next(name for name in os.listdir(folder) if name.endswith(".plugins")))

    def test_an_experiment_loads_what_it_names(self):
        self.assertLess(20, len(self.loaded("check", "tiny.toml")))
        self.assertEqual(self.loaded("check", "tiny.toml"), {"vae", "shapes", "adam", "reconstruction", "divergence"})
        self.assertLess(20, len(self.loaded("plugins")))

    def test_an_index_that_is_wrong_costs_time_and_nothing_else(self):
        right = self.output("check", "tiny.toml")
        for old, new in ((b'latent', b'patent'), (b'"shapes', b'"forms'), (b'"vae\\"', b'"wae\\"'), (b'"', b"'")):
            self.run_atelier("check", "tiny.toml")
            with open(self.index(), "rb") as file:
                begin, content = re.fullmatch(rb"(Atelier plugins .*?\n.*?\n).{8}(.*)", file.read(), re.DOTALL).groups()
            self.assertIn(old, content)
            content = content.replace(old, new)
            checksum = 14695981039346656037
            for byte in content:
                checksum = (checksum ^ byte) * 1099511628211 % 2**64
            with open(self.index(), "wb") as file:
                file.write(begin + checksum.to_bytes(8, "little") + content)
            self.assertEqual(self.output("check", "tiny.toml"), right, old)

    def test_a_mistake_in_an_experiment_is_told_with_and_without_an_index(self):
        first = self.run_atelier("check", "tiny.toml", "model.patent=3", code=2).stderr
        self.assertIn("patent", first)
        self.assertEqual(self.run_atelier("check", "tiny.toml", "model.patent=3", code=2).stderr, first)


class Schema(AtelierTest):
    def test_is_json_and_knows_the_plugins(self):
        text = self.output("schema")
        self.assertIn("json-schema.org", json.loads(text)["$schema"])
        self.assertIn('"vae"', text)


if __name__ == "__main__":
    unittest.main()
