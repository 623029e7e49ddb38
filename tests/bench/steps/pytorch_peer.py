"""The cases in PyTorch: `pytorch_peer.py CASE THREADS`, and peer.py's commands. Modules are made in the order of Atelier's parameters."""
import sys

import torch
import torch.nn.functional as F
from torch import nn

from cases import CASES, CLASSES, SAMPLES
from peer import Peer, forget_peak, resident, serve


def mlp(widths, activation):
    layers = []
    for inputs, outputs in zip(widths, widths[1:]):
        layers += [nn.Linear(inputs, outputs), activation()]
    return nn.Sequential(*layers[:-1])


def leaky():
    return nn.LeakyReLU(0.2, inplace=True)


def relu():
    return nn.ReLU(inplace=True)


def gan_networks(case):
    generator = mlp([case.model["latent"], *case.model["generator"], case.flat], leaky)
    discriminator = mlp([case.flat, *case.model["discriminator"], 1], leaky)
    return (nn.Sequential(*generator, nn.Tanh(), nn.Unflatten(1, case.image)), nn.Sequential(nn.Flatten(), *discriminator))


def dcgan_networks(case):
    """Radford et al. 2016: 4x4 kernels with stride 2."""
    widths, filters = case.model["generator"], case.model["discriminator"]
    start = case.image[1] // 2 ** len(widths)
    generator = [nn.Linear(case.model["latent"], widths[0] * start * start), nn.Unflatten(1, (widths[0], start, start)),
                 nn.BatchNorm2d(widths[0]), relu()]
    for inputs, outputs in zip(widths, widths[1:]):
        generator += [nn.ConvTranspose2d(inputs, outputs, 4, 2, 1), nn.BatchNorm2d(outputs), relu()]
    generator += [nn.ConvTranspose2d(widths[-1], case.image[0], 4, 2, 1), nn.Tanh()]
    discriminator = [nn.Conv2d(case.image[0], filters[0], 4, 2, 1), leaky()]
    for inputs, outputs in zip(filters, filters[1:]):
        discriminator += [nn.Conv2d(inputs, outputs, 4, 2, 1), nn.BatchNorm2d(outputs), leaky()]
    end = case.image[1] // 2 ** len(filters)
    discriminator += [nn.Flatten(), nn.Linear(filters[-1] * end * end, 1)]
    return nn.Sequential(*generator), nn.Sequential(*discriminator)


class Gan(nn.Module):
    def __init__(self, case):
        super().__init__()
        self.latent = case.model["latent"]
        self.generator, self.discriminator = {"gan": gan_networks, "dcgan": dcgan_networks}[case.model["use"]](case)
        self.labels = torch.ones(case.batch, 1), torch.zeros(case.batch, 1)

    def prepare(self, make_optimizer, wrap):
        self.optimizers = make_optimizer(self.discriminator), make_optimizer(self.generator)
        self.generate = wrap(lambda noise: self.generator(noise))
        self.discriminator_loss, self.generator_loss = wrap(self._discriminator_loss), wrap(self._generator_loss)

    def _discriminator_loss(self, real, fake):
        ones, zeros = self.labels
        return (F.binary_cross_entropy_with_logits(self.discriminator(real), ones)
                + F.binary_cross_entropy_with_logits(self.discriminator(fake), zeros))

    def _generator_loss(self, fake):
        return F.binary_cross_entropy_with_logits(self.discriminator(fake), self.labels[0])

    def step(self, real, labels, noise):
        d_optimizer, g_optimizer = self.optimizers
        fake = self.generate(noise)
        d_optimizer.zero_grad()
        d = self.discriminator_loss(real, fake.detach())
        d.backward()
        d_optimizer.step()
        self.discriminator.requires_grad_(False)  # the generator's gradients go through it, it wants none
        g_optimizer.zero_grad()
        g = self.generator_loss(fake)
        g.backward()
        g_optimizer.step()
        self.discriminator.requires_grad_(True)
        return {"discriminator_loss": d.detach(), "generator_loss": g.detach()}

    def infer(self, images, noise):
        return self.generator(noise)


