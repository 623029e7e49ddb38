"""Models of one network and one loss in PyTorch. Modules are made in the order of Atelier's parameters."""
import math

import torch
import torch.nn.functional as F
from torch import nn

from cases import CLASSES
from pytorch_layers import MaskedConv2d, Residual, lstm, mlp, relu


class OneLoss(nn.Module):
    """Derived classes have losses_of(images, classes): what is minimized first."""

    names = ("loss",)

    def prepare(self, make_optimizer, wrap):
        self.optimizer, self.losses = make_optimizer(self), wrap(self.losses_of)

    def step(self, batches, draws):
        self.optimizer.zero_grad()
        losses = self.losses(*next(batches))
        losses[0].backward()
        self.optimizer.step()
        return {name: loss.detach() for name, loss in zip(self.names, losses)}


def cnn(case):
    filters, (height, width), layers = [case.image[0], *case.model["filters"]], case.image[1:], []
    for inputs, outputs in zip(filters, filters[1:]):
        if layers:
            layers.append(nn.MaxPool2d(2))
            height, width = height // 2, width // 2
        layers += [nn.Conv2d(inputs, outputs, 3, padding=1), relu()]
    return nn.Sequential(*layers, nn.Flatten(), *mlp([filters[-1] * height * width, *case.model["hidden"], CLASSES], relu))


class LastState(nn.Module):
    def __init__(self, case):
        super().__init__()
        self.lstm = lstm(case.image[2], case.model["units"])
        self.dense = nn.Linear(case.model["units"], CLASSES)

    def forward(self, images):
        return self.dense(self.lstm(images[:, 0])[0][:, -1])


class UNet(nn.Module):
    """Ronneberger et al. 2015: pairs of 3x3 convolutions, and each level's features once more on the way up."""

    def __init__(self, case):
        super().__init__()
        filters = case.model["filters"]
        self.depth = len(filters) - 1
        for i, width in enumerate(filters):
            self.add_module(f"down{i}", self.pair(case.image[0] if i == 0 else filters[i - 1], width))
            if i < self.depth:
                self.add_module(f"double{i}", nn.ConvTranspose2d(filters[i + 1], width, 2, 2))
                self.add_module(f"up{i}", self.pair(2 * width, width))
        self.output = nn.Conv2d(filters[0], CLASSES, 1)

    @staticmethod
    def pair(inputs, outputs):
        return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), relu(),
                             nn.Conv2d(outputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), relu())

    def forward(self, x):
        seen = [self.down0(x)]
        for i in range(1, self.depth + 1):
            seen.append(getattr(self, f"down{i}")(F.max_pool2d(seen[-1], 2)))
        x = seen.pop()
        for i in reversed(range(self.depth)):
            x = getattr(self, f"up{i}")(torch.cat([seen[i], getattr(self, f"double{i}")(x)], 1))
        return self.output(x)


class Classifier(OneLoss):
    """Of images, and of each pixel."""

    def __init__(self, case):
        super().__init__()
        self.network = {"cnn": cnn, "rnn": LastState, "cnn-segmentation": UNet}[case.model["use"]](case)

    def losses_of(self, x, labels):
        return (F.cross_entropy(self.network(x), labels),)

    def infer(self, images, draws):
        return self.network(images).argmax(1)


class NextFrame(OneLoss):
    def __init__(self, case):
        super().__init__()
        self.lstm = lstm(case.image[2], case.model["units"])
        self.dense = nn.Linear(case.model["units"], case.image[2])

    def losses_of(self, images, labels):
        frames = images[:, 0]
        logits = self.dense(self.lstm(frames[:, :-1])[0])
        return (F.binary_cross_entropy_with_logits(logits, frames[:, 1:], reduction="sum") / len(frames),)

    def infer(self, images, draws):
        """The frames after the first, each from the one before it."""
        frame, state, frames = images[:, 0, :1], None, []
        for _ in range(images.shape[2] - 1):
            hidden, state = self.lstm(frame, state)
            frame = torch.sigmoid(self.dense(hidden))
            frames.append(frame)
        return torch.cat(frames, 1)


class PixelCnn(OneLoss):
    """van den Oord et al. 2016, of pixels with two values."""

    names = "loss", "bits_per_dimension"

    def __init__(self, case):
        super().__init__()
        narrow = case.model["features"]
        wide = 2 * narrow
        layers = [MaskedConv2d(case.image[0], wide, 7, sees_itself=False)]
        for _ in range(case.model["blocks"]):  # what comes in is still needed
            layers.append(Residual(nn.ReLU(), nn.Conv2d(wide, narrow, 1), relu(),
                                   MaskedConv2d(narrow, narrow, case.model["kernel"], sees_itself=True), relu(),
                                   nn.Conv2d(narrow, wide, 1)))
        self.network = nn.Sequential(*layers, relu(), nn.Conv2d(wide, wide, 1), relu(), nn.Conv2d(wide, case.image[0], 1))
        self.nats_of_bits = case.flat * math.log(2)

    def losses_of(self, images, labels):
        levels = torch.floor(images + 0.5)
        loss = F.binary_cross_entropy_with_logits(self.network(levels), levels, reduction="sum") / len(images)
        return loss, loss / self.nats_of_bits
