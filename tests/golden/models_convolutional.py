"""The convolutional systems, after their papers; see models.py."""
import torch
import torch.nn.functional as F

from models import BATCH, IMAGE, PIXELS, Mlp, Parameters, wave

CLASSES = 3
# Wherever the waves that weights start from would leave most of a network's rectifiers at zero, they leak.
ACTIVATIONS = {"relu": F.relu, "leaky_relu": lambda x: F.leaky_relu(x, 0.2)}


def targets(step, shape):
    """In [0, 1], exact in float32."""
    return (0.5 + wave((BATCH, *shape), 10 * step + 5, scale=0.45)).float().double()


def reconstruction(distance, output, target):
    """Summed over a sample's elements, the mean over the batch."""
    if distance == "bce":
        return F.binary_cross_entropy_with_logits(output, target, reduction="sum") / len(target)
    return F.mse_loss(output, target, reduction="sum") / len(target)


def convolve(parameters, scope, x):
    weight = parameters[scope + ".weight"]
    return F.conv2d(x, weight, parameters[scope + ".bias"], padding=weight.shape[-1] // 2)


def add_convolution(parameters, scope, inputs, outputs, kernel=3):
    parameters.add(scope + ".weight", (outputs, inputs, kernel, kernel))
    parameters.add(scope + ".bias", (outputs,))


class Cnn:
    """Krizhevsky et al. 2012: rectified convolutions, maximum pooling between them, dense layers."""

    image_range = (0.0, 1.0)
    latent = 1
    classes = CLASSES

    def __init__(self, filters, hidden, activation):
        self.parameters, self.layers = Parameters(), len(filters)
        self.activation = ACTIVATIONS[activation]
        for i, (inputs, outputs) in enumerate(zip([1, *filters], filters)):
            add_convolution(self.parameters, f"classifier.convolution.{i}", inputs, outputs)
        pooled = filters[-1] * (IMAGE[1] >> (self.layers - 1)) * (IMAGE[2] >> (self.layers - 1))
        self.dense = Mlp(self.parameters, "classifier.dense", [pooled, *hidden, CLASSES], self.activation)

    def labels(self, step):
        return [(2 * step + i) % CLASSES for i in range(BATCH)]

    def further_inputs(self, step, seed):
        return [torch.tensor(self.labels(step))]

    def convolutions(self, x):
        h = x.reshape(BATCH, *IMAGE)
        for i in range(self.layers):
            h = h if i == 0 else F.max_pool2d(h, 2)
            h = self.activation(convolve(self.parameters, f"classifier.convolution.{i}", h))
        return h.flatten(1)

    def logits(self, x):
        return self.dense(self.convolutions(x))

    def losses(self, x, noise, labels):
        loss = F.cross_entropy(self.logits(x), labels)
        yield "classifier", {"loss": loss}, loss


class ImageToImage:
    """Masci et al. 2011; denoising: Vincent et al. 2008, with Gaussian noise."""

    image_range = (0.0, 1.0)

    def __init__(self, filters, hidden, task, noise, distance):
        self.parameters, self.layers = Parameters(), len(filters)
        self.task, self.noise, self.distance = task, noise, distance
        self.latent = PIXELS if task == "denoise" else 1
        self.shape = (2, 3, 4) if task == "translate" else IMAGE
        for i, (inputs, outputs) in enumerate(zip([1, *filters], filters)):
            add_convolution(self.parameters, f"translator.convolution.{i}", inputs, outputs)
        elements = torch.Size(self.shape).numel()
        self.dense = Mlp(self.parameters, "translator.dense", [filters[-1], *hidden, elements], F.relu)

    def fields(self, step):
        return [("target", 0, targets(step, self.shape))] if self.task == "translate" else []

    def further_inputs(self, step, seed):
        return [values for _, _, values in self.fields(step)]

    def losses(self, x, noise, target=None):
        clean = x.reshape(BATCH, *IMAGE)
        h = clean + self.noise * noise.reshape(BATCH, *IMAGE) if self.task == "denoise" else clean
        for i in range(self.layers):
            h = F.max_pool2d(F.relu(convolve(self.parameters, f"translator.convolution.{i}", h)), 2)
        output = self.dense(h.flatten(1)).reshape(BATCH, *self.shape)
        loss = reconstruction(self.distance, output, clean if target is None else target)
        yield "translator", {"loss": loss}, loss


class UNet:
    """Ronneberger et al. 2015, figure 1, with padded borders; the loss is the mean over pixels."""

    image_range = (0.0, 1.0)
    latent = 1

    def __init__(self, filters, activation):
        self.parameters, self.levels = Parameters(), len(filters)
        self.activation = ACTIVATIONS[activation]
        p = self.parameters
        for i, (inputs, outputs) in enumerate(zip([1, *filters], filters)):
            self.add_pair(f"segmenter.contracting.{i}", inputs, outputs)
        for i in range(self.levels - 1):
            p.add(f"segmenter.up.{i}.weight", (filters[i + 1], filters[i], 2, 2))
            p.add(f"segmenter.up.{i}.bias", (filters[i],))
            self.add_pair(f"segmenter.expanding.{i}", 2 * filters[i], filters[i])
        add_convolution(p, "segmenter.output", filters[0], CLASSES, kernel=1)

    def add_pair(self, scope, inputs, outputs):
        add_convolution(self.parameters, scope + ".0", inputs, outputs)
        add_convolution(self.parameters, scope + ".1", outputs, outputs)

    def pair(self, scope, h):
        for i in range(2):
            h = self.activation(convolve(self.parameters, f"{scope}.{i}", h))
        return h

    def fields(self, step):
        place = torch.arange(BATCH * PIXELS).reshape(BATCH, *IMAGE[1:])
        return [("mask", CLASSES, (place * place + step) % 7 % CLASSES)]

    def further_inputs(self, step, seed):
        return [self.fields(step)[0][2]]

    def losses(self, x, noise, mask):
        p, h, skips = self.parameters, x.reshape(BATCH, *IMAGE), []
        for i in range(self.levels):
            h = self.pair(f"segmenter.contracting.{i}", h if i == 0 else F.max_pool2d(h, 2))
            skips.append(h)
        for i in reversed(range(self.levels - 1)):
            up = F.conv_transpose2d(h, p[f"segmenter.up.{i}.weight"], p[f"segmenter.up.{i}.bias"], stride=2)
            h = self.pair(f"segmenter.expanding.{i}", torch.cat([skips[i], up], 1))
        loss = F.cross_entropy(convolve(p, "segmenter.output", h), mask)
        yield "segmenter", {"loss": loss}, loss