def convolutional_coder(case):
    """5x5 kernels with stride 2, and the same mirrored."""
    filters, latent = [case.image[0], *case.model["filters"]], case.model["latent"]
    sizes, encoder, decoder = [case.image[1]], [], []
    for inputs, outputs in zip(filters, filters[1:]):
        encoder += [nn.Conv2d(inputs, outputs, 5, 2, 2), relu()]
        sizes.append((sizes[-1] + 1) // 2)
    inner = filters[-1], sizes[-1], sizes[-1]
    encoder += [nn.Flatten(), nn.Linear(inner[0] * inner[1] * inner[2], 2 * latent)]
    decoder += [nn.Linear(latent, inner[0] * inner[1] * inner[2]), nn.Unflatten(1, inner), relu()]
    for i in range(len(filters) - 1, 0, -1):
        odd = sizes[i - 1] - (2 * sizes[i] - 1)
        decoder += [nn.ConvTranspose2d(filters[i], filters[i - 1], 5, 2, 2, output_padding=odd), relu()]
    return nn.Sequential(*encoder), nn.Sequential(*decoder[:-1])


class Vae(nn.Module):
    def __init__(self, case):
        super().__init__()
        self.latent = case.model["latent"]
        if case.model.get("encoder") == "convolutional":
            self.encoder, self.decoder = convolutional_coder(case)
        else:
            hidden = case.model["hidden"]
            self.encoder = nn.Sequential(nn.Flatten(), *mlp([case.flat, *hidden, 2 * self.latent], relu))
            self.decoder = nn.Sequential(*mlp([self.latent, *reversed(hidden), case.flat], relu), nn.Unflatten(1, case.image))

    def prepare(self, make_optimizer, wrap):
        self.optimizer, self.loss = make_optimizer(self), wrap(self._loss)

    def _loss(self, x, noise):
        mean, log_variance = self.encoder(x).chunk(2, dim=1)
        logits = self.decoder(mean + torch.exp(0.5 * log_variance) * noise)
        reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
        divergence = -0.5 * torch.sum(1 + log_variance - mean * mean - torch.exp(log_variance)) / len(x)
        return reconstruction + divergence, reconstruction, divergence

    def step(self, x, labels, noise):
        self.optimizer.zero_grad()
        loss, reconstruction, divergence = self.loss(x, noise)
        loss.backward()
        self.optimizer.step()
        return {"loss": loss.detach(), "reconstruction": reconstruction.detach(), "divergence": divergence.detach()}

    def infer(self, images, noise):
        return torch.sigmoid(self.decoder(noise))


def cnn(case):
    filters, size, layers = [case.image[0], *case.model["filters"]], case.image[1], []
    for inputs, outputs in zip(filters, filters[1:]):
        if layers:
            layers.append(nn.MaxPool2d(2))
            size //= 2
        layers += [nn.Conv2d(inputs, outputs, 3, padding=1), relu()]
    return nn.Sequential(*layers, nn.Flatten(), *mlp([filters[-1] * size * size, *case.model["hidden"], CLASSES], relu))


def lstm(inputs, units):
    layer = nn.LSTM(inputs, units, batch_first=True)
    nn.init.zeros_(layer.bias_hh_l0).requires_grad_(False)  # one bias is enough, and Atelier has one
    return layer


class LastState(nn.Module):
    def __init__(self, case):
        super().__init__()
        self.lstm = lstm(case.image[2], case.model["units"])
        self.dense = nn.Linear(case.model["units"], CLASSES)

    def forward(self, images):
        return self.dense(self.lstm(images[:, 0])[0][:, -1])


class Classifier(nn.Module):
    latent = 0

    def __init__(self, case):
        super().__init__()
        self.network = {"cnn": cnn, "rnn": LastState}[case.model["use"]](case)

    def prepare(self, make_optimizer, wrap):
        self.optimizer = make_optimizer(self)
        self.loss = wrap(lambda x, labels: F.cross_entropy(self.network(x), labels))

    def step(self, x, labels, noise):
        self.optimizer.zero_grad()
        loss = self.loss(x, labels)
        loss.backward()
        self.optimizer.step()
        return {"loss": loss.detach()}

    def infer(self, images, noise):
        return self.network(images).argmax(1)


class NextFrame(nn.Module):
    latent = 0

    def __init__(self, case):
        super().__init__()
        self.lstm = lstm(case.image[2], case.model["units"])
        self.dense = nn.Linear(case.model["units"], case.image[2])

    def prepare(self, make_optimizer, wrap):
        self.optimizer, self.loss = make_optimizer(self), wrap(self._loss)

    def _loss(self, images):
        frames = images[:, 0]
        logits = self.dense(self.lstm(frames[:, :-1])[0])
        return F.binary_cross_entropy_with_logits(logits, frames[:, 1:], reduction="sum") / len(frames)

    def step(self, images, labels, noise):
        self.optimizer.zero_grad()
        loss = self.loss(images)
        loss.backward()
        self.optimizer.step()
        return {"loss": loss.detach()}

    def infer(self, images, noise):
        """The frames after the first, each from the one before it."""
        frame, state, frames = images[:, 0, :1], None, []
        for _ in range(images.shape[2] - 1):
            hidden, state = self.lstm(frame, state)
            frame = torch.sigmoid(self.dense(hidden))
            frames.append(frame)
        return torch.cat(frames, 1)


MODELS = {"gan": Gan, "dcgan": Gan, "vae": Vae, "cnn": Classifier, "rnn": Classifier, "next-frame": NextFrame}


class PytorchPeer(Peer):
    def __init__(self, case):
        super().__init__(case)
        self.images = torch.rand(SAMPLES, *case.image) * (1 - case.low) + case.low
        self.labels = torch.randint(CLASSES, (SAMPLES,))
        self.order, self.next = torch.randperm(SAMPLES), 0

    def settings(self):
        images = self.case.model["use"] in ("cnn", "dcgan") or "filters" in self.case.model
        return {"settings": [{"optimizer": optimizer, "channels_last": channels_last, "compile": compiled}
                             for compiled, optimizers in ((False, ("fused", "foreach")), (True, ("fused",))) for optimizer in optimizers
                             for channels_last in ((False, True) if images else (False,))]}

    def build(self, optimizer="fused", channels_last=False, compile=False):
        self.format = torch.channels_last if channels_last else torch.contiguous_format
        adam = {"lr": self.case.learning_rate, "betas": (self.case.beta1, 0.999), optimizer: True}
        self.model = MODELS[self.case.model["use"]](self.case).to(memory_format=self.format)
        self.model.prepare(lambda module: torch.optim.Adam([p for p in module.parameters() if p.requires_grad], **adam),
                           torch.compile if compile else lambda function: function)

    def memory(self):
        tiny = nn.Linear(8, 8)  # the libraries' own first use
        tiny(torch.ones(8, 8)).sum().backward()
        torch.optim.Adam(tiny.parameters(), fused=True).step()
        forget_peak()
        before = resident("VmRSS")
        self.configure()
        return {"bytes": resident("VmHWM") - before}

    def load(self, weights):
        mine = [value for name, value in self.model.state_dict().items()
                if not name.endswith(("num_batches_tracked", "bias_hh_l0"))]
        for value, stored in zip(mine, weights, strict=True):
            value.copy_(torch.from_numpy(stored).reshape(value.shape))

    def repeat_step(self, images, labels, noise):
        losses = self.model.step(*(torch.from_numpy(array) for array in (images, labels, noise)))
        return {name: value.item() for name, value in losses.items()}

    def train_step(self):
        if self.next + self.case.batch > SAMPLES:
            self.order, self.next = torch.randperm(SAMPLES), 0
        chosen = self.order[self.next:self.next + self.case.batch]
        self.next += self.case.batch
        images = self.images[chosen].to(memory_format=self.format)
        self.model.step(images, self.labels[chosen], torch.randn(self.case.batch, self.model.latent))

    def generate_batch(self, batch):
        self.model.eval()
        with torch.inference_mode():
            self.model.infer(self.images[:batch].to(memory_format=self.format), torch.randn(batch, self.model.latent))
        self.model.train()

    def wait(self):
        pass


if __name__ == "__main__":
    torch.set_num_threads(int(sys.argv[2]))
    serve(PytorchPeer(CASES[sys.argv[1]]))
