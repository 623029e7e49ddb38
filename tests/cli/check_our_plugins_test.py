"""`atelier plugins --check` has nothing to say against our own plugins; what it does not run has a reason."""

import json
import os
import unittest

from atelier_test import AtelierTest

# The components that need what a check cannot know, and how the reason begins.
NOT_RUN = {
    "loss 'perceptual'": "its setting 'from' has no default",
    **{f"metric '{name}'": "its setting 'from' has no default"
       for name in ("class-histogram", "conditional-accuracy", "density-coverage", "frechet-distance", "kernel-distance",
                    "path-length", "precision-recall", "sliced-wasserstein-distance")},
    "dataset 'text-file'": "its setting 'file' has no default",
    "dataset 'image-folder'": "its setting 'directory' has no default",
    "dataset 'cifar-10'": "its data is not here",
    "dataset 'mnist'": "its data is not here",
}


class CheckOurPlugins(AtelierTest):
    def test_each_of_ours_passes(self):
        paths = sorted({component["path"] for component in self.json("plugins")})
        self.assertGreater(len(paths), 20)
        for path in paths:
            with self.subTest(os.path.basename(path)):
                done = self.run_atelier("plugins", "--check", path, "--json")
                checks = json.loads(done.stdout)["checks"]
                self.assertGreater(len(checks), 6)
                for one in checks:
                    if one["result"] == "not run":
                        self.assertIn(one["component"], NOT_RUN)
                        self.assertTrue(one["text"].startswith(NOT_RUN[one["component"]]), one)


if __name__ == "__main__":
    unittest.main()
