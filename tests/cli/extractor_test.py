"""Metrics that see by another run's model: weights in a file, passports, what is refused, and what the numbers are."""

import hashlib
import json
import os
import re
import shutil
import unittest

import h5py
import numpy as np
import safetensors_file
from atelier_test import AtelierTest
from experiments import CNN, GAN, on_shapes

FRECHET = ["metric.frechet.use=frechet-distance", "metric.frechet.when=end"]
VAE = on_shapes("vae", 'use = "vae"\nhidden = [16]\nlatent = 2')


class Extractor(AtelierTest):
    def setUp(self):
        super().setUp()
        self.write("cnn.toml", CNN)
        self.write("vae.toml", VAE)
        self.output("run", "cnn.toml")
        self.run_atelier("export", "cnn", "--weights", "-o", "cnn.safetensors")

    def train_vae(self, *overrides):
        return self.output("run", "vae.toml", *FRECHET, *overrides).splitlines()[0]

    def frechet(self, log):
        return self.json("show", log)["passports"]["frechet"]


class File(Extractor):
    def test_a_file_is_the_run_that_it_was_exported_from(self):
        by_run, by_file = (self.train_vae(f"metric.frechet.from={name}") for name in ("cnn", "cnn.safetensors"))
        found = [self.frechet(log) for log in (by_run, by_file)]
        self.assertEqual(found[0]["values"], found[1]["values"])
        with open(self.path("cnn.safetensors"), "rb") as file:
            self.assertEqual(found[1]["id"], hashlib.sha256(file.read()).hexdigest())
        with h5py.File(self.path(by_run)) as run, h5py.File(self.path(by_file)) as file:
            self.assertEqual(file["foreign/0/name"].asstr()[()], "cnn.safetensors")
            self.assertEqual(*[bytes(log["foreign/0"].attrs["contents_sha256"]) for log in (run, file)])
        # One extractor under two names is one.
        shutil.copy(self.path("cnn.safetensors"), self.path("same.safetensors"))
        compared = self.output("compare", by_file, self.train_vae("metric.frechet.from=same.safetensors"))
        self.assertIn("test/frechet last", compared)
        self.assertNotIn("not shown side by side", compared)

    def test_the_log_and_the_file_need_neither_the_run_nor_its_data(self):
        log = self.train_vae("metric.frechet.from=cnn.safetensors")
        before = json.loads(self.output("evaluate", log, "--json"))["metrics"]["frechet"]
        os.remove(self.path("cnn.safetensors"))
        self.run_atelier("rm", "cnn", "--yes")
        self.assertEqual(json.loads(self.output("evaluate", log, "--json"))["metrics"]["frechet"], before)

    def test_what_the_file_says_of_itself(self):
        metadata, _ = safetensors_file.read(self.path("cnn.safetensors"))
        head = re.search("head: ([0-9a-f]{64})", self.output("verify", "cnn", "--chain"))[1]
        self.assertEqual(metadata["atelier.log_head"], head)
        fields = {field["name"]: field for field in json.loads(metadata["atelier.data"])["fields"]}
        self.assertEqual((fields["image"]["shape"], fields["label"]["classes"]), ([1, 8, 8], 5))

    def test_files_that_are_no_extractor(self):
        metadata, arrays = safetensors_file.read(self.path("cnn.safetensors"))
        first = next(name for name, array in arrays.items() if array.ndim == 4)
        wrong = [
            ("missing.safetensors", None, None, "missing.safetensors: no such file, expected weights of a run"),
            ("bare.safetensors", arrays, {}, "has no 'atelier.experiment' in its metadata"),
            ("part.safetensors", {key: value for key, value in arrays.items() if key != first}, metadata,
             f"has nothing for '{first}', expected"),
            ("more.safetensors", {**arrays, "another": arrays[first]}, metadata,
             "has 'another', which its experiment's model has not"),
            ("shape.safetensors", {**arrays, first: arrays[first][:1]}, metadata, f"for '{first}', expected"),
            ("data.safetensors", arrays, {**metadata, "atelier.data": "{}"}, "says of the data what cannot be"),
            ("model.safetensors", arrays,
             {**metadata, "atelier.experiment": metadata["atelier.experiment"].replace('"cnn"', '"none"')},
             "model.use: got 'none', expected a model"),
        ]
        for name, tensors, said, message in wrong:
            with self.subTest(name):
                if tensors is not None:
                    safetensors_file.write(self.path(name), tensors, metadata=said)
                found = self.run_atelier("run", "vae.toml", *FRECHET, f"metric.frechet.from={name}", code=2).stderr
                self.assertIn(message, found)

    def test_one_of_images_of_another_size(self):
        found = self.run_atelier("run", "vae.toml", *FRECHET, "metric.frechet.from=cnn.safetensors", "dataset.size=9",
                                 code=2).stderr
        self.assertIn("that model sees images of (1, 8, 8), this run has (1, 9, 9)", found)

    def test_a_grey_one_is_shown_no_colours(self):
        found = self.run_atelier("run", "vae.toml", *FRECHET, "metric.frechet.from=cnn.safetensors", "dataset.channels=3",
                                 code=2).stderr
        self.assertRegex(found, r"that model sees images of \(1, 8, 8\), expected those and not \(\d+, 3, 8, 8\); hint: ")

    def test_those_that_come_with_the_program(self):
        found = self.run_atelier("run", "vae.toml", *FRECHET, "metric.frechet.from=extractor:fashion-minst",
                                 code=2).stderr
        self.assertIn("no extractor of this name comes with the program, expected", found)
        self.assertIn("did you mean 'fashion-mnist'?", found)
        found = self.run_atelier("run", "vae.toml", *FRECHET, "metric.frechet.from=extractor:fashion-mnist",
                                 code=2).stderr
        self.assertIn("that model sees images of (1, 28, 28), this run has (1, 8, 8)", found)
        # It needs no data of its own: here are none.
        self.output("run", "vae.toml", *FRECHET, "metric.frechet.from=extractor:fashion-mnist", "dataset.size=28",
                    "metric.frechet.samples=16")


