"""The adversarial family in PyTorch's float64, after the papers that each function names. Real images are judged before
generated ones, which matters to what a discriminator keeps: singular vectors, running statistics. Networks are functions of images
(B, 1, 4, 4) and one-hot labels (B, classes); see models.py for what a model of the golden values has."""
import math

import torch
import torch.nn.functional as F

import counted
from models import BATCH, IMAGE, PIXELS, Parameters

leaky = lambda x: F.leaky_relu(x, 0.2)


class Layers:
    """Declares parameters by the host's names, and applies them by the same names."""

    def __init__(self, spectral_norm=False, embedding=0):
        self.p = Parameters()
        self.spectral_norm, self.embedding = spectral_norm, embedding

    def declare(self, name, *weight_shape, spectral=False, bias_axis=0):
        self.p.add(f"{name}.weight", weight_shape)
        self.p.add(f"{name}.bias", (weight_shape[bias_axis],))
        if spectral and self.spectral_norm:
            self.p.add_state(f"{name}.left_singular", (weight_shape[0], 1), 1.0)

    def declare_norm(self, name, shape, running):
        self.p.add(f"{name}.norm.scale", shape, offset=1.0)
        self.p.add(f"{name}.norm.shift", shape)
        if running:
            self.p.add_state(f"{name}.norm.mean", shape, 0.0)
            self.p.add_state(f"{name}.norm.variance", shape, 1.0)

    def declare_condition(self, group, classes):
        """Gives the length that the network's input grows by."""
        if classes and self.embedding:
            self.declare(f"{group}.condition", self.embedding, classes)
            return self.embedding
        return classes

    def weight(self, name):
        """Miyato et al. 2018, algorithm 1: v = W^T u / |.|, u = W v / |.|, W / (u^T W v), with one iteration for each use."""
        w = self.p[f"{name}.weight"]
        if f"{name}.left_singular" not in self.p:
            return w
        u = self.p[f"{name}.left_singular"]
        matrix = w.reshape(len(w), -1)
        with torch.no_grad():
            v = F.normalize(matrix.T @ u, dim=0)
            u.copy_(F.normalize(matrix @ v, dim=0))
        return w / (u.clone().T @ matrix @ v)

    def linear(self, name, h):
        return F.linear(h, self.weight(name), self.p[f"{name}.bias"])

    def conv(self, name, h, stride, padding):
        return F.conv2d(h, self.weight(name), self.p[f"{name}.bias"], stride, padding)

    def conv_transpose(self, name, h, sides):
        """To these sides, of two that a convolution makes the same of."""
        weight = self.p[f"{name}.weight"]
        kernel = weight.shape[-1]
        padding = (kernel - 1) // 2
        more = [side - ((length - 1) * 2 - 2 * padding + kernel) for side, length in zip(sides, h.shape[2:])]
        return F.conv_transpose2d(h, weight, self.p[f"{name}.bias"], 2, padding, more)

    def batch_norm(self, name, h):
        p = lambda part: self.p[f"{name}.norm.{part}"]
        return F.batch_norm(h, p("mean"), p("variance"), p("scale"), p("shift"), training=True, momentum=0.1, eps=1e-5)

    def layer_norm(self, name, h):
        scale = self.p[f"{name}.norm.scale"]
        return F.layer_norm(h, scale.shape, scale, self.p[f"{name}.norm.shift"], eps=1e-5)

    def join(self, group, h, y):
        """Mirza & Osindero 2014, section 3.2: the condition is a further input, for images a constant channel each."""
        if y is None:
            return h
        if self.embedding:
            y = self.linear(f"{group}.condition", y)
        return torch.cat([h, y if h.ndim == 2 else y[:, :, None, None].expand(-1, -1, *h.shape[2:])], dim=1)


def minibatch_discrimination(f, tensor, kernels, dimension):
    """Salimans et al. 2016, section 3.2, with the mean over the batch in place of the sum."""
    m = torch.einsum("na,abc->nbc", f, tensor.reshape(-1, kernels, dimension))
    o = torch.stack([torch.exp(-(m - m[i]).abs().sum(dim=2)).mean(dim=0) for i in range(len(f))])
    return torch.cat([f, o], dim=1)


