"""Adversarial models in PyTorch. Modules are made in the order of Atelier's parameters."""
import torch
import torch._functorch.config
import torch.nn.functional as F
from torch import nn

from pytorch_layers import SpectralConv2d, SpectralLinear, halved, leaky, mlp, relu


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
    conv, linear = (SpectralConv2d, SpectralLinear) if case.model.get("spectral_norm") else (nn.Conv2d, nn.Linear)
    normalized = case.model.get("discriminator_norm", "batch") == "batch"
    discriminator = [conv(case.image[0], filters[0], 4, 2, 1), leaky()]
    for inputs, outputs in zip(filters, filters[1:]):
        discriminator += [conv(inputs, outputs, 4, 2, 1), *([nn.BatchNorm2d(outputs)] if normalized else []), leaky()]
    end = case.image[1] // 2 ** len(filters)
    discriminator += [nn.Flatten(), linear(filters[-1] * end * end, 1)]
    return nn.Sequential(*generator), nn.Sequential(*discriminator)


def against(logits, label):
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))


class NonSaturating:
    draws = False

    def __init__(self, settings):
        self.real = 1.0 - settings.get("label_smoothing", 0.0)

    def discriminator(self, network, real, fake, draw):
        return against(network(real), self.real) + against(network(fake), 0.0)

    def generator(self, network, fake):
        return against(network(fake), 1.0)


class Hinge:
    draws = False

    def __init__(self, settings):
        pass

    def discriminator(self, network, real, fake, draw):
        on_real = network(real)
        return F.relu(1 - on_real).mean() + F.relu(1 + network(fake)).mean()

    def generator(self, network, fake):
        return -network(fake).mean()


class WassersteinGp:
    """Gulrajani et al. 2017, equation 3."""
    draws = True  # where between a real and a generated image the slope is looked at

    def __init__(self, settings):
        self.weight = settings["lambda"]

    def discriminator(self, network, real, fake, draw):
        x = (draw * real + (1 - draw) * fake).requires_grad_()
        slopes, = torch.autograd.grad(network(x).sum(), x, create_graph=True)
        penalty = self.weight * (slopes.flatten(1).norm(dim=1) - 1).square().mean()
        return penalty + network(fake).mean() - network(real).mean()

    def generator(self, network, fake):
        return -network(fake).mean()


LOSSES = {"non-saturating": NonSaturating, "hinge": Hinge, "wasserstein-gp": WassersteinGp}


def adversarial(case):
    settings = case.loss.get("adversarial", {"use": "non-saturating"})
    return LOSSES[settings["use"]](settings)


class Gan(nn.Module):
    def __init__(self, case):
        super().__init__()
        self.latent, self.rounds, self.adversarial = case.model["latent"], case.batches, adversarial(case)
        self.generator, self.discriminator = {"gan": gan_networks, "dcgan": dcgan_networks}[case.model["use"]](case)

    def prepare(self, make_optimizer, wrap):
        self.optimizers = make_optimizer(self.discriminator), make_optimizer(self.generator)
        self.generate = wrap(lambda noise: self.generator(noise))
        # torch.compile cannot differentiate a gradient once more.
        wrap_discriminator = (lambda function: function) if self.adversarial.draws else wrap
        self.discriminator_loss = wrap_discriminator(lambda *given: self.adversarial.discriminator(self.discriminator, *given))
        self.generator_loss = wrap(lambda fake: self.adversarial.generator(self.discriminator, fake))

    def step(self, batches, draws):
        d_optimizer, g_optimizer = self.optimizers
        for k in range(self.rounds):
            real, _ = next(batches)
            with torch.set_grad_enabled(k + 1 == self.rounds):  # the generator learns from the last
                fake = self.generate(draws.normal(len(real), self.latent))
            between = draws.uniform(len(real), 1, 1, 1) if self.adversarial.draws else None
            d_optimizer.zero_grad()
            d = self.discriminator_loss(real, fake.detach(), between)
            d.backward()
            d_optimizer.step()
        self.discriminator.requires_grad_(False)  # the generator's gradients go through it, it wants none
        g_optimizer.zero_grad()
        g = self.generator_loss(fake)
        g.backward()
        g_optimizer.step()
        self.discriminator.requires_grad_(True)
        return {"discriminator_loss": d.detach(), "generator_loss": g.detach()}

    def infer(self, images, draws):
        return self.generator(draws.normal(len(images), self.latent))


