import os
import unittest

from atelier_test import AtelierTest


class Check(AtelierTest):
    def test_every_value_has_its_origin(self):
        text = self.output("check", "tiny.toml", "model.latent=5")
        self.assertRegex(text, r"(?m)^hidden = \[16\] +# tiny.toml:12$")
        self.assertRegex(text, r"(?m)^latent = 5 +# override model.latent=5$")
        self.assertRegex(text, r"(?m)^beta = 1.0 +# default$")

    def test_the_model(self):
        text = self.output("check", "tiny.toml")
        self.assertRegex(text, r"(?m)^autoencoder +autoencoder.encoder.0.weight +\(16, 64\) +1,024$")
        self.assertIn("parameters  2,244 (9.0 KB)", text)
        self.assertIn("64 training, 0 validation and 32 test samples", text)
        self.assertIn("training    12 steps", text)

    def test_json(self):
        checked = self.json("check", "tiny.toml", "train.epochs=2")
        values = {value["key"]: value for value in checked["experiment"]}
        self.assertEqual(values["model.latent"]["value"], "2")
        self.assertEqual(values["train.epochs"]["origin"], '<override "train.epochs=2">')
        self.assertEqual(checked["model"]["parameter_count"], 2244)
        self.assertEqual(checked["model"]["total_steps"], 8)
        self.assertGreater(checked["model"]["training_flops"], 0)

    def test_what_the_best_weights_go_by(self):
        self.assertIn("best        of 'loss' smaller values are better\n", self.output("check", "tiny.toml"))
        checked = self.json("check", "tiny.toml", "evaluate.metric=elbo")["model"]
        self.assertEqual((checked["best"]["metric"], checked["best"]["better"]), ("elbo", "larger"))
        self.assertEqual({measure["name"]: measure["unit"] for measure in checked["measures"]},
                         dict.fromkeys(("divergence", "elbo", "loss", "reconstruction"), "nats"))
        done = self.run_atelier("check", "tiny.toml", "evaluate.goal=max")
        self.assertIn("best        of 'loss' larger values are better, as evaluate.goal says\n", done.stdout)
        self.assertIn("warning: evaluate.goal: of 'loss' larger values are better, says the experiment; ", done.stderr)

    def test_nothing_is_written(self):
        self.output("check", "tiny.toml")
        self.assertEqual(os.listdir(self.folder), ["tiny.toml"])

    def test_mistakes_are_told_all_at_once(self):
        self.assert_error(
            ["check", "tiny.toml", "model.latnt=3", "model.latent=ten", "model.hidden=[0]"],
            "<override \"model.latnt=3\">: model.latnt: got an unknown key; did you mean 'latent'?",
            "<override \"model.latent=ten\">: model.latent: got the string 'ten', expected an integer in [1, 65536]",
            '<override "model.hidden=[0]">: model.hidden[0]: got 0, expected an integer in [1, 65536]')

    def test_place_in_the_file(self):
        self.write("wrong.toml", 'name = "wrong"\n[dataset]\nuse = "shapes"\nsiez = 8\n[model]\nuse = "vea"\n'
                                 '[optimizer]\nuse = "adam"\n[train]\nsteps = 1\n')
        self.assert_error(["check", "wrong.toml"],
                          "wrong.toml:4:1: dataset.siez: got an unknown key; did you mean 'size'?",
                          "wrong.toml:6:7: model.use: got 'vea', expected a model; did you mean 'vae'?")

    def test_syntax_error(self):
        self.write("wrong.toml", "name = \n")
        done = self.run_atelier("check", "wrong.toml", code=2)
        self.assertTrue(done.stderr.startswith("atelier: error: wrong.toml:1:"), done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1)

    def test_missing_file(self):
        self.assert_error(["check", "none.toml"], "none.toml: cannot be read, expected an experiment file")

    def test_a_start_that_cannot_be(self):
        self.train("name=first")
        unknown = ("from: 'none': expected a log, a folder with logs, or in 'runs' an experiment or a run's id; "
                   "hint: it has to be run first: atelier run FILE.toml")
        place = '<override "start.{}">: start.'.format
        self.assert_error(["check", "tiny.toml", "start.from=none"],
                          place("from=none") + unknown)
        self.assert_error(["check", "tiny.toml", "start.from=first", "model.hidden=[8]"],
                          place("from=first") + "from: 'first' has (16, 64) for 'autoencoder.encoder.0.weight', "
                          "expected (8, 64)")
        self.assert_error(["run", "--dry-run", "tiny.toml", "start.from=none"],
                          place("from=none") + unknown)
        self.assert_error(["check", "tiny.toml", "start.from=first", 'start.groups=["encoder"]'],
                          place('groups=["encoder"]') + "groups[0]: got the unknown parameter group 'encoder', "
                          "expected 'autoencoder'")
        self.assert_error(["check", "tiny.toml", "start.from=first", 'start.freeze=["autoencoder"]'],
                          place('freeze=["autoencoder"]') + "freeze: got every parameter group of the model, expected "
                          "at least one that is left to train")
        self.assertIn("12 steps", self.output("check", "tiny.toml", "start.from=first"))


if __name__ == "__main__":
    unittest.main()