class GanNetworks:
    """Fully connected, with the strided 5x5 convolutions as the other kind of discriminator."""

    def __init__(self, classes, latent, generator, discriminator=(), discriminator_filters=(), spectral_norm=False,
                 minibatch_discrimination=0, minibatch_dimension=5, condition_embedding=0, discriminator_layers="fully_connected"):
        self.l = l = Layers(spectral_norm, condition_embedding)
        self.flat, self.latent = discriminator_layers == "fully_connected", latent
        self.kernels, self.dimension = minibatch_discrimination, minibatch_dimension
        widths = [latent + l.declare_condition("generator", classes), *generator, PIXELS]
        self.generator_layers = len(widths) - 1
        for i in range(self.generator_layers):
            l.declare(f"generator.{i}", widths[i + 1], widths[i])
        extra = l.declare_condition("discriminator", classes)
        sizes = [PIXELS + extra, *discriminator] if self.flat else [IMAGE[0] + extra, *discriminator_filters]
        self.hidden_layers = len(sizes) - 1
        for i in range(self.hidden_layers):
            l.declare(f"discriminator.{i}", sizes[i + 1], sizes[i], *(() if self.flat else (5, 5)), spectral=True)
        if self.kernels:
            l.p.add("discriminator.minibatch.tensor", (sizes[-1], self.kernels * self.dimension))
        l.declare(f"discriminator.{self.hidden_layers}", 1, sizes[-1] + self.kernels, spectral=True)

    def generate(self, z, y):
        h = self.l.join("generator", z, y)
        for i in range(self.generator_layers):
            h = (torch.tanh if i + 1 == self.generator_layers else leaky)(self.l.linear(f"generator.{i}", h))
        return h.reshape(-1, *IMAGE)

    def discriminate(self, x, y):
        h = self.l.join("discriminator", x.flatten(1) if self.flat else x, y)
        for i in range(self.hidden_layers):
            name = f"discriminator.{i}"
            h = leaky(self.l.linear(name, h) if self.flat else self.l.conv(name, h, 2, 2))
        hidden = h = h.flatten(1)
        if self.kernels:
            h = minibatch_discrimination(h, self.l.p["discriminator.minibatch.tensor"], self.kernels, self.dimension)
        return self.l.linear(f"discriminator.{self.hidden_layers}", h), hidden


