"""Dinh et al. 2017; see models.py. The Jacobian's determinant is the sum of the couplings' scales (equation 6), of batch
normalization (section 3.7) and of the logits of uniformly dequantized pixels (section 4.1)."""
import math

import torch
import torch.nn.functional as F

import counted
from models import BATCH, Parameters, wave
from models_pixelcnn import SAMPLING
from models_variational import add_layer, pair


class RealNvp:
    image_range = (0.0, 1.0)
    latent = 1  # make.py's noise, of which this model has none in training

    def __init__(self, image, features, couplings, blocks, levels, alpha, temperature=1.0):
        self.image, self.features, self.n, self.blocks = image, features, couplings, blocks
        self.levels, self.alpha, self.temperature = levels, alpha, temperature
        self.parameters = Parameters()
        self.stages = []  # ("pixels" or "channels", scope, features), "squeeze" or "split"
        channels = image[0]
        for i in range(len(features) - 1):
            self.add(f"flow.{i}.pixels", "pixels", couplings, channels, features[i])
            self.stages.append("squeeze")
            channels *= 4
            self.add(f"flow.{i}.channels", "channels", couplings, channels, features[i + 1])
            self.stages.append("split")
            channels //= 2
        self.add("flow.last", "pixels", couplings + 1, channels, features[-1])

    def add(self, scope, kind, count, channels, width):
        p = self.parameters
        for i in range(count):
            name = f"{scope}.{i}"
            add_layer(p, name + ".input", (width, channels, 3, 3), width)
            add_layer(p, name + ".output", (2 * channels, width, 3, 3), 2 * channels)
            p.add(name + ".reach", (channels,), offset=1.0)
            p.add_state(name + ".norm.mean", (channels,), 0.0)
            p.add_state(name + ".norm.variance", (channels,), 1.0)
            for j in range(self.blocks):
                add_layer(p, f"{name}.{j}.0", (width, width, 3, 3), width)
                add_layer(p, f"{name}.{j}.1", (width, width, 1, 1), width)
            self.stages.append((kind, name, i % 2 == 1))

    def of(self, scope):
        return pair(self.parameters, scope)

    def affine(self, kind, name, other, x):
        """s and t of what the mask leaves."""
        _, channels, rows, columns = x.shape
        if kind == "pixels":
            b = (torch.arange(rows)[:, None] + torch.arange(columns)) % 2 == 0
        else:
            b = (torch.arange(channels) < channels // 2)[:, None, None]
        b = (b != other).double()
        h = F.conv2d(x * b, *self.of(name + ".input"), padding=1)
        for j in range(self.blocks):
            h = h + F.conv2d(F.relu(F.conv2d(F.relu(h), *self.of(f"{name}.{j}.0"), padding=1)), *self.of(f"{name}.{j}.1"))
        s, t = F.conv2d(F.relu(h), *self.of(name + ".output"), padding=1).chunk(2, dim=1)
        return (1 - b) * torch.tanh(s) * self.parameters[name + ".reach"][:, None, None], (1 - b) * t

    def forward(self, x):
        """Latents (B, C H W) and the logarithm of the determinant, normalized by the batch."""
        done, total = [], 0
        for stage in self.stages:
            if stage == "squeeze":
                x = F.pixel_unshuffle(x, 2)
            elif stage == "split":
                x, z = x.chunk(2, dim=1)
                done.append(z.flatten(1))
            else:
                s, t = self.affine(*stage, x)
                x = x * torch.exp(s) + t
                mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
                for state, batch in [("mean", mean), ("variance", variance)]:
                    name = f"{stage[1]}.norm.{state}"
                    self.parameters[name] = (0.9 * self.parameters[name] + 0.1 * batch).detach()
                x = (x - mean[:, None, None]) / torch.sqrt(variance[:, None, None] + 1e-5)
                total = total + s.sum((1, 2, 3)) - 0.5 * torch.log(variance + 1e-5).sum() * x.shape[2] * x.shape[3]
        return torch.cat([*done, x.flatten(1)], 1), total

    def further_inputs(self, step, seed):
        return [torch.from_numpy(counted.uniform(seed, step, 0, BATCH, math.prod(self.image))).double().reshape(-1, *self.image)]

    def losses(self, images, noise, u):
        level = torch.round(images.reshape(-1, *self.image) * (self.levels - 1))
        y = self.alpha + (1 - 2 * self.alpha) * (level + u) / self.levels
        z, determinant = self.forward(torch.logit(y))
        slope = (1 - 2 * self.alpha) / (y * (1 - y)) / self.levels  # of the logits, by the level
        log_p = torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(1) + determinant + torch.log(slope).sum((1, 2, 3))
        nll = -log_p.mean()
        yield "flow", {"loss": nll, "bits_per_dimension": nll / math.log(2) / math.prod(self.image)}, nll

    @torch.no_grad()
    def sample(self, seed, n):
        """By the running statistics, 0 and 1 at first."""
        elements = math.prod(self.image)
        z = self.temperature * torch.from_numpy(counted.normal(seed, 0, 0, n, elements, SAMPLING)).double()
        shapes, shape = [], list(self.image)
        for stage in self.stages:
            shape = [4 * shape[0], shape[1] // 2, shape[2] // 2] if stage == "squeeze" else shape
            if stage == "split":
                shape[0] //= 2
                shapes.append(list(shape))
        x, z = z[:, elements - math.prod(shape):].reshape(n, *shape), z[:, :elements - math.prod(shape)]
        for stage in reversed(self.stages):
            if stage == "squeeze":
                x = F.pixel_shuffle(x, 2)
            elif stage == "split":
                shape = shapes.pop()
                x = torch.cat([x, z[:, -math.prod(shape):].reshape(n, *shape)], 1)
                z = z[:, :-math.prod(shape)]
            else:
                x = x * math.sqrt(1 + 1e-5)
                s, t = self.affine(*stage, x)
                x = (x - t) * torch.exp(-s)
        place = (torch.sigmoid(x) - self.alpha) / (1 - 2 * self.alpha) * self.levels
        level = torch.floor(place).clamp(0, self.levels - 1)
        assert ((place - place.round()).abs().min() > 1e-4), "a level that rounding decides; take another seed"
        return level / (self.levels - 1)
