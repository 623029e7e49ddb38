"""Variational autoencoders in PyTorch. Modules are made in the order of Atelier's parameters."""
import math

import torch
import torch.nn.functional as F
from torch import nn

from pytorch_layers import ACTIVATIONS, MaskedConv2d, Residual, halved, mlp, relu


def convolutional_coder(case):
    """5x5 kernels with stride 2, and the same mirrored."""
    filters, latent = [case.image[0], *case.model["filters"]], case.model["latent"]
    sizes, encoder, decoder = halved(case.image[1:], len(filters) - 1), [], []
    for inputs, outputs in zip(filters, filters[1:]):
        encoder += [nn.Conv2d(inputs, outputs, 5, 2, 2), relu()]
    inner = filters[-1], *sizes[-1]
    flat = inner[0] * inner[1] * inner[2]
    encoder += [nn.Flatten(), nn.Linear(flat, 2 * latent)]
    decoder += [nn.Linear(latent, flat), nn.Unflatten(1, inner), relu()]
    for i in range(len(filters) - 1, 0, -1):
        odd = [length - (2 * half - 1) for length, half in zip(sizes[i - 1], sizes[i])]
        decoder += [nn.ConvTranspose2d(filters[i], filters[i - 1], 5, 2, 2, output_padding=odd), relu()]
    return nn.Sequential(*encoder), nn.Sequential(*decoder[:-1])


class Vae(nn.Module):
    """Kingma & Welling 2014; with more than one draw for each image the bound of Burda et al. 2016."""

    def __init__(self, case):
        super().__init__()
        self.latent, self.samples = case.model["latent"], case.model.get("samples", 1)
        if case.model.get("encoder") == "convolutional":
            self.encoder, self.decoder = convolutional_coder(case)
        else:
            hidden, activation = case.model["hidden"], ACTIVATIONS[case.model.get("activation", "relu")]
            self.encoder = nn.Sequential(nn.Flatten(), *mlp([case.flat, *hidden, 2 * self.latent], activation))
            self.decoder = nn.Sequential(*mlp([self.latent, *reversed(hidden), case.flat], activation), nn.Unflatten(1, case.image))

    def prepare(self, make_optimizer, wrap):
        self.optimizer, self.losses = make_optimizer(self), wrap(self._importance_weighted if self.samples > 1 else self._elbo)

    def _elbo(self, x, noise):
        mean, log_variance = self.encoder(x).chunk(2, dim=1)
        logits = self.decoder(mean + torch.exp(0.5 * log_variance) * noise[:, 0])
        reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
        divergence = self._divergence(mean, log_variance)
        return reconstruction + divergence, reconstruction, divergence

    def _importance_weighted(self, x, noise):
        mean, log_variance = self.encoder(x).chunk(2, dim=1)
        z = mean[:, None] + torch.exp(0.5 * log_variance)[:, None] * noise  # (B, k, latent)
        logits = self.decoder(z.flatten(0, 1)).reshape(len(x), self.samples, -1)
        of_each = F.binary_cross_entropy_with_logits(logits, x.reshape(len(x), 1, -1).expand_as(logits), reduction="none").sum(2)
        ratio = -0.5 * (z.square() - noise.square() - log_variance[:, None]).sum(2)
        loss = math.log(self.samples) - torch.logsumexp(ratio - of_each, 1).mean()
        return loss, of_each.mean(), self._divergence(mean, log_variance)

    @staticmethod
    def _divergence(mean, log_variance):
        return -0.5 * torch.sum(1 + log_variance - mean * mean - torch.exp(log_variance)) / len(mean)

    def step(self, batches, draws):
        x, _ = next(batches)
        self.optimizer.zero_grad()
        loss, reconstruction, divergence = self.losses(x, draws.normal(len(x), self.samples, self.latent))
        loss.backward()
        self.optimizer.step()
        return {"loss": loss.detach(), "reconstruction": reconstruction.detach(), "divergence": divergence.detach()}

    def infer(self, images, draws):
        return torch.sigmoid(self.decoder(draws.normal(len(images), self.latent)))


