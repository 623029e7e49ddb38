import os
import struct
import unittest

from atelier_test import AtelierTest


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
        self.assert_error(["sample", "a.h5"],
                          "atelier sample: got no output file, expected: atelier sample LOG -o FILE.png")
        self.assert_error(["sample", "a.h5", "-o", "out.jpg"],
                          "--output: got 'out.jpg', expected a name that ends in .png")
        folder = os.path.join(os.path.realpath(self.folder), "none")
        self.assert_error(["sample", "a.h5", "-o", "none/out.png"],
                          f"none/out.png: cannot be written: there is no folder {folder}")
        self.assert_error(["sample", "a.h5", "-o", "out.png"], "a.h5: no such file")
        self.assert_error(["sample", "a.h5", "-o", "out.png", "-n", "0"],
                          "--count: got '0', expected an integer of at least 1 and at most 65536")


if __name__ == "__main__":
    unittest.main()
