"""[start] from = "FILE.safetensors": what is taken, what is said of it, and what the log keeps."""

import hashlib
import os
import re
import signal
import unittest

import numpy
import safetensors_file
from atelier_test import LONG, AtelierTest
from experiments import CNN, GAN, RNN

# Nothing is learned, so the final weights are those that the run began with.
FROZEN = ["optimizer.learning_rate=0", "train.epochs=1"]


class Start(AtelierTest):
    def train_as(self, name, text, *words):
        self.write(f"{name}.toml", text)
        return self.output("run", f"{name}.toml", *words).splitlines()[0]

    def export(self, log, name="weights.safetensors"):
        self.run_atelier("export", log, "--weights", "-o", name)
        return safetensors_file.read(self.path(name))[1]

    def write_weights(self, arrays, **options):
        safetensors_file.write(self.path("weights.safetensors"), arrays, **options)
        with open(self.path("weights.safetensors"), "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()

    def begin(self, *words, name="tiny.toml"):
        """A run from weights.safetensors: its log, and what it says of its beginning."""
        done = self.run_atelier("run", name, "start.from=weights.safetensors", *words)
        return done.stdout.splitlines()[0], re.findall("^atelier: note: (start.from: .*)$", done.stderr, re.MULTILINE)

    def assert_same_bits(self, one, other):
        self.assertEqual({name: array.tobytes() for name, array in one.items()},
                         {name: array.tobytes() for name, array in other.items()})


class RoundTrip(Start):
    def test_every_bit_comes_back(self):
        for name, text in (("rnn", RNN), ("gru", RNN.replace("lstm", "gru")), ("tanh", RNN.replace("lstm", "tanh")),
                           ("cnn", CNN)):
            with self.subTest(name):
                before = self.export(self.train_as(name, text))
                log, said = self.begin(*FROZEN, "name=second", name=f"{name}.toml")
                after = self.export(log, "after.safetensors")
                moved = [key for key in before if "running_" in key or "num_batches" in key]  # in every step
                self.assertEqual(bool(moved), name == "cnn")
                for key in moved:
                    del before[key], after[key]
                self.assert_same_bits(before, after)
                self.assertEqual(len(said), 1)


class Partly(Start):
    def test_what_is_left_out_is_said_and_kept(self):
        log = self.train()
        arrays = dict(self.export(log))
        del arrays["autoencoder.decoder.1.bias"]
        arrays["head.weight"] = numpy.zeros((2, 3), numpy.float32)
        digest = self.write_weights(arrays)
        second, said = self.begin(*FROZEN, "name=second")
        self.assertEqual(said, [
            f"start.from: 7 tensors of the model are taken from weights.safetensors, sha256 {digest[:12]}",
            "start.from: weights.safetensors has nothing for 'autoencoder.decoder.1.bias', which the model initializes",
            "start.from: of weights.safetensors these are not taken: 'head.weight'"])
        kept = self.json("show", second)["provenance"]["start_file"]
        self.assertEqual(kept, {"sha256": digest, "left_out": ["the model's: autoencoder.decoder.1.bias",
                                                               "the file's: head.weight"]})
        self.assertIn(f"sha256 {digest}", self.output("show", second))
        after = self.export(second, "after.safetensors")
        self.assertEqual(after["autoencoder.encoder.0.weight"].tobytes(), arrays["autoencoder.encoder.0.weight"].tobytes())
        self.assertFalse(after["autoencoder.decoder.1.bias"].any())

    def test_check_says_the_same_before_a_run(self):
        arrays = self.export(self.train())
        del arrays["autoencoder.decoder.1.bias"]
        digest = self.write_weights(arrays)
        words = ["check", "tiny.toml", "start.from=weights.safetensors"]
        self.assertIn("start.from: 7 tensors of the model are taken from weights.safetensors", self.output(*words))
        self.assertEqual(self.json(*words)["model"]["start"],
                         {"sha256": digest, "taken": 7, "only_model_has": ["autoencoder.decoder.1.bias"],
                          "only_file_has": []})
        self.assertIsNone(self.json("check", "tiny.toml")["model"]["start"])

    def test_other_types(self):
        arrays = {name: array.astype(numpy.float64) for name, array in self.export(self.train()).items()}
        halved = "autoencoder.encoder.0.weight"
        arrays[halved] = arrays[halved].astype(numpy.float16)
        cut = "autoencoder.encoder.1.weight"
        arrays[cut] = arrays[cut].astype(numpy.float32)
        self.write_weights(arrays, bfloat16=[cut])
        log, _ = self.begin(*FROZEN, "name=second")
        after = self.export(log, "after.safetensors")
        expected = {name: array.astype(numpy.float32) for name, array in arrays.items()}
        expected[cut] = (arrays[cut].view(numpy.uint32) >> 16 << 16).view(numpy.float32)
        self.assert_same_bits(after, expected)

    def test_names_as_the_log_has_them(self):
        arrays = dict(self.export(self.train_as("cnn", CNN)))
        norm = "classifier.convolution.0.norm."
        for theirs, ours in (("weight", "scale"), ("bias", "shift"), ("running_mean", "mean"), ("running_var", "variance")):
            arrays[norm + ours] = arrays.pop(norm + theirs) + numpy.float32(1)
        self.write_weights(arrays)
        log, said = self.begin(*FROZEN, "name=second", name="cnn.toml")
        self.assertEqual(len(said), 1)
        after = self.export(log, "after.safetensors")
        self.assertEqual(after[norm + "weight"].tobytes(), arrays[norm + "scale"].tobytes())

    def test_the_second_bias_of_an_lstm_is_added(self):
        arrays = dict(self.export(self.train_as("rnn", RNN)))
        bias, more = "classifier.recurrent.bias_ih_l0", "classifier.recurrent.bias_hh_l0"
        arrays[more] = numpy.linspace(-1, 1, len(arrays[bias]), dtype=numpy.float32)
        self.write_weights(arrays)
        log, _ = self.begin(*FROZEN, "name=second", name="rnn.toml")
        self.assertEqual(self.export(log, "after.safetensors")[bias].tobytes(), (arrays[bias] + arrays[more]).tobytes())


    def test_what_is_passed_over_is_not_even_read(self):
        arrays = dict(self.export(self.train_as("cnn", CNN)))
        count = "classifier.convolution.0.norm.num_batches_tracked"
        arrays[count] = numpy.full(2, 0.5, numpy.float32)
        self.write_weights(arrays)
        _, said = self.begin(*FROZEN, "name=second", name="cnn.toml")
        self.assertEqual(len(said), 1)

    def test_names_cannot_say_what_is_not_so(self):
        arrays = dict(self.export(self.train()))
        arrays["head\nthe model's: autoencoder"] = numpy.zeros(2, numpy.float32)
        digest = self.write_weights(arrays)
        log, said = self.begin(*FROZEN, "name=second")
        shown = "head␊the model's: autoencoder"
        self.assertEqual(said[1:], [f"start.from: of weights.safetensors these are not taken: '{shown}'"])
        self.assertEqual(self.json("show", log)["provenance"]["start_file"],
                         {"sha256": digest, "left_out": [f"the file's: {shown}"]})


class Groups(Start):
    def setUp(self):
        super().setUp()
        self.arrays = dict(self.export(self.train_as("gan", GAN)))

    def test_one_group_frozen(self):
        arrays = self.arrays
        self.write_weights({name: array for name, array in arrays.items() if name.startswith("generator.")})
        log, said = self.begin("name=second", 'start.groups=["generator"]', 'start.freeze=["generator"]', name="gan.toml")
        self.assertEqual(len(said), 1)  # the other group was not asked for
        after = self.export(log, "after.safetensors")
        self.assertIn("generator.0.norm.running_var", arrays)
        for name, array in arrays.items():
            if "num_batches" not in name:
                self.assertEqual(after[name].tobytes() == array.tobytes(), name.startswith("generator."), name)

    def test_what_a_frozen_group_misses(self):
        arrays = self.arrays
        del arrays["generator.0.bias"]
        self.write_weights(arrays)
        self.assert_error(["run", "gan.toml", "start.from=weights.safetensors", 'start.freeze=["generator"]'],
                          '<override "start.from=weights.safetensors">: start.from: \'weights.safetensors\' has no tensor '
                          "for 'generator.0.bias', which start.freeze would leave as it was initialized")
        self.write_weights({name: array for name, array in arrays.items() if name.startswith("generator.")})
        self.assert_error(["run", "gan.toml", "start.from=weights.safetensors", 'start.groups=["discriminator", "generator"]'],
                          '<override "start.from=weights.safetensors">: start.from: \'weights.safetensors\' has no tensor '
                          "of the group 'discriminator' of start.groups")


class Refused(Start):
    def assert_refused(self, message, *words):
        for verb in ("check", "run"):
            self.assert_error([verb, "tiny.toml", "start.from=weights.safetensors", *words],
                              f'<override "start.from=weights.safetensors">: start.from: {message}')
        self.assertFalse(os.path.exists(self.path("runs")))

    def test_no_file_and_a_broken_one(self):
        path = "weights.safetensors"
        self.assert_refused(f"'{path}': no such file")
        self.write(path, "x")
        self.assert_refused(f"{path}: cannot be read as a safetensors file")

    def test_another_shape_and_another_type(self):
        name = "autoencoder.encoder.0.bias"
        self.write_weights({name: numpy.zeros(17, numpy.float32)})
        self.assert_refused(f"'weights.safetensors' has (17) for '{name}', expected (16)")
        self.write_weights({name: numpy.zeros(16, numpy.int32)})
        self.assert_refused(f"weights.safetensors: '{name}' is of the type I32, expected F64, F32, F16 or BF16")

    def test_nothing_of_the_model(self):
        self.write_weights({"encoder.0.weight": numpy.zeros((16, 64), numpy.float32)})
        self.assert_refused(
            "'weights.safetensors' has no tensor of the model: it has 'encoder.0.weight'; expected "
            "'autoencoder.encoder.0.weight', 'autoencoder.encoder.0.bias', 'autoencoder.encoder.1.weight', "
            "'autoencoder.encoder.1.bias', 'autoencoder.decoder.0.weight', 'autoencoder.decoder.0.bias', and 2 more")
        self.write_weights({"autoencoder.encoder.O.weight": numpy.zeros((16, 64), numpy.float32)})
        done = self.run_atelier("check", "tiny.toml", "start.from=weights.safetensors", code=2)
        self.assertIn("; is 'autoencoder.encoder.O.weight' what the model calls 'autoencoder.encoder.0.weight'?", done.stderr)


class Evidence(Start):
    """The file is part of what a run is made from."""

    def begun(self, *words):
        self.export(self.train())
        return self.begin("name=second", *words)[0]

    def test_verify_takes_it_again(self):
        log = self.begun()
        self.assertIn("the same, bit for bit", self.output("verify", log))

    def test_another_file_is_another_experiment(self):
        log = self.begun()
        arrays = dict(safetensors_file.read(self.path("weights.safetensors"))[1])
        arrays["autoencoder.encoder.0.bias"] = arrays["autoencoder.encoder.0.bias"] + numpy.float32(1)
        self.write_weights(arrays)
        done = self.run_atelier("verify", log, code=3)
        self.assertRegex(done.stderr, "this is another experiment: start file was [0-9a-f]{12} and is [0-9a-f]{12}")

    def test_another_models_file_is_said_to_be_another_file(self):
        log = self.begun()
        before = self.json("show", log)["provenance"]["start_file"]["sha256"]
        after = self.write_weights({"head.weight": numpy.zeros(2, numpy.float32)})
        said = self.run_atelier("verify", log, code=2).stderr
        self.assertIn(f"weights.safetensors' is not the file that the run began with: its sha256 is {after} and was {before}; "
                      "hint: bring that file back\n", said)
        self.assertIn("has no tensor of the model: it has 'head.weight'", said)
        self.write("weights.safetensors", "x")
        said = self.run_atelier("verify", log, code=2).stderr
        self.assertIn(f"and was {before}", said)

    def test_a_file_that_is_gone(self):
        log = self.begun()
        digest = self.json("show", log)["provenance"]["start_file"]["sha256"]
        os.remove(self.path("weights.safetensors"))
        done = self.run_atelier("verify", log, code=2)
        self.assertIn("weights.safetensors': no such file, and the run began with its weights, "
                      f"sha256 {digest}; hint: bring it back;", done.stderr)
        self.run_atelier("sample", log, "-o", "out.png")

    def test_a_run_goes_on_without_it(self):
        self.export(self.train())
        process, log = self.start("name=second", "start.from=weights.safetensors", *LONG)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        os.remove(self.path("weights.safetensors"))
        before = self.json("show", log)["provenance"]["start_file"]
        self.run_atelier("resume", log)
        shown = self.json("show", log)
        self.assertEqual((shown["status"], shown["provenance"]["start_file"]), ("finished", before))


if __name__ == "__main__":
    unittest.main()
