#!/usr/bin/python3
"""Weights into PyTorch's modules and out of them, by safetensors files: the modules give what the models give, to 1e-5
of the largest value. Needs torch and the package safetensors, of this Python or of the first on the PATH; exit code 77
where neither has them."""

import importlib.util
import json
import os
import subprocess
import sys
import unittest

NEEDED = ("torch", "safetensors", "numpy")
if not all(importlib.util.find_spec(name) for name in NEEDED):
    if subprocess.run(["python3", "-c", f"import {', '.join(NEEDED)}"], capture_output=True, check=False).returncode != 0:
        print(f"skipped: no Python here has all of {', '.join(NEEDED)}")
        sys.exit(77)
    os.execvp("python3", ["python3", "-B", *sys.argv])

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden"))

import counted  # noqa: E402
import torch  # noqa: E402
from atelier_test import AtelierTest  # noqa: E402
from experiments import on_shapes  # noqa: E402
from safetensors import safe_open  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn.functional import leaky_relu, max_pool2d, relu  # noqa: E402
from torch.nn.utils.parametrizations import spectral_norm  # noqa: E402

PLUGINS = os.environ["ATELIER_OUTPUTS"]
COUNT, CLASSES, GENERATED, SEED, SAMPLING = 32, 5, 4, 7, 4  # SAMPLING: the purpose of draws, host/base/purposes.hpp

# ---- modules whose state_dict has the names of a log's weights in PyTorch


def tree(**modules):
    out = nn.Module()
    for name, module in modules.items():
        setattr(out, name, module)
    return out


def with_norm(layer, norm):
    if norm is not None:
        layer.norm = norm
    return layer


def hidden(layer, x, activation):
    y = layer(x)
    return activation(layer.norm(y) if hasattr(layer, "norm") else y)


def perceptron(widths, norm=False):
    pairs = list(zip(widths, widths[1:]))
    return nn.ModuleList(with_norm(nn.Linear(*pair), nn.BatchNorm1d(pair[1]) if norm and i + 1 < len(pairs) else None)
                         for i, pair in enumerate(pairs))


def run_perceptron(layers, x):
    for layer in layers[:-1]:
        x = hidden(layer, x, relu)
    return layers[-1](x)


class Cnn(nn.Module):
    model = 'use = "cnn"\nfilters = [4, 6]\nhidden = [8]\nbatch_norm = {}'

    def __init__(self, norm):
        super().__init__()
        convolutions = nn.ModuleList(with_norm(nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after) if norm else None)
                                     for before, after in ((1, 4), (4, 6)))
        self.classifier = tree(convolution=convolutions, dense=perceptron([6 * 4 * 4, 8, CLASSES], norm))

    def forward(self, x):
        first, second = self.classifier.convolution
        x = max_pool2d(hidden(first, x, relu), 2)
        return run_perceptron(self.classifier.dense, hidden(second, x, relu).flatten(1))


