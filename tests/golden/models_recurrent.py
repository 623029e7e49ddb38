"""The recurrent systems, after their papers; see models.py."""
import torch
import torch.nn.functional as F

from models import BATCH, IMAGE, PIXELS, Parameters, wave
from models_convolutional import CLASSES, reconstruction, targets

GATES = {"tanh": 1, "lstm": 4, "gru": 3}


class Cell:
    """Elman 1990; Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000; Cho et al. 2014, with the reset gate
    after the product. One step at a time."""

    def __init__(self, parameters, scope, kind, inputs, units):
        self.p, self.scope, self.kind, self.units = parameters, scope, kind, units
        width = GATES[kind] * units
        parameters.add(scope + ".weight", (width, inputs))
        parameters.add(scope + ".recurrent_weight", (width, units))
        parameters.add(scope + ".bias", (width,))
        if kind == "gru":
            parameters.add(scope + ".recurrent_bias", (width,))

    def start(self):
        zeros = torch.zeros(BATCH, self.units, dtype=torch.float64)
        return zeros, zeros

    def step(self, x, state):
        h, c = state
        of = lambda name: self.p[f"{self.scope}.{name}"]
        a = x @ of("weight").T + of("bias")
        b = h @ of("recurrent_weight").T
        if self.kind == "tanh":
            return torch.tanh(a + b), c
        if self.kind == "lstm":
            i, f, g, o = (a + b).chunk(4, 1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            return torch.sigmoid(o) * torch.tanh(c), c
        a_r, a_z, a_n = a.chunk(3, 1)
        b_r, b_z, b_n = (b + of("recurrent_bias")).chunk(3, 1)
        z = torch.sigmoid(a_z + b_z)
        n = torch.tanh(a_n + torch.sigmoid(a_r + b_r) * b_n)
        return (1 - z) * n + z * h, c

    def run(self, steps, state=None):
        state, out = state or self.start(), []
        for x in steps:
            state = self.step(x, state)
            out.append(state[0])
        return out, state


class Layers:
    def __init__(self, parameters, scope, kind, inputs, units, layers):
        self.cells = [Cell(parameters, f"{scope}.{i}", kind, inputs if i == 0 else units, units) for i in range(layers)]

    def run(self, steps, states=None):
        last = []
        for i, cell in enumerate(self.cells):
            steps, state = cell.run(steps, states[i] if states else None)
            last.append(state)
        return steps, last


def rows_of(images):
    """A list of the rows of (B, C, H, W), each (B, C W)."""
    return [images[:, :, y].flatten(1) for y in range(images.shape[2])]


class Output:
    def __init__(self, parameters, scope, inputs, outputs):
        self.p, self.scope = parameters, scope
        parameters.add(scope + ".weight", (outputs, inputs))
        parameters.add(scope + ".bias", (outputs,))

    def __call__(self, h):
        return F.linear(h, self.p[self.scope + ".weight"], self.p[self.scope + ".bias"])


class Rnn:
    """The class from the state after the last row."""

    image_range = (0.0, 1.0)
    latent = 1
    classes = CLASSES

    def __init__(self, cell, units, layers):
        self.parameters = Parameters()
        self.layers = Layers(self.parameters, "classifier.recurrent", cell, IMAGE[2], units, layers)
        self.output = Output(self.parameters, "classifier.output", units, CLASSES)

    def labels(self, step):
        return [(step + 2 * i) % CLASSES for i in range(BATCH)]

    def further_inputs(self, step, seed):
        return [torch.tensor(self.labels(step))]

    def losses(self, x, noise, labels):
        states, _ = self.layers.run(rows_of(x.reshape(BATCH, *IMAGE)))
        loss = F.cross_entropy(self.output(states[-1]), labels)
        yield "classifier", {"loss": loss}, loss


class NextFrame:
    """Each frame from those before it: the sum of the Bernoulli cross-entropies of its pixels, the mean over frames."""

    image_range = (0.0, 1.0)
    latent = 1
    count = 4

    def __init__(self, cell, units, layers, filters, connected=False, window=1):
        self.parameters, self.filters, self.connected, self.window = Parameters(), filters, connected, window
        p = self.parameters
        features = PIXELS
        for i, (inputs, outputs) in enumerate(zip([1, *filters], filters)):
            for name, shape in {"halving": (outputs, inputs, 4, 4), "doubling": (outputs, inputs, 4, 4)}.items():
                p.add(f"predictor.frames.{name}.{i}.weight", shape if i > 0 or name == "doubling" else
                      (outputs, window * inputs, 4, 4))
                p.add(f"predictor.frames.{name}.{i}.bias", (outputs if name == "halving" else inputs,))
            if connected:
                p.add(f"predictor.frames.meeting.{i}.weight", (outputs, 2 * outputs, 3, 3))
                p.add(f"predictor.frames.meeting.{i}.bias", (outputs,))
            features = outputs * (IMAGE[1] >> (i + 1)) * (IMAGE[2] >> (i + 1))
        self.output = Output(p, "predictor.frames.output", units, features)
        self.layers = Layers(p, "predictor.recurrent", cell, features if filters else window * features, units, layers)

    def fields(self, step):
        return [("frames", 0, targets(step, (self.count, *IMAGE)))]

    def further_inputs(self, step, seed):
        return [self.fields(step)[0][2]]

    def weights(self, name):
        return self.parameters[f"predictor.frames.{name}.weight"], self.parameters[f"predictor.frames.{name}.bias"]

    def encode(self, h):
        """What each convolution makes of frames; without any, the frames."""
        levels = [h]
        for i in range(len(self.filters)):
            levels.append(F.relu(F.conv2d(levels[-1], *self.weights(f"halving.{i}"), stride=2, padding=1)))
        return levels

    def decode(self, state, levels):
        h = self.output(state).reshape(levels[-1].shape if self.filters else (BATCH, *IMAGE))
        for i in reversed(range(len(self.filters))):
            h = F.relu(h)
            if self.connected:  # Denton & Fergus 2018, section 4
                h = F.relu(F.conv2d(torch.cat([levels[i + 1], h], 1), *self.weights(f"meeting.{i}"), padding=1))
            h = F.conv_transpose2d(h, *self.weights(f"doubling.{i}"), stride=2, padding=1)
        return h

    def losses(self, x, noise, frames):
        black = torch.zeros(BATCH, *IMAGE, dtype=torch.float64)
        window = lambda t: torch.cat([frames[:, t - i] if t >= i else black for i in range(self.window)], 1)
        codes = [self.encode(window(t)) for t in range(self.count - 1)]
        states, _ = self.layers.run([levels[-1].flatten(1) for levels in codes])
        loss = sum(F.binary_cross_entropy_with_logits(self.decode(state, code), frames[:, t + 1], reduction="sum")
                   for t, (state, code) in enumerate(zip(states, codes))) / (BATCH * (self.count - 1))
        yield "predictor", {"loss": loss}, loss


class Manipulation:
    """Sutskever et al. 2014, with the input reversed and the true row before each; or Schuster & Paliwal 1997."""

    image_range = (0.0, 1.0)
    latent = 1

    def __init__(self, architecture, cell, units, layers, distance):
        self.parameters, self.distance = Parameters(), distance
        self.bidirectional = architecture == "bidirectional"
        self.shape = (2, 4, 3) if self.bidirectional else (2, 3, 5)
        p, row = self.parameters, self.shape[0] * self.shape[2]
        if self.bidirectional:
            widths = [IMAGE[2], *[2 * units] * (layers - 1)]
            self.down = [Cell(p, f"writer.down.{i}", cell, width, units) for i, width in enumerate(widths)]
            self.up = [Cell(p, f"writer.up.{i}", cell, width, units) for i, width in enumerate(widths)]
        else:
            self.encoder = Layers(p, "writer.encoder", cell, IMAGE[2], units, layers)
            self.decoder = Layers(p, "writer.decoder", cell, row, units, layers)
        self.output = Output(p, "writer.output", 2 * units if self.bidirectional else units, row)

    def fields(self, step):
        return [("target", 0, targets(step, self.shape))]

    def further_inputs(self, step, seed):
        return [self.fields(step)[0][2]]

    def losses(self, x, noise, target):
        steps, wanted = rows_of(x.reshape(BATCH, *IMAGE)), rows_of(target)
        if self.bidirectional:
            for down, up in zip(self.down, self.up):
                above, _ = down.run(steps)
                below, _ = up.run(steps[::-1])
                steps = [torch.cat(pair, 1) for pair in zip(above, below[::-1])]
        else:
            _, states = self.encoder.run(steps[::-1])
            steps, _ = self.decoder.run([torch.zeros_like(wanted[0]), *wanted[:-1]], states)
        loss = sum(reconstruction(self.distance, self.output(h), row) for h, row in zip(steps, wanted))
        yield "writer", {"loss": loss}, loss
