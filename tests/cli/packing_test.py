"""model.pac: a discriminator that judges several images at once."""

import unittest

import h5py
from atelier_test import AtelierTest
from experiments import GAN


class Packing(AtelierTest):
    def setUp(self):
        super().setUp()
        self.write("gan.toml", GAN)

    def final(self, *overrides):
        log = self.output("run", "gan.toml", *overrides).splitlines()[0]
        with h5py.File(self.path(log)) as file:
            shapes = {name: weight.shape for name, weight in file["final/weights/parameters"].items()}
            return shapes, {name: value[()] for name, value in file["final/summary"].items()}

    def test_the_discriminator_sees_packs_as_channels(self):
        alone, _ = self.final()
        for packs, size in ((2, 16), (3, 16), (4, 5)):  # what a batch has left over is left out
            packed, _ = self.final(f"model.pac={packs}", f"train.batch_size={size}")
            self.assertEqual(packed["discriminator.0.weight"][1], packs * alone["discriminator.0.weight"][1])
            self.assertEqual(packed["generator.0.weight"], alone["generator.0.weight"])

    def test_one_is_no_packing_and_a_batch_smaller_than_a_pack(self):
        self.assertEqual(self.final("model.pac=1"), self.final())
        self.final("model.pac=8", "train.batch_size=3", "evaluate.batch_size=3", "train.epochs=1",
                   "model.batch_norm=false")

    def test_feature_matching_is_of_packs(self):
        for batch_size in (256, 8):
            _, summary = self.final("model.pac=2", "model.feature_matching=1", f"evaluate.batch_size={batch_size}")
            found = summary["feature_distance"]
            if batch_size == 256:
                whole = found
        self.assertAlmostEqual(whole, found, places=4)

    def test_what_packs_cannot_have(self):
        for overrides, message in (
                (["model.conditional=label"], "model.pac: 2, expected 1 where model.conditional is 'label'"),
                (["model.feature_matching=1", "model.feature_matching_from=cnn"],
                 "model.pac: 2, expected 1 where model.feature_matching_from is another run")):
            self.assertIn(message, self.run_atelier("run", "gan.toml", "model.pac=2", *overrides, code=2).stderr)


if __name__ == "__main__":
    unittest.main()
