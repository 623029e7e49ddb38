import csv
import io
import os
import re
import signal
import struct
import tomllib
import unittest
import wave
import zlib

import safetensors_file
from atelier_test import LONG, TINY, AtelierTest
from experiments import CNN, RNN, SIGNALS, TEXT

try:
    import h5py
except ImportError:
    h5py = None


def grey_pixels(png):
    """(height, width), and the rows of a grey PNG file that is not interlaced, its filters undone."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    at, data = 8, b""
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at:at + 8])
        content = png[at + 8:at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", content)
            assert (depth, colour, interlaced) == (8, 0, 0)
        data += content if kind == b"IDAT" else b""
        at += 12 + length
    raw, rows, above = zlib.decompress(data), [], bytes(width)
    for y in range(height):
        kind, row = raw[y * (width + 1)], bytearray(raw[y * (width + 1) + 1:(y + 1) * (width + 1)])
        for x in range(width):
            left, up, corner = row[x - 1] if x else 0, above[x], above[x - 1] if x else 0
            guess = left + up - corner
            paeth = min((left, up, corner), key=lambda near: abs(guess - near))
            row[x] = (row[x] + [0, left, up, (left + up) // 2, paeth][kind]) % 256
        rows.append(list(row))
        above = bytes(row)
    return (height, width), rows


class Export(AtelierTest):
    def content(self, *names):
        with open(self.path(os.path.join(*names)), "rb") as file:
            return file.read()

    def export(self, *words):
        return self.run_atelier("export", *words)

    def train_as(self, name, text, *words):
        self.write(f"{name}.toml", text)
        return self.output("run", f"{name}.toml", *words).splitlines()[0]


class Weights(Export):
    def weights(self, log, *words):
        self.export(log, "--weights", "-o", "weights.safetensors", *words)
        return safetensors_file.read(self.path("weights.safetensors"))

    def test_names_shapes_and_where_they_come_from(self):
        log = self.train()
        metadata, arrays = self.weights(log)
        self.assertEqual({name: array.shape for name, array in arrays.items()},
                         {"autoencoder.encoder.0.weight": (16, 64), "autoencoder.encoder.0.bias": (16,),
                          "autoencoder.encoder.1.weight": (4, 16), "autoencoder.encoder.1.bias": (4,),
                          "autoencoder.decoder.0.weight": (16, 2), "autoencoder.decoder.0.bias": (16,),
                          "autoencoder.decoder.1.weight": (64, 16), "autoencoder.decoder.1.bias": (64,)})
        self.assertEqual((metadata["format"], metadata["atelier.format_version"]), ("pt", "1"))
        self.assertEqual((metadata["atelier.step"], metadata["atelier.weights"]), ("12", "final"))
        self.assertEqual((metadata["atelier.name"], metadata["atelier.seed"]), ("tiny", "7"))
        self.assertIn(metadata["atelier.run_id"][:8], log)
        self.assertEqual(tomllib.loads(metadata["atelier.experiment"])["model"]["hidden"], [16])

    @unittest.skipIf(h5py is None, "h5py is not installed")
    def test_every_bit_is_the_logs(self):
        log = self.train_as("rnn", RNN)
        for which, group in (("final", "final/weights"), ("best", "best/weights")):
            metadata, arrays = self.weights(log, "--of", which)
            self.assertEqual(metadata["atelier.weights"], which)
            renamed = {"weight": "weight_ih_l0", "recurrent_weight": "weight_hh_l0", "bias": "bias_ih_l0"}
            with h5py.File(self.path(log)) as file:
                for name, values in file[f"{group}/parameters"].items():
                    scope, leaf = name.rsplit(".", 1)
                    if scope.endswith("recurrent.0"):
                        name = f"{scope[:-2]}.{renamed[leaf]}"
                    self.assertEqual(arrays.pop(name).tobytes(), values[()].tobytes())
            self.assertEqual([(name, array.any()) for name, array in arrays.items()],
                             [("classifier.recurrent.bias_hh_l0", False)])

    def test_running_statistics(self):
        _, arrays = self.weights(self.train_as("cnn", CNN))
        for leaf in ("weight", "bias", "running_mean", "running_var"):
            self.assertEqual(arrays[f"classifier.convolution.0.norm.{leaf}"].shape, (4,))
        self.assertEqual(arrays["classifier.convolution.0.norm.num_batches_tracked"], 8)

    def test_another_runs_weights_are_left_out_or_asked_for(self):
        classifier = self.train_as("cnn", CNN)
        self.write("tiny.toml", TINY + '[loss.reconstruction]\nuse = "perceptual"\nfrom = "cnn"\nweight = 1.0\n')
        log = self.train()
        run_id = self.json("show", classifier)["id"]
        self.assertIn(f"atelier: note: {log}: weights of other runs that it used are left out: cnn ({run_id}); hint: "
                      "--foreign NAME writes one's\n", self.export(log, "--weights", "-o", "own.safetensors").stderr)
        _, own = safetensors_file.read(self.path("own.safetensors"))
        self.assertTrue(all(name.startswith("autoencoder.") for name in own))
        _, expected = self.weights(classifier)
        for word in ("cnn", run_id[:5]):
            metadata, found = self.weights(log, "--foreign", word)
            self.assertEqual((metadata["atelier.name"], metadata["atelier.run_id"]), ("cnn", run_id))
            self.assertEqual(tomllib.loads(metadata["atelier.experiment"])["model"]["use"], "cnn")
            for name, array in found.items():
                if not name.endswith("num_batches_tracked"):
                    self.assertEqual(array.tobytes(), expected[name].tobytes())
            self.assertEqual(set(found), set(expected))
        self.assert_error(["export", log, "--weights", "-o", "a.safetensors", "--foreign", "cnm"],
                          f"--foreign: {log} used no run 'cnm'; did you mean 'cnn'?")
        self.assert_error(["export", log, "--weights", "-o", "a.safetensors", "--foreign", "cnn", "--of", "best"],
                          "--of: says nothing with --foreign: a log has another run's weights once")
        self.assert_error(["export", classifier, "--weights", "-o", "a.safetensors", "--foreign", "cnn"],
                          f"--foreign: {classifier} used no run 'cnn', expected none: there are none")
        self.assert_error(["export", log, "--metrics", "-o", "a.csv", "--foreign", "cnn"], "--foreign: expected with --weights only")
        self.assertNotIn("left out", self.export(classifier, "--weights", "-o", "b.safetensors").stderr)

    def test_which_weights(self):
        log = self.train()
        self.assertEqual(self.weights(log, "--of", "checkpoint")[0]["atelier.weights"], "checkpoint")
        self.assert_error(["export", log, "--weights", "-o", "a.safetensors", "--of", "bst"],
                          "--of: got 'bst', expected final, best or checkpoint; did you mean 'best'?")

    @unittest.skipIf(h5py is None, "h5py is not installed")
    def test_a_checkpoint_has_the_weights_themselves_and_final_ones_their_averages(self):
        log = self.train("train.average=0.9")
        metadata, own = self.weights(log, "--of", "checkpoint")
        self.assertEqual((metadata["atelier.weights"], metadata["atelier.step"]), ("checkpoint", "12"))
        _, final = self.weights(log, "--of", "final")
        with h5py.File(self.path(log)) as file:
            newest = max(file["checkpoints"].values(), key=lambda slot: slot.attrs["sequence"])
            for name, values in newest["parameters"].items():
                self.assertEqual(own[name].tobytes(), values[()].tobytes())
                self.assertNotEqual(own[name].tobytes(), final[name].tobytes())

    def test_the_weights_of_a_run_that_has_not_ended(self):
        process, log = self.start("train.average=0.999", *LONG)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        done = self.export(log, "--weights", "-o", "weights.safetensors")
        metadata, averages = safetensors_file.read(self.path("weights.safetensors"))
        step = metadata["atelier.step"]
        self.assertIn(f"8 tensors, the averages of the checkpoint at step {step}, from {log}", done.stderr)
        self.assertEqual(metadata["atelier.weights"], "averages of the checkpoint")
        metadata, own = self.weights(log, "--of", "checkpoint")
        self.assertEqual((metadata["atelier.weights"], metadata["atelier.step"]), ("checkpoint", step))
        self.assertNotEqual(own["autoencoder.encoder.0.weight"].tobytes(), averages["autoencoder.encoder.0.weight"].tobytes())
        self.assert_error(["export", log, "--weights", "-o", "final.safetensors", "--of", "final"],
                          f"{log}: has no final weights, as the run is interrupted; hint: --of checkpoint has those of its newest "
                          f"checkpoint, of step {step}, and atelier resume goes on with the run")
        self.assertFalse(os.path.exists(self.path("final.safetensors")))

    def test_equal_weights_give_equal_bytes_and_a_file_that_is_there_is_replaced_whole(self):
        log = self.train()
        self.weights(log)
        first = self.content("weights.safetensors")
        self.write("weights.safetensors", "something that was here before")
        self.weights(log)
        self.assertEqual(self.content("weights.safetensors"), first)
        self.assertFalse([name for name in os.listdir(self.folder) if "unfinished" in name])

    def test_a_disk_that_is_full(self):
        log = self.train()
        os.symlink("/dev/full", self.path("full.safetensors"))
        self.assert_error(["export", log, "--weights", "-o", "full.safetensors"],
                          "full.safetensors: cannot be written: No space left on device")


class Metrics(Export):
    def rows(self, *words):
        done = self.run_atelier("export", *words, "--metrics", "-o", "-")
        self.assertEqual(done.stderr, "")
        return list(csv.DictReader(io.StringIO(done.stdout)))

    def test_a_row_for_each_step_and_a_column_for_each_metric(self):
        log = self.train()
        rows = self.rows(log)
        self.assertEqual([row["step"] for row in rows], [str(step) for step in range(1, 13)])
        self.assertEqual(list(rows[0])[:3], ["step", "epoch", "train/loss"])
        self.assertEqual([row["step"] for row in rows if row["test/loss"]], ["4", "8", "12"])
        shown = self.json("show", log)["metrics"]
        for name, series in (("train/loss", shown["train"]["loss"]), ("test/elbo", shown["eval"]["elbo"])):
            self.assertEqual([float(row[name]) for row in rows if row[name]], series["value"])
        self.assertEqual(rows[3]["epoch"], "1")

    def test_a_validation_split_is_called_so(self):
        log = self.train("dataset.validation=0.25")
        rows = self.rows(log)
        self.assertEqual(len([row for row in rows if row["validation/loss"]]), 3)
        self.assertEqual(len([row for row in rows if row["test/loss"]]), 1)

    def test_equal_runs_give_equal_tables_but_for_the_clock(self):
        first, second = self.train(), self.train()
        self.assertEqual(self.rows(first), self.rows(second))
        timed = self.rows(first, "--timing")
        self.assertGreater(float(timed[-1]["timing/train/wall_seconds"]), 0)
        self.assertGreater(float(timed[-1]["timing/eval/samples_per_second"]), 0)

    def test_to_a_file(self):
        log = self.train()
        self.export(log, "--metrics", "-o", "out.csv")
        self.assertEqual(self.content("out.csv").decode(), self.output("export", log, "--metrics", "-o", "-"))


class Samples(Export):
    def files(self, folder):
        return sorted(os.path.relpath(os.path.join(place, name), self.path(folder))
                      for place, _, names in os.walk(self.path(folder)) for name in names)

    @unittest.skipIf(h5py is None, "h5py is not installed")
    def test_each_image_is_a_file(self):
        log = self.train()
        self.export(log, "--samples", "-o", "out")
        self.assertEqual(self.files("out"), [f"generated/step-{step:08}/{i}.png" for step in (4, 8, 12) for i in range(4)])
        with h5py.File(self.path(log)) as file:
            images = file["samples/generated/images"][()]
        for row, step in enumerate((4, 8, 12)):
            for i in range(4):
                size, pixels = grey_pixels(self.content("out", "generated", f"step-{step:08}", f"{i}.png"))
                self.assertEqual(size, (8, 8))
                self.assertEqual(pixels, images[row, i].tolist())

    def test_one_step(self):
        log = self.train()
        self.export(log, "--samples", "-o", "deep/out", "--step", "8")
        self.assertEqual(self.files("deep/out"), [f"generated/step-00000008/{i}.png" for i in range(4)])
        self.assert_error(["export", log, "--samples", "-o", "out", "--step", "7"],
                          f"--step: {log} has no samples of step 7, expected 4, 8 or 12")

    def test_text_and_signals(self):
        self.write("text.txt", "ene mene muh, größer\n" * 30)
        log = self.train_as("text", TEXT)
        self.export(log, "--samples", "-o", "out")
        text = self.content("out", "generated", self.files("out")[-1].split("/")[-1]).decode()
        self.assertEqual(text.count("--- sample "), 3)
        self.assertIn("--- sample 2 ---\n", text)
        self.assertEqual(re.split("--- sample . ---\n", text)[1:], [f"{one}\n" for one in self.shown_texts(log)])
        log = self.train_as("signals", SIGNALS)
        self.export(log, "--samples", "-o", "signals")
        names = self.files("signals")
        self.assertEqual([os.path.splitext(name)[1] for name in names[-2:]], [".csv", ".wav"])
        with wave.open(self.path(os.path.join("signals", names[-1]))) as sound:
            self.assertEqual((sound.getframerate(), sound.getnframes()), (8000, 3 * 16))
        rows = list(csv.reader(io.StringIO(self.content("signals", names[-2]).decode())))
        self.assertEqual((rows[0][:2], len(rows)), (["sample", "time"], 1 + 3 * 16))

    def shown_texts(self, log):
        return self.json("show", log)["samples"]["generated"]["newest"]

    def test_a_model_that_makes_none(self):
        log = self.train_as("cnn", CNN)
        self.assert_error(["export", log, "--samples", "-o", "out"], f"{log}: has no samples: its model makes none")
        self.assertFalse(os.path.exists(self.path("out")))


class WrongInput(Export):
    def test_what_to_export(self):
        self.assert_error(["export", "a.h5", "-o", "a.csv"],
                          "atelier export: got none of them, expected one of --weights, --metrics and --samples")
        self.assert_error(["export", "a.h5", "--metrics", "--weights", "-o", "a.csv"],
                          "atelier export: got --weights and --metrics, expected one of --weights, --metrics and --samples")
        self.assert_error(["export", "a.h5", "--metrics"],
                          "atelier export: got no output, expected: atelier export LOG --metrics -o FILE.csv")

    def test_options_that_are_for_another(self):
        for option, of in ((["--of", "best"], "weights"), (["--step", "3"], "samples"), (["--timing"], "metrics")):
            other = "--metrics" if of == "weights" else "--weights"
            self.assert_error(["export", "a.h5", other, "-o", "a.csv", *option],
                              f"{option[0]}: expected with --{of} only")

    def test_names_of_files(self):
        self.assert_error(["export", "a.h5", "--weights", "-o", "a.pt"],
                          "--output: got 'a.pt', expected a name that ends in .safetensors")
        self.assert_error(["export", "a.h5", "--weights", "-o", "-"],
                          "--output: got '-', expected a name that ends in .safetensors")
        self.assert_error(["export", "a.h5", "--metrics", "-o", "a.tsv"],
                          "--output: got 'a.tsv', expected a name that ends in .csv, or - for the terminal")
        self.write("file", "")
        self.assert_error(["export", "a.h5", "--samples", "-o", "file"],
                          "file: cannot be a folder of samples: it is a file")
        self.assert_error(["export", "a.h5", "--metrics", "-o", "a.csv"], "a.h5: no such file")


if __name__ == "__main__":
    unittest.main()
