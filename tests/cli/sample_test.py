import os
import struct
import unittest

from atelier_test import TINY, AtelierTest


class Sample(AtelierTest):
    def sample(self, *words):
        """The bytes of the PNG file."""
        self.run_atelier("sample", *words, "-o", "out.png")
        with open(self.path("out.png"), "rb") as file:
            return file.read()

    def size(self, png):
        self.assertEqual(png[:8], b"\x89PNG\r\n\x1a\n")
        return struct.unpack(">II", png[16:24])

    def test_a_near_square_grid(self):
        log = self.train()
        self.assertEqual(self.size(self.sample(log)), (78, 78))  # 8 x 8 images of 8 pixels, two pixels between
        self.assertEqual(self.size(self.sample("tiny", "-n", "3")), (18, 18))
        self.assertEqual(self.size(self.sample(log, "-n", "3", "--columns", "3")), (28, 8))

    def test_the_seed_decides(self):
        log = self.train()
        first = self.sample(log, "-n", "4", "--seed", "1")
        self.assertEqual(first, self.sample(log, "-n", "4", "--seed", "1", "--threads", "1"))
        self.assertNotEqual(first, self.sample(log, "-n", "4", "--seed", "2"))

    def test_weights(self):
        log = self.train()
        for weights in ("best", "final", "checkpoint"):
            self.assertEqual(self.size(self.sample(log, "-n", "1", "--weights", weights)), (8, 8))
        self.assert_error(["sample", log, "-o", "out.png", "--weights", "bst"],
                          "--weights: got 'bst', expected final, best or checkpoint; did you mean 'best'?")

    def test_wrong_input(self):
        self.assert_error(["sample", "a.h5"], "a.h5: no such file")  # which might be of texts, that need no output file
        self.assert_error(["sample", self.train()],
                          "atelier sample: got no output file, expected: atelier sample LOG -o FILE.png; what is like "
                          "'image' is of the kind 'image'")
        self.assert_error(["sample", "a.h5", "-o", "out.jpg"],
                          "--output: got 'out.jpg', expected a name that ends in .png, .gif, .txt, .csv or .wav")
        folder = os.path.join(os.path.realpath(self.folder), "none")
        self.assert_error(["sample", "a.h5", "-o", "none/out.png"],
                          f"none/out.png: cannot be written: there is no folder {folder}")
        self.assert_error(["sample", "a.h5", "-o", "out.png"], "a.h5: no such file")
        self.assert_error(["sample", "a.h5", "-o", "out.png", "-n", "0"],
                          "--count: got '0', expected an integer of at least 1 and at most 65536")


    def test_scale_and_labels(self):
        log = self.train()
        self.assertEqual(self.size(self.sample(log, "--scale", "3")), (3 * 78, 3 * 78))
        width, height = self.size(self.sample(log, "--labels"))
        self.assertTrue(width > 78 and height > 78)
        self.assert_error(["sample", log, "--labels"], "--labels: expected -o FILE.png beside it")

    def test_neighbours(self):
        log = self.train()
        done = self.run_atelier("sample", log, "--neighbours", "3", "-n", "5", "-o", "out.png")
        self.assertRegex(done.stderr, r"(?m)^distances are over [\d.]+, the median from a training sample to its nearest other "
                                      r"\(\d+ of them\)$")
        self.assertRegex(done.stderr, r"(?m)^the samples' median is [\d.]+; \d of 5 are nearer to a training sample than")
        first = self.sample(log, "--neighbours", "3", "-n", "5")
        self.assertEqual(first, self.sample(log, "--neighbours", "3", "-n", "5", "--threads", "1"))
        self.assert_error(["sample", log, "--neighbours", "2", "--view", "reconstruction", "-o", "out.png"],
                          "--neighbours: expected without --view")


