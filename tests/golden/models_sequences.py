"""Models of text and of signals, after their papers; see models.py."""
import math

import torch
import torch.nn.functional as F

from models import BATCH, Parameters
from models_convolutional import targets
from models_recurrent import Layers, Output


class CharacterRnn:
    """Graves 2013, section 3: each token from those before it, the first from nothing."""

    image_range = (0.0, 1.0)
    latent = 1
    tokens, length = 5, 6

    def __init__(self, cell, units, layers, embedding):
        self.parameters = Parameters()
        self.parameters.add("network.embedding.table", (self.tokens, embedding))
        self.layers = Layers(self.parameters, "network.recurrent", cell, embedding, units, layers)
        self.output = Output(self.parameters, "network.output", units, self.tokens)

    def fields(self, step):
        text = [[(step + i * i + 2 * t) % self.tokens for t in range(self.length)] for i in range(BATCH)]
        return [("text", self.tokens, torch.tensor(text))]

    def further_inputs(self, step, seed):
        return [self.fields(step)[0][2]]

    def losses(self, x, noise, text):
        read = F.embedding(text, self.parameters["network.embedding.table"])
        states, _ = self.layers.run([torch.zeros_like(read[:, 0]), *read[:, :-1].unbind(1)])
        loss = sum(F.cross_entropy(self.output(h), text[:, t]) for t, h in enumerate(states)) / self.length
        yield "network", {"loss": loss, "bits_per_character": loss / math.log(2)}, loss


class SignalVae:
    """Kingma & Welling 2014, section 3, with convolutions over time that halve and double."""

    image_range = (0.0, 1.0)
    shape = (2, 8)  # C, T

    def __init__(self, latent, filters, beta):
        self.latent, self.filters, self.beta = latent, filters, beta
        self.parameters = p = Parameters()
        channels = [self.shape[0], *filters]
        for i in range(len(filters)):
            p.add(f"autoencoder.halving.{i}.weight", (channels[i + 1], channels[i], 4))
            p.add(f"autoencoder.halving.{i}.bias", (channels[i + 1],))
            p.add(f"autoencoder.doubling.{i}.weight", (channels[i + 1], channels[i], 4))
            p.add(f"autoencoder.doubling.{i}.bias", (channels[i],))
        self.deepest = (filters[-1], self.shape[1] >> len(filters))
        features = self.deepest[0] * self.deepest[1]
        self.posterior = Output(p, "autoencoder.posterior", features, 2 * latent)
        self.first = Output(p, "autoencoder.first", latent, features)

    def fields(self, step):
        return [("signal", 0, targets(step, self.shape))]

    def further_inputs(self, step, seed):
        return [self.fields(step)[0][2]]

    def weights(self, name):
        return self.parameters[f"autoencoder.{name}.weight"], self.parameters[f"autoencoder.{name}.bias"]

    def losses(self, x, noise, signal):
        h = signal
        for i in range(len(self.filters)):
            h = F.relu(F.conv1d(h, *self.weights(f"halving.{i}"), stride=2, padding=1))
        mean, log_variance = self.posterior(h.flatten(1)).chunk(2, dim=1)
        h = self.first(mean + torch.exp(log_variance / 2) * noise).reshape(BATCH, *self.deepest)
        for i in reversed(range(len(self.filters))):
            h = F.conv_transpose1d(F.relu(h), *self.weights(f"doubling.{i}"), stride=2, padding=1)
        error = F.mse_loss(h, signal, reduction="sum") / BATCH
        divergence = -0.5 * (1 + log_variance - mean**2 - log_variance.exp()).sum(dim=1).mean()
        loss = error + self.beta * divergence
        yield "autoencoder", {"loss": loss, "reconstruction": error, "divergence": divergence}, loss
