#!/usr/bin/env python3
"""Rebuilds the network of a finished run as a PyTorch module, from the log alone:
    weights_to_pytorch.py LOG [-o FILE.pt]
prints the module, and writes its state_dict to FILE.pt. The models `vae` (fully connected), `cnn` and `rnn` are known.
Needs h5py and torch."""

import argparse
import sys
import tomllib

import h5py
import torch
from torch import nn


class NotKnown(Exception):
    """What this script cannot rebuild, in words."""


def read_log(path, place="final"):
    """The experiment as a dictionary, and the weights by name: parameters, and state such as running averages. `place` is
    "final" or "best"; both are of the moving average where the experiment has [train] average."""
    with h5py.File(path, "r") as log:
        if log.attrs.get("format") != "atelier-log":
            raise NotKnown(f"{path}: is not a log of atelier")
        if log[place].attrs["sequence"] == 0:  # nothing was written here, or not to its end
            raise NotKnown(f"{path}: holds no {place} weights; the run is {log.attrs['status']}")
        experiment = tomllib.loads(log["experiment/resolved"].asstr()[()])
        weights = {
            name: torch.from_numpy(array[()])
            for kind in ("parameters", "state")
            for name, array in log[f"{place}/weights/{kind}"].items()
        }
    return experiment, weights


ACTIVATIONS = {
    "relu": nn.ReLU,
    "leaky_relu": lambda: nn.LeakyReLU(0.2),
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "softplus": nn.Softplus,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "none": nn.Identity,
}


# ---- layers: each takes its own part of the weights, under `name`


def filled(layer, **tensors):
    """The layer with these tensors; PyTorch refuses a missing name and another shape."""
    state = layer.state_dict()
    state.update(tensors)
    layer.load_state_dict(state)
    return layer


def linear(weights, name):
    weight = weights[name + ".weight"]  # (outputs, inputs)
    return filled(nn.Linear(weight.shape[1], weight.shape[0]), weight=weight, bias=weights[name + ".bias"])


def convolution(weights, name):
    weight = weights[name + ".weight"]  # (outputs, inputs, height, width)
    layer = nn.Conv2d(weight.shape[1], weight.shape[0], weight.shape[2], padding=weight.shape[2] // 2)
    return filled(layer, weight=weight, bias=weights[name + ".bias"])


def batch_norm(weights, name, kind):
    scale = weights[name + ".scale"]  # as all four: (channels)
    return filled(kind(len(scale)), weight=scale, bias=weights[name + ".shift"],
                  running_mean=weights[name + ".mean"], running_var=weights[name + ".variance"])


def recurrent(weights, name, cell):
    """A stack of layers. The rows of the weights are gates: i, f, g, o of an LSTM, r, z, n of a GRU, as in PyTorch, which
    has two biases; what is one here goes into the first."""
    layers = sum(key.startswith(name + ".") and key.endswith(".recurrent_weight") for key in weights)
    inputs, units = weights[f"{name}.0.weight"].shape[1], weights[f"{name}.0.recurrent_weight"].shape[1]
    module = {"tanh": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[cell](inputs, units, layers, batch_first=True)
    tensors = {}
    for i in range(layers):
        tensors[f"weight_ih_l{i}"] = weights[f"{name}.{i}.weight"]  # (gates x units, inputs)
        tensors[f"weight_hh_l{i}"] = weights[f"{name}.{i}.recurrent_weight"]  # (gates x units, units)
        tensors[f"bias_ih_l{i}"] = bias = weights[f"{name}.{i}.bias"]
        tensors[f"bias_hh_l{i}"] = weights.get(f"{name}.{i}.recurrent_bias", torch.zeros_like(bias))
    return filled(module, **tensors)


def perceptron(weights, name, activation):
    """name.0, name.1, ...: linear layers, with batch normalization and an activation between them."""
    layers = []
    while f"{name}.{len(layers)}.weight" in weights:
        i = len(layers)
        last = f"{name}.{i + 1}.weight" not in weights
        layer = [linear(weights, f"{name}.{i}")]
        if f"{name}.{i}.norm.scale" in weights:
            layer.append(batch_norm(weights, f"{name}.{i}.norm", nn.BatchNorm1d))
        layers.append(nn.Sequential(*layer, *([] if last else [ACTIVATIONS[activation]()])))
    return nn.Sequential(nn.Flatten(), *layers)


# ---- models


class Vae(nn.Module):
    """The fully connected one: images (B, C, H, W) to the posterior's mean and log variance, latents to images."""

    def __init__(self, settings, weights):
        super().__init__()
        for setting, known in (("encoder", "fully_connected"), ("conditional", "none"), ("latent_batch_norm", False)):
            if settings[setting] != known:
                raise NotKnown(f"model.{setting}: got {settings[setting]!r}, expected {known!r}")
        self.encoder = perceptron(weights, "autoencoder.encoder", settings["activation"])
        self.decoder = perceptron(weights, "autoencoder.decoder", settings["activation"])

    def encode(self, images):
        return self.encoder(images).chunk(2, dim=1)  # mean, log variance

    def decode(self, latents):
        """Logits of the pixels where the reconstruction loss is bce, the pixels themselves where it is mse."""
        return self.decoder(latents)


class Cnn(nn.Module):
    """Images (B, C, H, W) to logits (B, classes)."""

    def __init__(self, settings, weights):
        super().__init__()
        layers = []
        for i in range(len(settings["filters"])):
            name = f"classifier.convolution.{i}"
            layers += [nn.MaxPool2d(2)] if i > 0 else []
            layers.append(convolution(weights, name))
            layers += [batch_norm(weights, name + ".norm", nn.BatchNorm2d)] if settings["batch_norm"] else []
            layers.append(ACTIVATIONS[settings["activation"]]())
        self.layers = nn.Sequential(*layers, perceptron(weights, "classifier.dense", settings["activation"]))

    def forward(self, images):
        return self.layers(images)


class Rnn(nn.Module):
    """Images (B, C, H, W), read row by row, to logits (B, classes)."""

    def __init__(self, settings, weights):
        super().__init__()
        self.recurrent = recurrent(weights, "classifier.recurrent", settings["cell"])
        self.output = linear(weights, "classifier.output")

    def forward(self, images):
        states, _ = self.recurrent(images.transpose(1, 2).flatten(2))  # (B, H, C W)
        return self.output(states[:, -1])


MODELS = {"vae": Vae, "cnn": Cnn, "rnn": Rnn}


def model_from_log(path, place="final"):
    """The run's network with its weights, in evaluation mode: running averages, no dropout."""
    experiment, weights = read_log(path, place)
    settings = experiment["model"]
    if settings["use"] not in MODELS:
        raise NotKnown(f"{path}: is a run of '{settings['use']}', expected one of {', '.join(MODELS)}")
    return MODELS[settings["use"]](settings, weights).eval()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0] + ".")
    parser.add_argument("log", metavar="LOG")
    parser.add_argument("-o", "--output", metavar="FILE.pt", help="where to write the state_dict")
    arguments = parser.parse_args()
    try:
        model = model_from_log(arguments.log)
    except NotKnown as error:
        sys.exit(f"weights_to_pytorch: {error}")
    except OSError as error:  # h5py's does not name the file
        sys.exit(f"weights_to_pytorch: {arguments.log}: {error}")
    print(model)
    if arguments.output:
        torch.save(model.state_dict(), arguments.output)


if __name__ == "__main__":
    main()
