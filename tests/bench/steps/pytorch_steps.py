"""The same training steps in PyTorch, served as atelier_steps.cpp does. compare.py talks to it.

    pytorch_steps.py MODEL BATCH IMAGES

MODEL is gan or vae, IMAGES a file of float32 (n, 784) in the model's range. Commands, a line of JSON each:
    {"do": "configure", "threads": 2, "optimizer": "foreach" | "fused" | "loop", "compile": false}
    {"do": "parity", "steps": 20, "folder": "...", "parameters": [...]}    repeats what atelier_steps wrote there
    {"do": "round", "seconds": 1.0}
"""
import json
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

PIXELS = 784


def mlp(h, layers, activation):
    """layers: weight, bias, weight, bias, ..."""
    for i in range(0, len(layers) - 2, 2):
        h = activation(F.linear(h, layers[i], layers[i + 1]))
    return F.linear(h, layers[-2], layers[-1])


def leaky(x):
    return F.leaky_relu(x, 0.2, inplace=True)


def relu(x):
    return F.relu(x, inplace=True)


def layers_of(widths):
    out = []
    for inputs, outputs in zip(widths, widths[1:]):
        limit = (6 / (inputs + outputs)) ** 0.5  # Glorot & Bengio 2010
        out += [torch.empty(outputs, inputs).uniform_(-limit, limit).requires_grad_(), torch.zeros(outputs).requires_grad_()]
    return out


class Gan:
    latent = 100

    def __init__(self, batch, make_optimizer, wrap):
        self.generator = layers_of([100, 128, 256, 512, PIXELS])
        self.discriminator = layers_of([PIXELS, 512, 256, 128, 1])
        self.parameters = self.generator + self.discriminator  # in Atelier's order
        self.real, self.fake = torch.ones(batch, 1), torch.zeros(batch, 1)
        settings = {"lr": 2e-4, "betas": (0.5, 0.999)}
        self.optimizers = [make_optimizer(self.discriminator, **settings), make_optimizer(self.generator, **settings)]
        self.generate = wrap(lambda noise: torch.tanh(mlp(noise, self.generator, leaky)))
        self.discriminator_loss = wrap(self._discriminator_loss)
        self.generator_loss = wrap(self._generator_loss)

    def _discriminator_loss(self, x, fake):
        return (F.binary_cross_entropy_with_logits(mlp(x, self.discriminator, leaky), self.real)
                + F.binary_cross_entropy_with_logits(mlp(fake, self.discriminator, leaky), self.fake))

    def _generator_loss(self, fake):  # through the discriminator, of which no gradients are wanted
        frozen = [p.detach() for p in self.discriminator]
        return F.binary_cross_entropy_with_logits(mlp(fake, frozen, leaky), self.real)

    def step(self, x, noise):
        d_optimizer, g_optimizer = self.optimizers
        fake = self.generate(noise)
        d_optimizer.zero_grad(set_to_none=True)
        d = self.discriminator_loss(x, fake.detach())
        d.backward()
        d_optimizer.step()
        g_optimizer.zero_grad(set_to_none=True)
        g = self.generator_loss(fake)
        g.backward()
        g_optimizer.step()
        return {"discriminator_loss": d.detach(), "generator_loss": g.detach()}


class Vae:
    latent = 20

    def __init__(self, batch, make_optimizer, wrap):
        self.encoder = layers_of([PIXELS, 512, 256, 40])
        self.decoder = layers_of([20, 256, 512, PIXELS])
        self.parameters = self.encoder + self.decoder
        self.batch = batch
        self.optimizer = make_optimizer(self.parameters, lr=1e-3)
        self.loss = wrap(self._loss)

    def _loss(self, x, noise):
        mean, log_variance = mlp(x, self.encoder, relu).chunk(2, dim=1)
        logits = mlp(mean + torch.exp(0.5 * log_variance) * noise, self.decoder, relu)
        reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / self.batch
        divergence = -0.5 * torch.sum(1 + log_variance - mean * mean - torch.exp(log_variance)) / self.batch
        return reconstruction + divergence, reconstruction, divergence

    def step(self, x, noise):
        self.optimizer.zero_grad(set_to_none=True)
        loss, reconstruction, divergence = self.loss(x, noise)
        loss.backward()
        self.optimizer.step()
        return {"loss": loss.detach(), "reconstruction": reconstruction.detach(), "divergence": divergence.detach()}


class Worker:
    def __init__(self, model, batch, images):
        self.kind, self.batch = {"gan": Gan, "vae": Vae}[model], batch
        self.images = torch.from_numpy(np.fromfile(images, np.float32).reshape(-1, PIXELS))

    def configure(self, threads, optimizer, compile):
        torch.set_num_threads(threads)
        torch.compiler.reset()
        flags = {"foreach": {"foreach": True}, "fused": {"fused": True}, "loop": {"foreach": False}}[optimizer]
        wrap = torch.compile if compile else lambda function: function
        self.model = self.kind(self.batch, lambda parameters, **more: torch.optim.Adam(parameters, **more, **flags), wrap)
        self.order, self.next = torch.randperm(len(self.images)), 0
        for _ in range(20):
            self.train_step()
        return {}

    def train_step(self):
        if self.next + self.batch > len(self.order):
            self.order, self.next = torch.randperm(len(self.images)), 0
        x = self.images[self.order[self.next:self.next + self.batch]]
        self.next += self.batch
        return self.model.step(x, torch.randn(self.batch, self.model.latent))

    def parity(self, steps, folder, parameters):
        read = lambda name: torch.from_numpy(np.fromfile(f"{folder}/{name}.f32", np.float32))
        self.model = self.kind(self.batch, torch.optim.Adam, lambda function: function)
        weights = read("weights")
        with torch.no_grad():
            for stored, mine in zip(parameters, self.model.parameters, strict=True):
                assert list(mine.shape) == stored["shape"], f"{stored['name']}: {stored['shape']}, here {list(mine.shape)}"
                mine.copy_(weights[:mine.numel()].view_as(mine))
                weights = weights[mine.numel():]
        images = read("images").view(steps, self.batch, PIXELS)
        noise = read("noise").view(steps, self.batch, self.model.latent)
        return {"losses": [{name: value.item() for name, value in self.model.step(images[i], noise[i]).items()}
                           for i in range(steps)]}

    def round(self, seconds):
        steps, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds:
            self.train_step()
            steps += 1
        return {"steps": steps, "seconds": time.perf_counter() - start}


def main():
    worker = Worker(sys.argv[1], int(sys.argv[2]), sys.argv[3])
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = getattr(worker, command.pop("do"))(**command)
        except Exception as error:  # told to compare.py: a setting may not be available here
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
