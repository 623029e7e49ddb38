import unittest

from atelier_test import TINY, AtelierTest


class Show(AtelierTest):
    def test_text(self):
        log = self.train()
        text = self.output("show", log)
        for part in ("tiny  ", "finished", log, "latent = 2", "provenance", "fingerprint", "train/loss", "test/loss",
                     "best test/loss: ", "/samples/generated/images", "checkpoint step 12", "final      step 12"):
            self.assertIn(part, text)
        self.assertRegex(text, r"train/loss .* [▁▂▃▄▅▆▇█]{12}\n")
        self.assertNotIn("\x1b", text)

    def test_json(self):
        log = self.train("model.latent=3")
        shown = self.json("show", log)
        self.assertEqual((shown["name"], shown["seed"], shown["status"], shown["steps"]), ("tiny", 7, "finished", 12))
        self.assertEqual(shown["experiment"]["source"], TINY)
        self.assertEqual(shown["experiment"]["overrides"].strip(), "model.latent=3")
        self.assertEqual(shown["metrics"]["train"]["loss"]["step"], list(range(1, 13)))
        loss = shown["metrics"]["eval"]["loss"]
        self.assertEqual((loss["step"], loss["epoch"]), ([4, 8, 12], [1, 2, 3]))
        self.assertEqual(shown["best"], {"metric": "test/loss", "better": "smaller", "value": min(loss["value"]),
                                         "step": loss["step"][loss["value"].index(min(loss["value"]))]})
        self.assertEqual(shown["samples"]["generated"]["step"], [4, 8, 12])

    def test_by_name_and_by_folder(self):
        self.train("seed=1")
        log = self.train("seed=2", "--out", "other")
        self.assertEqual(self.json("show", "tiny")["seed"], 1)
        self.assertEqual(self.json("show", "other")["path"], log)
        self.assertEqual(self.json("show", "tiny", "--out", "other")["path"], log)

    def test_what_is_no_log(self):
        self.write("text.h5", "no log\n")
        self.assert_error(["show", "text.h5"], "text.h5: cannot be read: it is not an HDF5 file")
        self.assert_error(["show", "none.h5"], "none.h5: no such file")
        self.assert_error(["show", "nothing"], "'nothing': expected a log, a folder with logs, or in 'runs' an experiment or "
                          "a run's id")

    def test_a_truncated_log(self):
        with open(self.path(self.train()), "rb") as file:
            content = file.read()
        with open(self.path("short.h5"), "wb") as file:
            file.write(content[:3000])
        self.assert_error(["show", "short.h5"],
                          f"short.h5: cannot be read: it is truncated: 3000 bytes of {len(content)}")


if __name__ == "__main__":
    unittest.main()
