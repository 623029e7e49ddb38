"""Models of one network and one loss in JAX."""
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from cases import CLASSES
from jax_layers import (adam, bce, conv, cross_entropy, dense, flatten, lstm, masked_conv, max_pool, mlp, normalized, relu,
                        transposed)


class OneLoss:
    """A model with one group of parameters. loss(net, images, labels, draws) gives what is minimized, and the losses by name."""

    def networks(self, make, images, labels, draws):
        self.loss(make(), images, labels, draws)

    def step(self, make, groups, t, batches, draws):
        (weights, state, moments), = groups
        (images, labels), = batches

        def loss(weights):
            net = make(weights, state)
            value, losses = self.loss(net, images, labels, draws)
            return value, (losses, net.new_state)

        gradients, (losses, state) = jax.grad(loss, has_aux=True)(weights)
        weights, moments = adam(self.case, t, weights, gradients, moments)
        return [(weights, state, moments)], losses


class Classifier(OneLoss):
    """Of images, and of each pixel."""

    def __init__(self, case):
        self.case = case
        self.network = {"cnn": self.cnn, "rnn": self.last_state, "cnn-segmentation": self.u_net}[case.model["use"]]

    def cnn(self, net, x):
        for i, width in enumerate(self.case.model["filters"]):
            x = relu(conv(net, max_pool(x) if i > 0 else x, width, 3, 1, 1))
        return mlp(net, flatten(x), [*self.case.model["hidden"], CLASSES], relu)

    def last_state(self, net, images):
        hidden, (h, _) = lstm(net, images[:, 0], self.case.model["units"])
        return dense(net, h, CLASSES)

    def u_net(self, net, x):
        """Ronneberger et al. 2015. Each level's weights for the way up come after those for the way down."""
        filters = self.case.model["filters"]
        down, double, up = [], [], []
        for i, width in enumerate(filters):
            down.append(pair(net, x.shape[3] if i == 0 else filters[i - 1], width))
            if i + 1 < len(filters):
                double.append((net.weight(2, 2, width, filters[i + 1]), net.weight(width)))
                up.append(pair(net, 2 * width, width))
        seen = [down[0](x)]
        for level in down[1:]:
            seen.append(level(max_pool(seen[-1])))
        x = seen.pop()
        for i in reversed(range(len(up))):
            x = up[i](jnp.concatenate([seen[i], transposed(net, x, *double[i], 2, 0)], axis=3))
        return conv(net, x, CLASSES, 1, 1, 0)

    def loss(self, net, x, labels, draws):
        loss = cross_entropy(self.network(net, x), labels)
        return loss, {"loss": loss}

    def infer(self, make, groups, images, draws):
        return self.network(make(*groups[0][:2], training=False), images).argmax(-1)


def pair(net, inputs, outputs):
    """Of 3x3 convolutions with batch normalization, whose weights are taken now, for later."""
    layers = []
    for channels in (inputs, outputs):
        weights = net.weight(3, 3, channels, outputs), net.weight(outputs), net.weight(outputs, start=1.0), net.weight(outputs)
        state = [net.running(outputs, 0), net.running(outputs, 1)]
        layers.append((*weights, *state, len(net.new_state)))
        net.new_state += state

    def apply(x):
        for filters, bias, *normalization, place in layers:
            x = net.convolve(x, filters, 1, ((1, 1), (1, 1))) + bias
            x, net.new_state[place:place + 2] = normalized(net, x, *normalization)
            x = relu(x)
        return x

    return apply


class NextFrame(OneLoss):
    def __init__(self, case):
        self.case = case

    def loss(self, net, images, labels, draws):
        frames = images[:, 0]
        hidden, _ = lstm(net, frames[:, :-1], self.case.model["units"])
        loss = bce(dense(net, hidden, self.case.image[2]), frames[:, 1:]).sum() / len(frames)
        return loss, {"loss": loss}

    def infer(self, make, groups, images, draws):
        """The frames after the first, each from the one before it."""
        units, zeros = self.case.model["units"], jnp.zeros((len(images), self.case.model["units"]))

        def advance(carry, _):
            frame, state = carry
            net = make(*groups[0][:2], training=False)
            hidden, state = lstm(net, frame, units, state)
            frame = jax.nn.sigmoid(dense(net, hidden, self.case.image[2]))
            return (frame, state), frame[:, 0]

        return lax.scan(advance, (images[:, 0, :1], (zeros, zeros)), length=images.shape[2] - 1)[1]


class PixelCnn(OneLoss):
    """van den Oord et al. 2016, of pixels with two values."""

    def __init__(self, case):
        self.case = case

    def network(self, net, x):
        narrow, kernel = self.case.model["features"], self.case.model["kernel"]
        wide = 2 * narrow
        x = masked_conv(net, x, wide, 7, sees_itself=False)
        for _ in range(self.case.model["blocks"]):
            h = relu(conv(net, relu(x), narrow, 1, 1, 0))
            h = relu(masked_conv(net, h, narrow, kernel, sees_itself=True))
            x = x + conv(net, h, wide, 1, 1, 0)
        return conv(net, relu(conv(net, relu(x), wide, 1, 1, 0)), self.case.image[0], 1, 1, 0)

    def loss(self, net, images, labels, draws):
        levels = jnp.floor(images + 0.5)
        loss = bce(self.network(net, levels), levels).sum() / len(images)
        return loss, {"loss": loss, "bits_per_dimension": loss / (self.case.flat * np.log(2))}