class DcganNetworks:
    """Radford et al. 2016: convolutions of stride 2; batch normalization but in the generator's output and the discriminator's
    input; ReLU and tanh, leaky ReLU."""

    def __init__(self, classes, latent, generator, discriminator, discriminator_norm="batch", spectral_norm=False,
                 condition_embedding=0, kernel=4, image=IMAGE):
        self.l = l = Layers(spectral_norm, condition_embedding)
        self.latent, self.generator, self.depth, self.norm = latent, generator, len(discriminator), discriminator_norm
        self.kernel, self.image = kernel, image
        up, down = self.halved(len(generator)), self.halved(len(discriminator))
        self.sides = up[::-1]
        l.declare("generator.project", generator[0] * up[-1][0] * up[-1][1], latent + l.declare_condition("generator", classes))
        for i, channels in enumerate(generator):
            l.declare_norm(f"generator.{i}", (channels,), running=True)
            l.declare(f"generator.{i}", channels, [*generator, image[0]][i + 1], kernel, kernel, bias_axis=1)
        inputs = image[0] + l.declare_condition("discriminator", classes)
        for i, channels in enumerate(discriminator):
            l.declare(f"discriminator.{i}", channels, inputs, kernel, kernel, spectral=True)
            if i > 0 and self.norm != "none":
                batch = self.norm == "batch"
                l.declare_norm(f"discriminator.{i}", (channels,) if batch else (channels, *down[i + 1]), running=batch)
            inputs = channels
        l.declare("discriminator.output", 1, inputs * down[-1][0] * down[-1][1], spectral=True)

    def halved(self, times):
        """The image's sides, and what so many convolutions leave of them, one after the other."""
        sides = [self.image[1:]]
        for _ in range(times):
            sides.append(tuple((side + 2 * ((self.kernel - 1) // 2) - self.kernel) // 2 + 1 for side in sides[-1]))
        return sides

    def generate(self, z, y):
        h = self.l.linear("generator.project", self.l.join("generator", z, y))
        h = h.reshape(-1, self.generator[0], *self.sides[0])
        for i in range(len(self.generator)):
            h = self.l.conv_transpose(f"generator.{i}", F.relu(self.l.batch_norm(f"generator.{i}", h)), self.sides[i + 1])
        return torch.tanh(h)

    def discriminate(self, x, y):
        h = self.l.join("discriminator", x, y)
        for i in range(self.depth):
            h = self.l.conv(f"discriminator.{i}", h, 2, (self.kernel - 1) // 2)
            if i > 0 and self.norm != "none":
                h = {"batch": self.l.batch_norm, "layer": self.l.layer_norm}[self.norm](f"discriminator.{i}", h)
            h = leaky(h)
        return self.l.linear("discriminator.output", h.flatten(1)), h.flatten(1)


# ---- Losses: discriminator(D, real, fake, e) and generator(D, fake); D gives logits

class NonSaturating:
    """Goodfellow et al. 2014, section 3."""
    discriminator = staticmethod(lambda D, real, fake, e: -F.logsigmoid(D(real)).mean() - F.logsigmoid(-D(fake)).mean())
    generator = staticmethod(lambda D, fake: -F.logsigmoid(D(fake)).mean())


class LeastSquares:
    """Mao et al. 2017, equation 2."""

    def __init__(self, fake_label=0.0, real_label=1.0, wanted_label=1.0):
        self.a, self.b, self.c = fake_label, real_label, wanted_label

    def discriminator(self, D, real, fake, e):
        return ((D(real) - self.b)**2).mean() / 2 + ((D(fake) - self.a)**2).mean() / 2

    def generator(self, D, fake):
        return ((D(fake) - self.c)**2).mean() / 2


class Hinge:
    """Miyato et al. 2018, equations 16 and 17: what is maximized, with the sign turned."""

    def discriminator(self, D, real, fake, e):
        zero = torch.zeros(1, dtype=torch.float64)
        return -torch.minimum(zero, -1 + D(real)).mean() - torch.minimum(zero, -1 - D(fake)).mean()

    def generator(self, D, fake):
        return -D(fake).mean()


class Wasserstein:
    """Arjovsky et al. 2017, algorithm 1."""

    def __init__(self, clip=0.01):
        self.clip = clip

    def discriminator(self, D, real, fake, e):
        return -D(real).mean() + D(fake).mean()

    def generator(self, D, fake):
        return -D(fake).mean()

    def after_update(self, weights):
        for w in weights:
            w.data.clamp_(-self.clip, self.clip)


class WassersteinPenalty(Wasserstein):
    """Gulrajani et al. 2017, algorithm 1: x^ = e x + (1 - e) x~, equation 3."""

    def __init__(self, **settings):
        self.weight = settings.get("lambda", 10.0)

    def discriminator(self, D, real, fake, e):
        between = (e * real + (1 - e) * fake).detach().requires_grad_(True)
        slope, = torch.autograd.grad(D(between).sum(), between, create_graph=True)
        penalty = ((slope.flatten(1).norm(dim=1) - 1)**2).mean()
        return super().discriminator(D, real, fake, e) + self.weight * penalty

    def after_update(self, weights):
        pass


class Dragan(NonSaturating):
    """Kodali et al. 2017, section 2.3: a penalty at x + noise, where e is the noise of deviation 1."""

    def __init__(self, deviation=0.5, **settings):
        self.deviation, self.weight = deviation, settings.get("lambda", 10.0)

    def discriminator(self, D, real, fake, e):
        around = (real + self.deviation * e).detach().requires_grad_(True)
        slope, = torch.autograd.grad(D(around).sum(), around, create_graph=True)
        penalty = ((slope.flatten(1).norm(dim=1) - 1)**2).mean()
        return NonSaturating.discriminator(D, real, fake, e) + self.weight * penalty


LOSSES = {"non-saturating": NonSaturating, "least-squares": LeastSquares, "hinge": Hinge, "wasserstein": Wasserstein,
          "wasserstein-gp": WassersteinPenalty, "dragan": Dragan}


class Adversarial:
    """Goodfellow et al. 2014, algorithm 1 with k = 1; feature matching: Salimans et al. 2016, section 3.1."""

    image_range = (-1.0, 1.0)

    def __init__(self, networks, loss, classes=0, feature_matching=0.0, generator_steps=1):
        self.networks, self.loss, self.classes, self.weight = networks, loss, classes, feature_matching
        self.generator_steps = generator_steps
        self.parameters, self.latent, self.image = networks.l.p, networks.latent, getattr(networks, "image", IMAGE)

    def labels(self, step):
        return [(2 * step + i) % self.classes for i in range(BATCH)]

    def further_inputs(self, step, seed):
        """Labels, and the draw of a gradient penalty or of the generator's second update: the second one of a step."""
        if self.generator_steps > 1:
            return None, torch.from_numpy(counted.normal(seed, step, 1, BATCH, self.latent)).double()
        if isinstance(self.loss, Dragan):
            return None, torch.from_numpy(counted.normal(seed, step, 1, BATCH, math.prod(self.image))).double()
        return (F.one_hot(torch.tensor(self.labels(step)), self.classes).double() if self.classes else None,
                torch.from_numpy(counted.uniform(seed, step, 1, BATCH, 1)).double())

    def losses(self, x, noise, y, e):
        second, x = e, x.reshape(-1, *self.image)
        e = e.reshape(x.shape if e.numel() == x.numel() else (-1, 1, 1, 1))
        D = lambda images: self.networks.discriminate(images, y)[0]
        features = lambda images: self.networks.discriminate(images, y)[1].mean(dim=0)
        fake = self.networks.generate(noise, y)
        d = self.loss.discriminator(D, x, fake.detach(), e)
        yield "discriminator", {"discriminator_loss": d}, d
        if self.generator_steps > 1:
            yield "generator", {}, self.loss.generator(D, fake)
            fake = self.networks.generate(second, y)
        g = self.loss.generator(D, fake)
        logged, total = {"generator_loss": g}, g
        if self.weight > 0:
            logged["feature_distance"] = ((features(x).detach() - features(fake))**2).sum()
            total = g + self.weight * logged["feature_distance"]
        yield "generator", logged, total

    def after_update(self, group):
        if group == "discriminator" and hasattr(self.loss, "after_update"):
            self.loss.after_update(self.parameters.group(group).values())