class VaeGan(nn.Module):
    """Larsen et al. 2016, with the decoder as generator: 5x5 convolutions with stride 2."""

    def __init__(self, case):
        super().__init__()
        self.latent, self.low, self.gamma = case.model["latent"], case.low, case.model["gamma"]
        self.adversarial = adversarial(case)
        filters, judging = case.model["encoder"], case.model["discriminator"]
        sizes = halved(case.image[1:], len(filters))
        inner = filters[-1], *sizes[-1]
        flat = inner[0] * inner[1] * inner[2]
        self.encoder = nn.Sequential(*self.trunk([case.image[0], *filters], True), nn.Flatten(), nn.Linear(flat, 2 * self.latent))
        decoder = [nn.Linear(self.latent, flat), nn.Unflatten(1, inner), nn.BatchNorm2d(inner[0]), relu()]
        for inputs, outputs in zip(filters[::-1], filters[-2::-1]):
            decoder += [nn.ConvTranspose2d(inputs, outputs, 5, 2, 2, output_padding=1), nn.BatchNorm2d(outputs), relu()]
        self.decoder = nn.Sequential(*decoder, nn.ConvTranspose2d(filters[0], case.image[0], 5, 2, 2, output_padding=1))
        end = halved(case.image[1:], len(judging))[-1]
        self.features = nn.Sequential(*self.trunk([case.image[0], *judging], False))
        self.judge = nn.Sequential(nn.Flatten(), nn.Linear(judging[-1] * end[0] * end[1], 1))

    @staticmethod
    def trunk(filters, normalizes_first):
        layers = []
        for i, (inputs, outputs) in enumerate(zip(filters, filters[1:])):
            layers += [nn.Conv2d(inputs, outputs, 5, 2, 2), *([nn.BatchNorm2d(outputs)] if i > 0 or normalizes_first else []), relu()]
        return layers

    def prepare(self, make_optimizer, wrap):
        groups = [nn.ModuleList([self.encoder]), nn.ModuleList([self.decoder]), nn.ModuleList([self.features, self.judge])]
        self.groups = [(list(group.parameters()), make_optimizer(group)) for group in groups]
        torch._functorch.config.donated_buffer = False  # three gradients are taken of what is compiled as one
        self.losses = wrap(self._losses)

    def image(self, raw):
        return torch.sigmoid(raw) * (1 - self.low) + self.low

    def _losses(self, x, noise, more_noise):
        mean, log_variance = self.encoder(x).chunk(2, dim=1)
        decoded = self.image(self.decoder(mean + torch.exp(0.5 * log_variance) * noise))
        sampled = self.image(self.decoder(more_noise))
        seen, seen_decoded = self.features(x), self.features(decoded)
        likelihood = 0.5 * (seen - seen_decoded).square().sum() / len(x)
        prior = -0.5 * torch.sum(1 + log_variance - mean * mean - torch.exp(log_variance)) / len(x)
        on_real, on_decoded, on_sampled = self.judge(seen), self.judge(seen_decoded), self.judge(self.features(sampled))
        generator = 0.5 * (against(on_decoded, 1.0) + against(on_sampled, 1.0))
        discriminator = against(on_real, self.adversarial.real) + 0.5 * (against(on_decoded, 0.0) + against(on_sampled, 0.0))
        return prior, likelihood, generator, discriminator

    def step(self, batches, draws):
        """All losses are those of the weights before the step."""
        x, _ = next(batches)
        prior, likelihood, generator, discriminator = self.losses(x, draws.normal(len(x), self.latent), draws.normal(len(x), self.latent))
        losses = prior + likelihood, likelihood * self.gamma + generator, discriminator
        for i, (loss, (parameters, optimizer)) in enumerate(zip(losses, self.groups)):
            optimizer.zero_grad()
            torch.autograd.backward(loss, inputs=parameters, retain_graph=i + 1 < len(losses))
        for _, optimizer in self.groups:
            optimizer.step()
        return {"prior": prior.detach(), "reconstruction": likelihood.detach(), "generator_loss": generator.detach(),
                "discriminator_loss": discriminator.detach()}

    def infer(self, images, draws):
        return self.image(self.decoder(draws.normal(len(images), self.latent)))
