"""What `check` says of a log's size, beside the logs that are then made."""

import os
import unittest

import h5py

from atelier_test import AtelierTest


def sizes(path):
    """Bytes of a log, and how many it would have if nothing in it were compressed."""
    saved = 0

    def add(_, item):
        nonlocal saved
        if isinstance(item, h5py.Dataset) and item.compression:
            saved += item.nbytes - item.id.get_storage_size()

    with h5py.File(path, "r") as log:
        log.visititems(add)
    return os.path.getsize(path), os.path.getsize(path) + saved


class Size(AtelierTest):
    # What is not known is how HDF5 rounds the blocks of its heaps and trees, and how long a host's name is: a few KB. The
    # smallest log here has 270.
    TOLERANCE = 0.01
    HEAD = 272  # bytes of a dataset beside its values, as H5Oget_info says

    def compare(self, *words):
        said = self.json("check", "tiny.toml", *words)["model"]["log_bytes"]
        log = self.train(*words)
        size, plain = sizes(self.path(log))
        with h5py.File(self.path(log), "r") as file:
            parameters = file["best/weights/parameters"]
            if any(parameters[name] == file["checkpoints/a/parameters"][name] for name in parameters):
                plain += said["weights"] + self.HEAD * len(parameters)  # which no one can know before
        self.assertEqual(said["at_most"], sum(bytes for part, bytes in said.items() if part != "at_most"))
        self.assertLess(abs(said["at_most"] / plain - 1), self.TOLERANCE, (words, said, size, plain))
        self.assertLessEqual(size, said["at_most"] * (1 + self.TOLERANCE), (words, said, size))
        return said

    def test_of_many_kinds(self):
        small = self.compare()
        rows = self.compare("train.epochs=600", "sample.every=100")
        self.assertGreater(rows["metrics"], small["metrics"])
        all_kinds = self.compare("log.weights=2", "log.gradients=3", "log.gradient_norms=1", "dataset.validation=0.25")
        self.assertGreater(all_kinds["tensors_at_most"], 0)
        large = self.compare("model.hidden=[700,600]", "log.every=7", "evaluate.every=0.5", "sample.every=2")
        self.assertGreater(large["checkpoints"], 0.6 * large["at_most"])
        kept = self.compare("checkpoint.keep=3")
        self.assertGreater(kept["kept"], 4 * kept["checkpoints"])
        images = self.compare("optimizer.use=sgd", "sample.count=64", "dataset.size=32", "sample.every=0.25")
        self.assertGreater(images["samples_at_most"], 0.4 * images["at_most"])

    def test_in_words(self):
        text = self.output("check", "tiny.toml")
        self.assertRegex(text, r"(?m)^log +at most 2[23]\d\.\d KB when it is finished: metrics 117\.6 KB, the rest [\d.]+ KB, checkpoints 27\.\d KB, "
                               r"samples 1\d\.\d KB, weights 9\.\d KB; samples and tensors are compressed$")


if __name__ == "__main__":
    unittest.main()
