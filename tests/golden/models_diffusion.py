"""Ho et al. 2020 (algorithms 1 and 2, the network of appendix B), the cosine schedule of Nichol & Dhariwal 2021, and the sampling
of Song et al. 2021, equation 12; see models.py. Tables of the schedule are float32, as the host's constants are."""
import math

import torch
import torch.nn.functional as F

import counted
from models import BATCH, IMAGE, PIXELS, Parameters
from models_pixelcnn import SAMPLING
from models_variational import CLASSES, add_layer, pair


def single(values):
    return torch.tensor(values, dtype=torch.float64).float().double()


class Diffusion:
    image_range = (-1.0, 1.0)
    latent = PIXELS  # the noise in an image

    def __init__(self, steps, schedule, channels, blocks, groups, heads, sampling_steps, eta, conditional="none"):
        self.T, self.channels, self.blocks, self.groups, self.heads = steps, channels, blocks, groups, heads
        self.sampling_steps, self.eta = sampling_steps or steps, eta
        self.classes = CLASSES if conditional == "label" else 0
        f = lambda t: math.cos((t / steps + 0.008) / 1.008 * math.pi / 2) ** 2
        linear = torch.linspace(1e-4, 0.02, steps, dtype=torch.float64) * 1000 / steps
        betas = [1 - f(t) / f(t - 1) if schedule == "cosine" else linear[t - 1].item() for t in range(1, steps + 1)]
        self.kept = [1.0]
        for beta in betas:
            self.kept.append(self.kept[-1] * (1 - min(beta, 0.999)))
        p = self.parameters = Parameters()
        self.width = width = 4 * channels[0]
        self.sines = (channels[0] + 1) // 2
        add_layer(p, "network.time.0", (width, 2 * self.sines + self.classes), width)
        add_layer(p, "network.time.1", (width, width), width)
        self.add_convolution("network.input", IMAGE[0], channels[0])
        for i, c in enumerate(channels):
            for j in range(blocks):
                self.add_block(f"network.down.{i}.{j}", channels[i - 1] if j == 0 and i > 0 else c, c)
                self.add_block(f"network.up.{i}.{j}", 2 * c, c)
            if i + 1 < len(channels):
                self.add_convolution(f"network.halve.{i}", c, c)
                self.add_convolution(f"network.double.{i}", channels[i + 1], c)
        self.add_block("network.middle.before", channels[-1], channels[-1])
        self.add_block("network.middle.after", channels[-1], channels[-1])
        if heads:
            self.add_norm("network.middle.attention.norm", channels[-1])
            for name in ["query", "key", "value", "output"]:
                add_layer(p, f"network.middle.attention.{name}", (channels[-1], channels[-1]), channels[-1])
        self.add_norm("network.output.norm", channels[0])
        self.add_convolution("network.output", channels[0], IMAGE[0])

    def add_convolution(self, scope, inputs, outputs, kernel=3):
        add_layer(self.parameters, scope, (outputs, inputs, kernel, kernel), outputs)

    def add_norm(self, scope, channels):
        self.parameters.add(scope + ".scale", (channels,), offset=1.0)
        self.parameters.add(scope + ".shift", (channels,))

    def add_block(self, scope, inputs, outputs):
        self.add_norm(scope + ".first.norm", inputs)
        self.add_norm(scope + ".second.norm", outputs)
        self.add_convolution(scope + ".first", inputs, outputs)
        self.add_convolution(scope + ".second", outputs, outputs)
        add_layer(self.parameters, scope + ".time", (outputs, self.width), outputs)
        if inputs != outputs:
            self.add_convolution(scope + ".past", inputs, outputs, kernel=1)

    def of(self, scope):
        return pair(self.parameters, scope)

    def normalized(self, scope, x):
        return F.group_norm(x, self.groups, self.parameters[scope + ".scale"], self.parameters[scope + ".shift"], eps=1e-5)

    def block(self, scope, x, time):
        h = F.conv2d(F.silu(self.normalized(scope + ".first.norm", x)), *self.of(scope + ".first"), padding=1)
        h = h + F.linear(time, *self.of(scope + ".time"))[:, :, None, None]
        h = F.conv2d(F.silu(self.normalized(scope + ".second.norm", h)), *self.of(scope + ".second"), padding=1)
        return h + (F.conv2d(x, *self.of(scope + ".past")) if scope + ".past.weight" in self.parameters else x)

    def attended(self, scope, x):
        places = self.normalized(scope + ".norm", x).flatten(2).transpose(1, 2)
        q, k, v = (F.linear(places, *self.of(f"{scope}.{name}")).unflatten(2, (self.heads, -1)).transpose(1, 2)
                   for name in ["query", "key", "value"])
        y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        return x + F.linear(y, *self.of(scope + ".output")).transpose(1, 2).reshape(x.shape)

    def network(self, x, t, y):
        frequencies = single([10000 ** (-i / self.sines) for i in range(self.sines)])
        angles = t.double()[:, None] * frequencies
        time = torch.cat([torch.sin(angles), torch.cos(angles)] + ([] if y is None else [y]), 1)
        time = F.silu(F.linear(F.relu(F.linear(time, *self.of("network.time.0"))), *self.of("network.time.1")))
        h, skips, last = F.conv2d(x, *self.of("network.input"), padding=1), [], len(self.channels) - 1
        for i in range(len(self.channels)):
            for j in range(self.blocks):
                h = self.block(f"network.down.{i}.{j}", h, time)
                skips.append(h)
            if i < last:
                h = F.conv2d(h, *self.of(f"network.halve.{i}"), stride=2, padding=1)
        h = self.block("network.middle.before", h, time)
        h = self.block("network.middle.after", self.attended("network.middle.attention", h) if self.heads else h, time)
        for i in reversed(range(len(self.channels))):
            for j in reversed(range(self.blocks)):
                h = self.block(f"network.up.{i}.{j}", torch.cat([h, skips.pop()], 1), time)
            if i > 0:
                h = F.conv2d(F.interpolate(h, scale_factor=2), *self.of(f"network.double.{i - 1}"), padding=1)
        return F.conv2d(F.silu(self.normalized("network.output.norm", h)), *self.of("network.output"), padding=1)

    def labels(self, step):
        return [(2 * step + i) % CLASSES for i in range(BATCH)]

    def further_inputs(self, step, seed):
        """The steps t, by the second draw of a training step; and the labels."""
        u = torch.from_numpy(counted.uniform(seed, step, 1, BATCH, 1)).double().flatten()
        y = F.one_hot(torch.tensor(self.labels(step)), CLASSES).double() if self.classes else None
        return [torch.floor(u * self.T).long() + 1, y]

    def losses(self, x, noise, t, y):
        x, noise = x.reshape(-1, *IMAGE), noise.reshape(-1, *IMAGE)
        kept = lambda function: single([function(k) for k in self.kept])[t][:, None, None, None]
        noised = x * kept(math.sqrt) + noise * kept(lambda k: math.sqrt(1 - k))
        loss = F.mse_loss(self.network(noised, t, y), noise)
        yield "network", {"loss": loss}, loss

    @torch.no_grad()
    def sample(self, seed, n):
        drawn = lambda ordinal: torch.from_numpy(counted.normal(seed, 0, ordinal, n, PIXELS, SAMPLING)).double().reshape(n, *IMAGE)
        x, y, ordinal = drawn(0), None, 1
        if self.classes:  # Gumbel's trick
            u = torch.from_numpy(counted.uniform(seed, 0, 1, n, CLASSES, SAMPLING)).double()
            y, ordinal = F.one_hot((-torch.log(-torch.log(u))).argmax(1), CLASSES).double(), 2
        moments = [self.T * i // self.sampling_steps for i in range(self.sampling_steps + 1)]
        for t, s in zip(reversed(moments[1:]), reversed(moments[:-1])):
            now, then = self.kept[t], self.kept[s]
            noise = self.network(x, torch.full((n,), t), y)
            guess = ((x - math.sqrt(1 - now) * noise) / math.sqrt(now)).clamp(-1, 1)
            if self.eta == 1 and self.sampling_steps == self.T:  # Ho et al. 2020, equation 7
                beta = 1 - now / then
                mean = (math.sqrt(then) * beta * guess + math.sqrt(1 - beta) * (1 - then) * x) / (1 - now)
                deviation = math.sqrt((1 - then) / (1 - now) * beta)
            else:
                deviation = self.eta * math.sqrt((1 - then) / (1 - now) * (1 - now / then))
                direction = (x - math.sqrt(now) * guess) / math.sqrt(1 - now)
                mean = math.sqrt(then) * guess + math.sqrt(1 - then - deviation**2) * direction
            x = mean
            if deviation > 0:
                x, ordinal = x + deviation * drawn(ordinal), ordinal + 1
        return x
