"""van den Oord et al. 2016a (residual blocks, figure 5) and 2016b (gated layers, figure 2) for the golden values, with whole
k x k kernels under the masks of the papers' figures, and pixels drawn by a pass over the whole image for each."""
import math

import torch
import torch.nn.functional as F

import counted
from models import Parameters

SAMPLING = 4  # the purpose of draws in sampling: host/base/purposes.hpp


class PixelCnn:
    image_range = (0.0, 1.0)
    latent = 1  # make.py's noise, of which this model has none in training

    def __init__(self, image, features, blocks, kernel, first_kernel, levels, gated):
        self.image, self.levels, self.colours, self.blocks, self.gated = image, levels, image[0], blocks, gated
        self.parameters = Parameters()
        h, outputs = features, self.colours * (1 if levels == 2 else levels)
        if gated:
            for i in range(blocks + 1):
                inputs, k = (self.colours, first_kernel) if i == 0 else (h, kernel)
                self.add(f"{i}.vertical", (2 * h, inputs, k // 2 + 1, k))
                self.add(f"{i}.horizontal", (2 * h, inputs, 1, k // 2 + 1))
                self.add(f"{i}.down", (2 * h, 2 * h, 1, 1))
                self.add(f"{i}.output", (h, h, 1, 1))
        else:
            self.add("first", (2 * h, self.colours, first_kernel // 2 + 1, first_kernel))
            for i in range(1, blocks + 1):
                self.add(f"{i}.narrow", (h, 2 * h, 1, 1))
                self.add(f"{i}.causal", (h, h, kernel // 2 + 1, kernel))
                self.add(f"{i}.wide", (2 * h, h, 1, 1))
        width = h if gated else 2 * h
        self.add("hidden", (width, width, 1, 1))
        self.add("output", (outputs, width, 1, 1))

    def add(self, name, shape):
        self.parameters.add(f"network.{name}.weight", shape)
        self.parameters.add(f"network.{name}.bias", (shape[0],))

    def convolve(self, name, x, sees):
        """A k x k convolution that keeps the weights for which sees(row, column, output's colour, input's colour), with row and
        column counted from the pixel itself. The host stores the upper left of the kernel only."""
        stored = self.parameters[f"network.{name}.weight"]
        outputs, inputs, rows, columns = stored.shape
        k = max(2 * rows - 1, columns if rows > 1 else 2 * columns - 1)
        whole = F.pad(stored, (0, k - columns, (k - 1) // 2 - (rows - 1), (k - 1) // 2))
        mask = torch.zeros_like(whole)
        for o in range(outputs):
            for i in range(inputs):
                for row in range(k):
                    for column in range(k):
                        mask[o, i, row, column] = sees(row - k // 2, column - k // 2, o * self.colours // outputs,
                                                       i * self.colours // inputs)
        return F.conv2d(x, whole * mask, self.parameters[f"network.{name}.bias"], padding=k // 2)

    def raster(self, name, x, mask):
        own = lambda o, i: i < o if mask == "A" else i <= o
        return self.convolve(name, x, lambda r, c, o, i: r < 0 or (r == 0 and (c < 0 or (c == 0 and own(o, i)))))

    def gate(self, x):
        """tanh(W_f * x) sigmoid(W_g * x), 2016b equation 2; for each colour its own features."""
        halves = [part.chunk(2, dim=1) for part in x.chunk(self.colours, dim=1)]
        return torch.cat([torch.tanh(f) * torch.sigmoid(g) for f, g in halves], dim=1)

    def logits(self, x):
        if self.gated:
            h = v = x
            for i in range(self.blocks + 1):
                mask = "A" if i == 0 else "B"
                above = self.convolve(f"{i}.vertical", v, lambda r, c, o, i: r < 0 or (r == 0 and mask == "B"))
                own = lambda o, i: i < o if mask == "A" else i <= o
                beside = self.convolve(f"{i}.horizontal", h, lambda r, c, o, i: r == 0 and (c < 0 or (c == 0 and own(o, i))))
                y = self.raster(f"{i}.output", self.gate(beside + self.raster(f"{i}.down", above, "B")), "B")
                h, v = y if i == 0 else h + y, self.gate(above)
        else:
            h = self.raster("first", x, "A")
            for i in range(1, self.blocks + 1):
                y = self.raster(f"{i}.narrow", F.relu(h), "B")
                y = self.raster(f"{i}.causal", F.relu(y), "B")
                h = h + self.raster(f"{i}.wide", F.relu(y), "B")
        return self.raster("output", F.relu(self.raster("hidden", F.relu(h), "B")), "B")

    def losses(self, images, noise):
        level = torch.round(images.reshape(-1, *self.image) * (self.levels - 1))
        logits = self.logits(level / (self.levels - 1))
        if self.levels == 2:
            nll = F.binary_cross_entropy_with_logits(logits, level, reduction="sum") / len(level)
        else:
            nll = F.cross_entropy(self.by_colour(logits).permute(0, 2, 1, 3, 4), level.long(), reduction="sum") / len(level)
        yield "network", {"loss": nll, "bits_per_dimension": nll / math.log(2) / math.prod(self.image)}, nll

    def by_colour(self, logits):
        return logits.reshape(len(logits), self.colours, -1, *self.image[1:])

    @torch.no_grad()
    def sample(self, seed, n):
        """(n, C, H, W): every pixel from the whole image before it, by the host's draws."""
        x = torch.zeros(n, *self.image, dtype=torch.float64)
        ordinal = 0
        for row in range(self.image[1]):
            for column in range(self.image[2]):
                for colour in range(self.colours):
                    logits = self.by_colour(self.logits(x))[:, colour, :, row, column]
                    u = torch.from_numpy(counted.uniform(seed, 0, ordinal, n, logits.shape[1], SAMPLING)).double()
                    ordinal += 1
                    if self.levels == 2:
                        margin = (torch.sigmoid(logits) - u).abs().min()
                        x[:, colour, row, column] = (u < torch.sigmoid(logits))[:, 0].double()
                    else:  # Gumbel's trick
                        scores = logits - torch.log(-torch.log(u))
                        best = scores.topk(2, dim=1)
                        margin = (best.values[:, 0] - best.values[:, 1]).min()
                        x[:, colour, row, column] = best.indices[:, 0] / (self.levels - 1)
                    assert margin > 1e-4, "a draw that rounding decides; take another seed"
        return x