class Codebook(nn.Module):
    """van den Oord et al. 2017: vectors that follow, by moving averages, what they stand for."""

    def __init__(self, codes, length, decay=0.99, restart_below=0.5):
        super().__init__()
        self.codes, self.decay, self.restart_below = codes, decay, restart_below
        self.register_buffer("vectors", torch.zeros(codes, length))
        self.register_buffer("uses", torch.zeros(codes))

    def start(self, rows, step):
        """Of the encoder's outputs that take the places of codes that are not used."""
        return torch.tensor(step * 7919 % (rows - self.codes + 1))

    def restart(self, rows, start):
        dead = self.uses <= self.restart_below
        self.vectors.copy_(torch.where(dead[:, None], rows[start + torch.arange(self.codes)], self.vectors))
        self.uses.copy_(torch.where(dead, 1.0, self.uses))

    def nearest(self, rows):
        return (self.vectors.square().sum(1) - 2 * rows @ self.vectors.T).argmin(1)

    def follow(self, rows, codes):
        counts = torch.zeros_like(self.uses).index_add_(0, codes, torch.ones(len(codes)))
        sums = torch.zeros_like(self.vectors).index_add_(0, codes, rows)
        self.uses.mul_(self.decay).add_(counts, alpha=1 - self.decay)
        self.vectors.add_((sums - self.vectors * counts[:, None]) / self.uses[:, None], alpha=1 - self.decay)


def prior_network(codes, length, features=64, blocks=3):
    layers = [MaskedConv2d(length, features, 5, sees_itself=False)]
    for _ in range(blocks):  # what comes in is still needed
        layers.append(Residual(nn.ReLU(), nn.Conv2d(features, features // 2, 1), relu(),
                               MaskedConv2d(features // 2, features // 2, 3, sees_itself=True), relu(),
                               nn.Conv2d(features // 2, features, 1)))
    return nn.Sequential(*layers, relu(), nn.Conv2d(features, features, 1), relu(), nn.Conv2d(features, codes, 1))


class VqVae(nn.Module):
    def __init__(self, case, features=64, commitment=0.25):
        super().__init__()
        channels, self.length, self.commitment, self.steps = case.image[0], case.model["length"], commitment, 0
        self.encoder = nn.Sequential(nn.Conv2d(channels, features // 2, 4, 2, 1), relu(), nn.Conv2d(features // 2, features, 4, 2, 1),
                                     *self.blocks(features), nn.Conv2d(features, self.length, 1))
        self.decoder = nn.Sequential(nn.Conv2d(self.length, features, 3, padding=1), *self.blocks(features),
                                     nn.ConvTranspose2d(features, features // 2, 4, 2, 1), relu(),
                                     nn.ConvTranspose2d(features // 2, channels, 4, 2, 1))
        self.codebook = Codebook(case.model["codes"], self.length)
        self.prior = prior_network(case.model["codes"], self.length)
        self.grid = case.image[1] // 4, case.image[2] // 4

    @staticmethod
    def blocks(features, count=2):
        return [*(Residual(nn.ReLU(), nn.Conv2d(features, features // 2, 3, padding=1), relu(), nn.Conv2d(features // 2, features, 1))
                  for _ in range(count)), relu()]

    def prepare(self, make_optimizer, wrap):
        self.optimizers = make_optimizer(nn.ModuleList([self.encoder, self.decoder])), make_optimizer(self.prior)
        self.losses = wrap(self._losses)

    def _losses(self, x, start):
        encoded = self.encoder(x)
        with torch.no_grad():
            rows = encoded.permute(0, 2, 3, 1).reshape(-1, self.length)
            self.codebook.restart(rows, start)
            codes = self.codebook.nearest(rows)
            z = self.codebook.vectors[codes].reshape(len(x), *self.grid, self.length).permute(0, 3, 1, 2)
            self.codebook.follow(rows, codes)
        logits = self.decoder(encoded + (z - encoded).detach())
        reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
        commitment = (encoded - z).square().sum() / len(x)
        prior = F.cross_entropy(self.prior(z), codes.reshape(len(x), *self.grid), reduction="sum") / len(x)
        return reconstruction, commitment, prior

    def step(self, batches, draws):
        x, _ = next(batches)
        self.steps += 1
        start = self.codebook.start(len(x) * self.grid[0] * self.grid[1], self.steps)
        for optimizer in self.optimizers:
            optimizer.zero_grad()
        reconstruction, commitment, prior = self.losses(x, start)
        loss = reconstruction + self.commitment * commitment
        (loss + prior).backward()  # no weight has a part in both
        for optimizer in self.optimizers:
            optimizer.step()
        return {"loss": loss.detach(), "reconstruction": reconstruction.detach(), "commitment": commitment.detach(), "prior": prior.detach()}

    def infer(self, images, draws):
        """Place after place from the prior."""
        z = torch.zeros(len(images), self.length, *self.grid)
        for row in range(self.grid[0]):
            for column in range(self.grid[1]):
                logits = self.prior(z)[:, :, row, column]
                z[:, :, row, column] = self.codebook.vectors[torch.multinomial(logits.softmax(1), 1)[:, 0]]
        return torch.sigmoid(self.decoder(z))