class Atlas(AtelierTest):
    """One grid of the same latents for many runs, and for many steps."""

    def rows(self, *words):
        return self.run_atelier("sample", *words, "-o", "out.png").stderr.splitlines()[-1]

    def test_runs(self):
        for seed in (1, 2):
            self.train(f"seed={seed}")
        self.assertEqual(self.rows("tiny@all", "--same-latents", "-n", "3"), "out.png: 2 rows of 3 from 2 runs")
        self.assertEqual(self.rows("tiny", "seed = 2", "--same-latents"), "out.png: 1 row of 8 from 1 run")
        self.train("model.latent=3")
        done = self.run_atelier("sample", "tiny@all", "--same-latents", "-o", "out.png")
        self.assertIn("atelier: note: the models' latent vectors are not of one kind and size: ", done.stderr)
        self.assert_error(["sample", "tiny", "runs", "-o", "out.png"],
                          "atelier sample: got 2 logs, expected one; hint: --same-latents draws them below each other")

    def test_steps(self):
        log = self.train("checkpoint.keep=2")
        self.assertEqual(self.rows(log, "--steps", "0,3,end"), "out.png: 3 rows of 8 from 1 run")
        self.assert_error(["sample", log, "--steps", "0,x", "-o", "out.png"],
                          "--steps: got '0,x', expected steps with ',' between them, or 'end' for the last")
        wrong = self.run_atelier("sample", log, "--steps", "9999", "-o", "out.png", code=2).stderr
        self.assertIn("--steps: got 9999, expected a step from 0 to ", wrong)


class Views(AtelierTest):
    """A classifier's saliency, and a sequence."""

    def train_classifier(self):
        text = TINY.replace('use = "vae"\nhidden = [16]\nlatent = 2', 'use = "cnn"\nfilters = [4, 4]\nhidden = [8]')
        self.write("classifier.toml", text.replace('name = "tiny"', 'name = "classifier"'))
        self.run_atelier("run", "classifier.toml")

    def test_a_strip_a_row(self):
        self.train_classifier()
        self.run_atelier("sample", "classifier", "-o", "out.png", "--view", "saliency", "-n", "3")
        with open(self.path("out.png"), "rb") as file:
            width, height = struct.unpack(">II", file.read()[16:24])
        self.assertEqual(height, 3 * 8 + 2 * 2)
        self.assertEqual(width, 2 * 8 + 2)  # the image, and where the class comes from

    def test_an_animation(self):
        self.train_classifier()
        self.run_atelier("sample", "classifier", "-o", "out.gif", "--view", "saliency", "-n", "4")
        with open(self.path("out.gif"), "rb") as file:
            gif = file.read()
        self.assertEqual(gif[:6], b"GIF89a")
        self.assertEqual(struct.unpack("<HH", gif[6:10]), (18, 18))  # a grid of four strips
        self.assertIn(b"NETSCAPE2.0", gif)
        self.assertEqual(gif.count(b"\x21\xf9\x04"), 2)  # as many frames as a strip has images

    def test_the_seed_chooses_samples(self):
        self.train_classifier()
        pictures = []
        for seed in ("1", "1", "2"):
            self.run_atelier("sample", "classifier", "-o", "out.png", "--view", "saliency", "--seed", seed)
            with open(self.path("out.png"), "rb") as file:
                pictures.append(file.read())
        self.assertEqual(pictures[0], pictures[1])
        self.assertNotEqual(pictures[0], pictures[2])

    def test_what_a_model_does_not_have(self):
        self.train_classifier()
        wrong = self.run_atelier("sample", "classifier", "-o", "out.png", "--view", "salience", code=2).stderr
        self.assertIn("--view: the model 'cnn' has no view 'salience', it has saliency (", wrong)
        wrong = self.run_atelier("sample", "classifier", "-o", "out.png", "--view", "saliency", "--columns", "2", code=2).stderr
        self.assertIn("--columns: expected without --view", wrong)
        wrong = self.run_atelier("sample", "classifier", "-o", "out.png", code=2).stderr
        self.assertIn("the model makes no samples; hint: --view shows what it does", wrong)


if __name__ == "__main__":
    unittest.main()