class Passport(Extractor):
    def test_show_and_compare_say_what_a_number_was_measured_with(self):
        log = self.train_vae("metric.frechet.from=cnn", "metric.frechet.samples=20")
        passport = self.frechet(log)
        self.assertEqual({key: passport[key] for key in ("use", "from", "feature", "split", "samples", "seed")},
                         {"use": "frechet-distance", "from": "cnn", "feature": "hidden", "split": "test", "samples": 20,
                          "seed": "7"})
        self.assertEqual(passport["preprocessing"], "range [0.0, 1.0]")
        with h5py.File(self.path(log)) as file:
            self.assertEqual(passport["values"][""],
                             {"value": file["metrics/eval/frechet"][-1], "of_real": file["metrics/eval/frechet.real"][-1]})
        self.assertTrue(passport["id"])
        text = f"feature 'hidden' of cnn ({passport['id'][:12]}); test split, 20 of each set; range [0.0, 1.0]"
        self.assertIn(text, self.output("show", log))
        self.assertIn("frechet: " + text, self.output("compare", log, log, COLUMNS="500"))

    def test_what_was_measured_with_other_things_is_refused(self):
        first = self.train_vae("metric.frechet.from=cnn")
        self.output("run", "cnn.toml", "seed=8", "name=other")
        for what, overrides in (
                ("metric.frechet.from", ["metric.frechet.from=other"]),
                ("metric.frechet.feature", ["metric.frechet.from=cnn", "metric.frechet.feature=logits"]),
                ("metric.frechet.samples", ["metric.frechet.from=cnn", "metric.frechet.samples=20"]),
                ("split", ["metric.frechet.from=cnn", "dataset.validation=0.25"]),
                ("dataset.transform.binarize", ["metric.frechet.from=cnn", "dataset.transform.binarize=fixed"])):
            with self.subTest(what):
                second = self.train_vae(*overrides)
                refused = self.output("compare", first, second, COLUMNS="500")
                if what == "split":  # another name, so that nothing stands side by side
                    log = json.loads(self.output("compare", first, second, "--json"))
                    names = {run["id"]: set(run["results"]) for run in log["runs"]}
                    self.assertTrue(all("test/frechet last" in found for found in names.values()))
                else:
                    self.assertRegex(refused, f"test/frechet is not shown side by side: .*{re.escape(what)}: ")
                    self.assertNotIn("test/frechet last", refused)
                    self.assertIn("test/frechet last !", self.output("compare", first, second, "--anyway", COLUMNS="500"))
                self.run_atelier("rm", second, "--yes")


