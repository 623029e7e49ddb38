"""Layers in PyTorch that several models have, or that PyTorch has not."""
import torch
import torch.nn.functional as F
from torch import nn

ACTIVATIONS = {"relu": lambda: nn.ReLU(inplace=True), "leaky_relu": lambda: nn.LeakyReLU(0.2, inplace=True), "tanh": nn.Tanh}
leaky, relu = ACTIVATIONS["leaky_relu"], ACTIVATIONS["relu"]


def mlp(widths, activation):
    layers = []
    for inputs, outputs in zip(widths, widths[1:]):
        layers += [nn.Linear(inputs, outputs), activation()]
    return nn.Sequential(*layers[:-1])


def lstm(inputs, units):
    layer = nn.LSTM(inputs, units, batch_first=True)
    nn.init.zeros_(layer.bias_hh_l0).requires_grad_(False)  # one bias is enough, and Atelier has one
    return layer


def halved(sizes, times):
    """The heights and widths after each of so many convolutions with stride 2, the image's first."""
    out = [tuple(sizes)]
    for _ in range(times):
        out.append(tuple((length + 1) // 2 for length in out[-1]))
    return out


class MaskedConv2d(nn.Conv2d):
    """Sees the pixels before a pixel, in the order of reading (van den Oord et al. 2016), with as many of a kernel's rows as that takes;
    `sees_itself`: and the pixel."""

    def __init__(self, inputs, outputs, kernel, sees_itself):
        self.reach = kernel // 2
        super().__init__(inputs, outputs, (self.reach + 1, kernel))
        mask = torch.ones(self.reach + 1, kernel)
        mask[-1, self.reach + sees_itself:] = 0
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, x):
        return F.conv2d(F.pad(x, (self.reach, self.reach, self.reach, 0)), self.weight * self.mask, self.bias)


class Spectral:
    """Miyato et al. 2018: the weight over its largest singular value, by one step of the power method each time."""

    def prepare(self):
        self.register_buffer("left", torch.ones(len(self.weight)))

    def normalized(self):
        matrix = self.weight.flatten(1)
        with torch.no_grad():
            right = F.normalize(self.left @ matrix, dim=0, eps=1e-12)
            left = F.normalize(matrix @ right, dim=0, eps=1e-12)
            if self.training:
                self.left.copy_(left)
        return self.weight / torch.dot(left, matrix @ right)


class SpectralConv2d(Spectral, nn.Conv2d):
    def __init__(self, *settings):
        super().__init__(*settings)
        self.prepare()

    def forward(self, x):
        return F.conv2d(x, self.normalized(), self.bias, self.stride, self.padding)


class SpectralLinear(Spectral, nn.Linear):
    def __init__(self, *settings):
        super().__init__(*settings)
        self.prepare()

    def forward(self, x):
        return F.linear(x, self.normalized(), self.bias)


class Residual(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.layers(x)