class Rnn(nn.Module):
    def __init__(self, cell, layers):
        super().__init__()
        kind = {"tanh": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[cell]
        self.classifier = tree(recurrent=kind(8, 6, layers, batch_first=True), output=nn.Linear(6, CLASSES))

    def forward(self, x):
        return self.classifier.output(self.classifier.recurrent(x.flatten(1, 2))[0][:, -1])


class Vae(nn.Module):
    model = 'use = "vae"\nlatent = 3\nhidden = [16, 12]\nbatch_norm = {}'

    def __init__(self, norm):
        super().__init__()
        self.autoencoder = tree(encoder=perceptron([64, 16, 12, 6], norm), decoder=perceptron([3, 12, 16, 64], norm))

    def forward(self, x):
        return run_perceptron(self.autoencoder.encoder, x.flatten(1)).chunk(2, 1)[0]

    def decode(self, z):
        return torch.sigmoid(run_perceptron(self.autoencoder.decoder, z))


class ConvolutionalVae(nn.Module):
    model = 'use = "vae"\nlatent = 3\nencoder = "convolutional"\nfilters = [4, 6]\nkernel = 3\nbatch_norm = {}'

    def __init__(self, norm):
        super().__init__()
        encoder = nn.ModuleList(with_norm(nn.Conv2d(before, after, 3, 2, 1), nn.BatchNorm2d(after) if norm else None)
                                for before, after in ((1, 4), (4, 6)))
        decoder = nn.ModuleList(
            with_norm(nn.ConvTranspose2d(before, after, 3, 2, 1, output_padding=1), nn.BatchNorm2d(before) if norm else None)
            for before, after in ((6, 4), (4, 1)))
        encoder.output, decoder.input = nn.Linear(24, 6), nn.Linear(3, 24)
        self.autoencoder = tree(encoder=encoder, decoder=decoder)

    def forward(self, x):
        for i in "01":
            x = hidden(getattr(self.autoencoder.encoder, i), x, relu)
        return self.autoencoder.encoder.output(x.flatten(1)).chunk(2, 1)[0]

    def decode(self, z):
        x = self.autoencoder.decoder.input(z).reshape(-1, 6, 2, 2)
        return torch.sigmoid(run_transposed(self.autoencoder.decoder, x))


def run_transposed(layers, x):
    """Normalization and activation stand before the weights."""
    for i in "01":
        layer = getattr(layers, i)
        x = layer(relu(layer.norm(x) if hasattr(layer, "norm") else x))
    return x


class Dcgan(nn.Module):
    model = ('use = "dcgan"\nlatent = 5\ngenerator = [8, 6]\ndiscriminator = [4, 4]\ndiscriminator_norm = "layer"\n'
             'spectral_norm = true\ninitialization = "glorot_uniform"')

    def __init__(self):
        super().__init__()
        generator = nn.ModuleList(with_norm(nn.ConvTranspose2d(before, after, 4, 2, 1), nn.BatchNorm2d(before))
                                  for before, after in ((8, 6), (6, 1)))
        generator.project = nn.Linear(5, 8 * 2 * 2)
        discriminator = nn.ModuleList([spectral_norm(nn.Conv2d(1, 4, 4, 2, 1)),
                                       with_norm(spectral_norm(nn.Conv2d(4, 4, 4, 2, 1)), nn.LayerNorm([4, 2, 2]))])
        discriminator.output = spectral_norm(nn.Linear(16, 1))
        self.generator, self.discriminator = generator, discriminator

    def forward(self, x):
        for i in "01":
            x = hidden(getattr(self.discriminator, i), x, lambda y: leaky_relu(y, 0.2))
        return self.discriminator.output(x.flatten(1))

    def decode(self, z):
        x = self.generator.project(z).reshape(-1, 8, 2, 2)
        return torch.tanh(run_transposed(self.generator, x))


class Weights(AtelierTest):
    def environment(self, **changes):
        return super().environment(ATELIER_PLUGIN_PATH=PLUGINS, **changes)

    def train(self, name, text, *words):
        self.write(f"{name}.toml", text)
        return self.output("run", f"{name}.toml", *words).splitlines()[0]

    def outputs(self, log, output, width, generated):
        """What the model saw and said, and made, by name; its measures."""
        settings = {"use": "outputs", "output": output, "width": width, "count": COUNT, "generated": generated}
        words = [f"metric.seen.{key}={json.dumps(value)}" for key, value in settings.items()]
        measured = json.loads(self.output("evaluate", log, *words, "--json"))
        arrays = {name.split(".")[-1]: torch.tensor(array["values"]).reshape(array["shape"])
                  for name, array in measured["arrays"].items()}
        return arrays, measured["metrics"]

    def assert_near(self, got, expected):
        expected = expected.reshape(got.shape)
        self.assertGreater(float(expected.abs().max()), 1e-3)
        self.assertLess(float((got - expected).abs().max() / expected.abs().max()), 1e-5)

    def compare(self, log, module, output="", width=0, latent=0):
        """The module with what the model of this log gives."""
        arrays, measures = self.outputs(log, output, width, GENERATED if latent > 0 else 0)
        module.eval()
        with torch.no_grad():
            said = module(arrays["images"].reshape(-1, 1, 8, 8))
            if width > 0:
                self.assert_near(said, arrays["outputs"])
            else:
                self.assert_near(said.mean(), torch.tensor(measures["real_score"]))
            if latent > 0:
                z = torch.from_numpy(counted.normal(SEED, 0, 0, GENERATED, latent, SAMPLING))
                self.assert_near(module.decode(z), arrays["generated"])

    def out_of(self, log, module):
        """Every tensor is one of the module's, and has its shape."""
        self.run_atelier("export", log, "--weights", "-o", "out.safetensors")
        module.load_state_dict(load_file(self.path("out.safetensors")), strict=True)
        with safe_open(self.path("out.safetensors"), "pt") as file:
            self.assertEqual(file.metadata()["format"], "pt")
        return module

    def into(self, name, text, module, *words):
        """A run that learns nothing from what the module has."""
        save_file(module.state_dict(), self.path("in.safetensors"))
        done = self.run_atelier("run", f"{name}.toml", "name=into", "start.from=in.safetensors", "optimizer.learning_rate=0",
                                "train.epochs=1", *words)
        self.assertNotIn("has nothing for", done.stderr)
        self.assertNotIn("are not taken", done.stderr)
        return done.stdout.splitlines()[0]

    def both_ways(self, name, text, make, latent=0, **output):
        log = self.train(name, text)
        self.compare(log, self.out_of(log, make(True)), latent=latent, **output)
        # A batch normalization would have moved with the one epoch; the others are those of the module.
        plain = text.replace("batch_norm = true", "batch_norm = false")
        self.write(f"{name}.toml", plain)
        module = make(False)
        self.compare(self.into(name, plain, module), module, latent=latent, **output)

    def test_cnn(self):
        self.both_ways("cnn", on_shapes("cnn", Cnn.model.format("true")), Cnn, output="logits", width=CLASSES)

    def test_vae(self):
        for name, kind in (("vae", Vae), ("convolutional", ConvolutionalVae)):
            with self.subTest(name):
                self.both_ways(name, on_shapes(name, kind.model.format("true")), kind, output="posterior_mean", width=3,
                               latent=3)

    def test_rnn(self):
        for cell in ("tanh", "lstm", "gru"):
            for layers in (1, 2):
                with self.subTest(cell=cell, layers=layers):
                    text = on_shapes("rnn", f'use = "rnn"\nunits = 6\ncell = "{cell}"\nlayers = {layers}')
                    self.both_ways("rnn", text, lambda _, kind=(cell, layers): Rnn(*kind), output="logits", width=CLASSES)

    def test_dcgan(self):
        text = on_shapes("dcgan", Dcgan.model).replace('use = "shapes"', 'use = "shapes"\nrange = [-1.0, 1.0]')
        log = self.train("dcgan", text)
        self.compare(log, self.out_of(log, Dcgan()), latent=5)
        module = Dcgan().train()
        with torch.no_grad():
            for _ in range(100):  # until the singular vectors stand, and the running statistics are some
                module(torch.randn(16, 1, 8, 8))
                module.decode(torch.randn(16, 5))
        self.compare(self.into("dcgan", text, module, 'start.freeze=["generator"]'), module, latent=5)


if __name__ == "__main__":
    torch.manual_seed(0)
    unittest.main()