class KnownAnswers(Extractor):
    """Of whole runs: what each metric must say of the data itself, and of a model that makes one class alone."""

    def test_the_training_data_against_the_test_data(self):
        log = self.train_vae("metric.frechet.from=cnn", "metric.pr.use=precision-recall", "metric.pr.from=cnn",
                             "metric.dc.use=density-coverage", "metric.dc.from=cnn", "metric.kernel.use=kernel-distance",
                             "metric.kernel.from=cnn", "metric.sliced.use=sliced-wasserstein-distance",
                             "metric.sliced.from=cnn", "metric.path.use=path-length", "metric.path.from=cnn")
        passports = self.json("show", log)["passports"]
        for metric in ("frechet", "sliced", "kernel"):
            real, value = passports[metric]["values"][""]["of_real"], passports[metric]["values"][""]["value"]
            self.assertLess(real, value)  # a model of two epochs is no rival of the data
        self.assertGreater(passports["pr"]["values"]["precision"]["of_real"], 0.5)
        self.assertGreater(passports["path"]["values"][""]["value"], 0)

    def test_path_length_is_the_square_of_the_speed_along_the_path(self):
        """Of a decoder without a hidden layer, in the pixels' own space, it is known."""
        self.write("pixels.toml", on_shapes("pixels", 'use = "cnn"\nfilters = [1]\nhidden = []'))
        self.output("run", "pixels.toml")
        self.run_atelier("export", "pixels", "--weights", "-o", "pixels.safetensors")
        metadata, arrays = safetensors_file.read(self.path("pixels.safetensors"))
        arrays = {name: np.array(array) for name, array in arrays.items()}
        kernel = next(name for name, array in arrays.items() if array.ndim == 4)
        arrays[kernel][:] = 0
        arrays[kernel][0, 0, 1, 1] = 1
        arrays[kernel.replace("weight", "bias")][:] = 0
        safetensors_file.write(self.path("pixels.safetensors"), arrays, metadata=metadata)
        self.write("flat.toml", on_shapes("flat", 'use = "vae"\nhidden = []\nlatent = 3'))
        log = self.output("run", "flat.toml", "dataset.test_count=4000", "metric.path.use=path-length",
                          "metric.path.from=pixels.safetensors", "metric.path.feature=convolutions",
                          "metric.path.when=end").splitlines()[0]
        self.run_atelier("export", "flat", "--weights", "-o", "flat.safetensors")
        _, decoder = safetensors_file.read(self.path("flat.safetensors"))
        weight, bias = (decoder[f"autoencoder.decoder.0.{name}"].astype(float) for name in ("weight", "bias"))
        random = np.random.default_rng(1)
        a, b = random.normal(size=(2, 100000, 3))
        angle = random.uniform(0, np.pi / 2, size=(100000, 1))
        z, speed = np.cos(angle) * a + np.sin(angle) * b, np.pi / 2 * (np.cos(angle) * b - np.sin(angle) * a)
        image = 1 / (1 + np.exp(-(z @ weight.T + bias)))
        expected = np.square(image * (1 - image) * (speed @ weight.T)).sum(1).mean()
        self.assertAlmostEqual(self.json("show", log)["passports"]["path"]["values"][""]["value"] / expected, 1, delta=0.06)

    def test_conditional_accuracy(self):
        self.output("run", "cnn.toml", "train.epochs=40", "name=judge")
        self.write("gan.toml", GAN.replace("latent = 3", 'latent = 3\nconditional = "label"'))
        log = self.output("run", "gan.toml", "metric.told.use=conditional-accuracy", "metric.told.from=judge",
                          "metric.told.when=end").splitlines()[0]
        told = self.json("show", log)["passports"]["told"]
        accuracy = json.loads(self.output("evaluate", "judge", "--json"))["metrics"]["accuracy"]
        self.assertAlmostEqual(told["values"][""]["of_real"], accuracy, places=6)
        self.assertLess(told["values"][""]["value"], accuracy)
        wrong = self.run_atelier("evaluate", self.train_vae("metric.frechet.from=cnn"),
                                 "metric.told.use=conditional-accuracy", "metric.told.from=judge", code=2).stderr
        self.assertIn("conditional_samples", wrong)


if __name__ == "__main__":
    unittest.main()
