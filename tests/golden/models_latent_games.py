"""Autoencoders with a discriminator for the golden values: Larsen et al. 2016 (VAE/GAN) and Makhzani et al. 2016 (AAE)."""
import torch
import torch.nn.functional as F

import counted
from models import BATCH, IMAGE, PIXELS, Mlp, Parameters


def cross_entropy(logits, label):
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))


class Networks:
    """Linear or 5x5 convolutional hidden layers with ReLU; the weights are looked up in `self.p` at each call, so that a loss
    can be made anew from a copy of them while they are updated."""

    def __init__(self):
        self.parameters = Parameters()
        self.p = self.parameters

    def snapshot(self):
        return {name: value.clone() for name, value in self.parameters.items()}

    def add(self, name, shape, outputs):
        self.parameters.add(name + ".weight", shape)
        self.parameters.add(name + ".bias", (outputs,))

    def linear(self, name, x):
        return F.linear(x.flatten(1), self.p[name + ".weight"], self.p[name + ".bias"])


class VaeGan(Networks):
    """Algorithm 1: all three groups move by the losses of the same weights. Hidden layers are fully connected, or of stride 2
    with kernels of 5, mirrored in the decoder by transposed ones; normalized by batch but for the discriminator's first and the
    decoder's last. Running averages see the images in the order of the calls."""

    image_range = (-1.0, 1.0)

    def __init__(self, encoder, discriminator, latent, beta, gamma, reconstruction_in, feature_layer, separate_generator,
                 layers, batch_norm):
        super().__init__()
        self.batch_norm = batch_norm
        self.latent, self.beta, self.gamma, self.conv = latent, beta, gamma, layers == "convolutional"
        self.widths = {"encoder": encoder, "discriminator": discriminator}
        self.layer = 0 if reconstruction_in == "pixels" else feature_layer or len(discriminator)
        self.generator = "generator" if separate_generator else "decoder"
        self.add_trunk("encoder", 2 * latent)
        for group in ["decoder"] + ["generator"] * separate_generator:
            self.add_decoder(group)
        self.add_trunk("discriminator", 1)

    def sizes(self, widths):
        """Shapes from the image on."""
        if not self.conv:
            return [(PIXELS,), *((width,) for width in widths)]
        return [(c, IMAGE[1] >> i, IMAGE[2] >> i) for i, c in enumerate([IMAGE[0], *widths])]

    def add_trunk(self, group, outputs):
        sizes = self.sizes(self.widths[group])
        for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
            self.add(f"{group}.{i}", (b[0], a[0], 5, 5) if self.conv else (b[0], a[0]), b[0])
            if i > 0 or group == "encoder":
                self.add_norm(f"{group}.{i}", b[0])
        self.add(f"{group}.output", (outputs, torch.Size(sizes[-1]).numel()), outputs)

    def add_decoder(self, group):
        sizes = self.sizes(self.widths["encoder"])[::-1]
        smallest = torch.Size(sizes[0]).numel()
        self.add(f"{group}.0", (smallest, self.latent), smallest)
        self.add_norm(f"{group}.0", sizes[0][0])
        for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
            self.add(f"{group}.{i + 1}", (a[0], b[0], 5, 5) if self.conv else (b[0], a[0]), b[0])
            if i + 2 < len(sizes):
                self.add_norm(f"{group}.{i + 1}", b[0])

    def add_norm(self, name, channels):
        if self.batch_norm:
            self.parameters.add(name + ".norm.scale", (channels,), offset=1.0)
            self.parameters.add(name + ".norm.shift", (channels,))
            self.parameters.add_state(name + ".norm.mean", (channels,), 0.0)
            self.parameters.add_state(name + ".norm.variance", (channels,), 1.0)

    def norm(self, name, h):
        if f"{name}.norm.scale" not in self.p:
            return h
        mean, variance, scale, shift = (self.p[f"{name}.norm.{part}"] for part in ("mean", "variance", "scale", "shift"))
        return F.batch_norm(h, mean, variance, scale, shift, training=True, momentum=0.1, eps=1e-5)

    def trunk(self, group, x, layers=None):
        for i in range(len(self.widths[group]) if layers is None else layers):
            name = f"{group}.{i}"
            x = (F.conv2d(x, self.p[name + ".weight"], self.p[name + ".bias"], stride=2, padding=2) if self.conv
                 else self.linear(name, x))
            x = F.relu(self.norm(name, x))
        return x

    def decode(self, group, z):
        sizes = self.sizes(self.widths["encoder"])[::-1]
        h = self.norm(f"{group}.0", self.linear(f"{group}.0", z).reshape(len(z), *sizes[0]))
        for i in range(1, len(sizes)):
            name = f"{group}.{i}"
            h = F.relu(h)
            h = (F.conv_transpose2d(h, self.p[name + ".weight"], self.p[name + ".bias"], stride=2, padding=2, output_padding=1)
                 if self.conv else self.linear(name, h))
            h = self.norm(name, h)
        return 2 * torch.sigmoid(h.reshape(len(z), *IMAGE)) - 1

    def discriminate(self, x):
        return self.linear("discriminator.output", self.trunk("discriminator", x))

    def further_inputs(self, step, seed):  # z_p, the draw after the posterior's
        return (torch.from_numpy(counted.normal(seed, step, 1, BATCH, self.latent)).double(),)

    def all_losses(self, x, noise, z_p):
        mean, log_variance = self.linear("encoder.output", self.trunk("encoder", x)).chunk(2, dim=1)
        prior = -0.5 * (1 + log_variance - mean**2 - log_variance.exp()).sum(dim=1).mean()
        decoded = self.decode("decoder", mean + torch.exp(log_variance / 2) * noise)
        sampled = self.decode(self.generator, z_p)
        compared = (lambda images: self.trunk("discriminator", images, self.layer)) if self.layer else (lambda images: images)
        likelihood = 0.5 * ((compared(x) - compared(decoded))**2).sum() / len(x)
        fooled = [cross_entropy(self.discriminate(fake), 1.0) for fake in (decoded, sampled)]
        judged = [(self.discriminate(x), self.discriminate(fake.detach())) for fake in (decoded, sampled)]
        discriminator = cross_entropy(judged[0][0], 1.0) + 0.5 * sum(cross_entropy(fake, 0.0) for _, fake in judged)
        logged = {"prior": prior, "reconstruction": likelihood, "discriminator_loss": discriminator,
                  "generator_loss": 0.5 * sum(fooled)}
        losses = {"encoder": self.beta * prior + likelihood, "discriminator": discriminator}
        if self.generator == "decoder":
            losses["decoder"] = self.gamma * likelihood + 0.5 * sum(fooled)
        else:
            losses["decoder"] = self.gamma * likelihood + fooled[0]
            losses["generator"] = fooled[1]
        return logged, losses

    def losses(self, x, noise, z_p):
        x = x.reshape(-1, *IMAGE)
        before = self.snapshot()
        for group in [name for name in ("encoder", "decoder", "generator", "discriminator") if self.parameters.group(name)]:
            self.p = {**before, **{name: before[name].clone() for name in self.parameters.state}}
            logged, losses = self.all_losses(x, noise, z_p)
            yield group, logged, losses[group]
        for name in self.parameters.state:  # as one pass leaves them
            self.parameters[name] = self.p[name]


