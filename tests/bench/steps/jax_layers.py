"""Layers in JAX. Images are (B, H, W, C). A network asks for its weights in the order of Atelier's parameters."""
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax


class Network:
    """What a function of (network, x) is called with: hands out the weights, and the running statistics, in order."""

    def __init__(self, convolution, unroll, weights, state, training=True):
        self.convolve, self.unroll, self.training = CONVOLUTIONS[convolution], unroll, training
        self.weights, self.state, self.new_state = iter(weights), iter(state), []

    def weight(self, *shape, start=0.0):
        return next(self.weights)

    def running(self, channels, start):
        return next(self.state)


class NewNetwork(Network):
    """Makes the weights as they are asked for."""

    def __init__(self, convolution, unroll):
        super().__init__(convolution, unroll, [], [])
        self.made, self.random = [], np.random.default_rng(1)  # (is a weight, value)

    def weight(self, *shape, start=0.0):
        wide = len(shape) > 1
        value = self.random.normal(0, 0.05, shape) if wide else np.full(shape, start)
        self.made.append((True, value.astype(np.float32)))
        return self.made[-1][1]

    def running(self, channels, start):
        self.made.append((False, np.full(channels, start, np.float32)))
        return self.made[-1][1]


def leaky(x):
    return jnp.where(x >= 0, x, 0.2 * x)


relu = jax.nn.relu


def dense(net, x, outputs):
    weight, bias = net.weight(outputs, x.shape[-1]), net.weight(outputs)
    return x @ weight.T + bias


def mlp(net, x, widths, activation):
    for width in widths[:-1]:
        x = activation(dense(net, x, width))
    return dense(net, x, widths[-1])


def native(x, filters, stride, padding):
    return lax.conv_general_dilated(x, filters, (stride, stride), [(padding, padding)] * 2, dimension_numbers=("NHWC", "HWIO", "NHWC"))


def by_patches(x, filters, stride, padding):
    """As one matrix product, whose gradients are matrix products too; XLA's convolutions are slow on CPUs."""
    kernel, outputs = filters.shape[0], filters.shape[3]
    height, width = ((length + 2 * padding - kernel) // stride + 1 for length in x.shape[1:3])
    x = jnp.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    patches = jnp.concatenate([x[:, i:i + stride * (height - 1) + 1:stride, j:j + stride * (width - 1) + 1:stride]
                               for i in range(kernel) for j in range(kernel)], axis=3)
    return (patches.reshape(-1, patches.shape[3]) @ filters.reshape(-1, outputs)).reshape(-1, height, width, outputs)


CONVOLUTIONS = {"native": native, "patches": by_patches}


def conv(net, x, outputs, kernel, stride, padding):
    filters, bias = net.weight(kernel, kernel, x.shape[3], outputs), net.weight(outputs)
    return net.convolve(x, filters, stride, padding) + bias


def conv_transpose(net, x, outputs, kernel, stride, padding, output_padding=0):
    """The gradient of a convolution from `outputs` channels to those of x."""
    filters, bias = net.weight(kernel, kernel, outputs, x.shape[3]), net.weight(outputs)
    height, width = ((length - 1) * stride - 2 * padding + kernel + output_padding for length in x.shape[1:3])
    like = jax.ShapeDtypeStruct((len(x), height, width, outputs), x.dtype)
    return jax.linear_transpose(lambda y: net.convolve(y, filters, stride, padding), like)(x)[0] + bias


def batch_norm(net, x, momentum=0.1, epsilon=1e-5):
    channels = x.shape[3]
    scale, shift = net.weight(channels, start=1.0), net.weight(channels)
    mean, variance = net.running(channels, 0), net.running(channels, 1)
    if net.training:
        count = x.size // channels
        batch_mean, batch_variance = jnp.mean(x, (0, 1, 2)), jnp.var(x, (0, 1, 2))
        net.new_state += [(1 - momentum) * mean + momentum * batch_mean,
                          (1 - momentum) * variance + momentum * batch_variance * (count / (count - 1))]
        mean, variance = batch_mean, batch_variance
    gain = scale * lax.rsqrt(variance + epsilon)
    return x * gain + (shift - mean * gain)


def max_pool(x):  # 2x2
    batch, height, width, channels = x.shape
    return x.reshape(batch, height // 2, 2, width // 2, 2, channels).max((2, 4))


def lstm(net, x, units, state=None):
    """Hochreiter & Schmidhuber 1997, gates in PyTorch's order; x is (B, T, F), gives (B, T, units) and the last state."""
    inputs, recurrent, bias = net.weight(4 * units, x.shape[2]), net.weight(4 * units, units), net.weight(4 * units)

    def advance(state, step):
        h, c = state
        i, f, g, o = jnp.split(step + h @ recurrent.T, 4, axis=1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    steps = jnp.einsum("btf,gf->tbg", x, inputs) + bias
    zeros = jnp.zeros((len(x), units), x.dtype)
    state, hidden = lax.scan(advance, (zeros, zeros) if state is None else state, steps, unroll=net.unroll)
    return hidden.transpose(1, 0, 2), state


def flatten(x):  # in (C, H, W) order
    return x.transpose(0, 3, 1, 2).reshape(len(x), -1)


def unflatten(x, channels, height, width):
    return x.reshape(-1, channels, height, width).transpose(0, 2, 3, 1)


def cross_entropy(logits, labels):
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], 1).mean()


def bce(logits, targets):
    return jnp.maximum(logits, 0) - logits * targets + jnp.log1p(jnp.exp(-jnp.abs(logits)))


def adam(case, t, weights, gradients, moments):
    b1, b2 = case.beta1, 0.999
    step, root = case.learning_rate / (1 - b1 ** t), 1 / jnp.sqrt(1 - b2 ** t)
    out = []
    for w, g, (m, v) in zip(weights, gradients, moments, strict=True):
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
        out.append((w - step * m / (jnp.sqrt(v) * root + 1e-8), (m, v)))
    return [w for w, _ in out], [moment for _, moment in out]