class Aae(Networks):
    """Section 2: the reconstruction phase moves encoder and decoder, then the regularization phase moves the discriminator and,
    against the moved one, the encoder again."""

    image_range = (0.0, 1.0)

    def __init__(self, hidden, discriminator, latent, regularization):
        super().__init__()
        self.latent, self.regularization = latent, regularization
        self.discriminator = Mlp(self.parameters, "discriminator", [latent, *discriminator, 1], F.relu)
        self.encoder = Mlp(self.parameters, "encoder", [PIXELS, *hidden, latent], F.relu)
        self.decoder = Mlp(self.parameters, "decoder", [latent, *reversed(hidden), PIXELS], F.relu)

    def losses(self, x, prior):
        before = self.snapshot()
        self.encoder.p = self.decoder.p = before
        for group in ("encoder", "decoder"):
            error = F.binary_cross_entropy_with_logits(self.decoder(self.encoder(x)), x, reduction="sum") / len(x)
            yield group, {"loss": error}, error
        self.encoder.p = self.parameters
        z = self.encoder(x)
        d = cross_entropy(self.discriminator(prior), 1.0) + cross_entropy(self.discriminator(z.detach()), 0.0)
        yield "discriminator", {"discriminator_loss": d}, d
        g = cross_entropy(self.discriminator(z), 1.0)
        yield "encoder", {"encoder_loss": g}, self.regularization * g
