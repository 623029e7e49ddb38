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


class KeyDraws:
    """Random numbers for one step, or for one batch that is generated."""

    def __init__(self, key):
        self.key = key

    def _take(self, sample, shape):
        self.key, key = jax.random.split(self.key)
        return sample(key, shape)

    def normal(self, *shape):
        return self._take(jax.random.normal, shape)

    def uniform(self, *shape):
        return self._take(jax.random.uniform, shape)


def leaky(x):
    return jnp.where(x >= 0, x, 0.2 * x)


relu = jax.nn.relu


def dense(net, x, outputs, constrained=lambda net, weight: weight):
    weight, bias = net.weight(outputs, x.shape[-1]), net.weight(outputs)
    return x @ constrained(net, weight.T) + bias


def mlp(net, x, widths, activation):
    for width in widths[:-1]:
        x = activation(dense(net, x, width))
    return dense(net, x, widths[-1])


def native(x, filters, stride, padding):
    return lax.conv_general_dilated(x, filters, (stride, stride), padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))


def by_patches(x, filters, stride, padding):
    """As one matrix product, whose gradients are matrix products too; XLA's convolutions are slow on CPUs."""
    kernel, outputs = filters.shape[:2], filters.shape[3]
    height, width = ((length + sum(border) - size) // stride + 1 for length, border, size in zip(x.shape[1:3], padding, kernel))
    x = jnp.pad(x, ((0, 0), *padding, (0, 0)))
    patches = jnp.concatenate([x[:, i:i + stride * (height - 1) + 1:stride, j:j + stride * (width - 1) + 1:stride]
                               for i in range(kernel[0]) for j in range(kernel[1])], axis=3)
    return (patches.reshape(-1, patches.shape[3]) @ filters.reshape(-1, outputs)).reshape(-1, height, width, outputs)


CONVOLUTIONS = {"native": native, "patches": by_patches}


def conv(net, x, outputs, kernel, stride, padding, constrained=lambda net, filters: filters):
    filters, bias = net.weight(kernel, kernel, x.shape[3], outputs), net.weight(outputs)
    return net.convolve(x, constrained(net, filters), stride, ((padding, padding),) * 2) + bias


def conv_transpose(net, x, outputs, kernel, stride, padding, output_padding=(0, 0)):
    filters, bias = net.weight(kernel, kernel, outputs, x.shape[3]), net.weight(outputs)
    return transposed(net, x, filters, bias, stride, padding, output_padding)


def transposed(net, x, filters, bias, stride, padding, output_padding=(0, 0)):
    """The gradient of a convolution from the filters' inputs to the channels of x."""
    kernel, outputs = filters.shape[0], filters.shape[2]
    height, width = ((length - 1) * stride - 2 * padding + kernel + more for length, more in zip(x.shape[1:3], output_padding))
    like = jax.ShapeDtypeStruct((len(x), height, width, outputs), x.dtype)
    return jax.linear_transpose(lambda y: net.convolve(y, filters, stride, ((padding, padding),) * 2), like)(x)[0] + bias


def masked_conv(net, x, outputs, kernel, sees_itself):
    """Sees the pixels before a pixel, in the order of reading (van den Oord et al. 2016), with as many of a kernel's rows as that takes;
    `sees_itself`: and the pixel."""
    reach = kernel // 2
    filters, bias = net.weight(reach + 1, kernel, x.shape[3], outputs), net.weight(outputs)
    mask = np.ones((reach + 1, kernel, 1, 1), np.float32)
    mask[-1, reach + sees_itself:] = 0
    return net.convolve(x, filters * mask, 1, ((reach, 0), (reach, reach))) + bias


def spectral(net, weight):
    """Miyato et al. 2018: the weight, outputs last, over its largest singular value, by one step of the power method."""
    matrix = weight.reshape(-1, weight.shape[-1])
    state = net.running((weight.shape[-1], 1), 1.0)

    def unit(x):
        return lax.stop_gradient(x / (jnp.linalg.norm(x) + 1e-12))

    right = unit(matrix @ state[:, 0])
    image = right @ matrix
    left = unit(image)
    net.new_state.append(left[:, None])
    return weight / (left @ image)


def batch_norm(net, x):
    channels = x.shape[3]
    scale, shift = net.weight(channels, start=1.0), net.weight(channels)
    y, state = normalized(net, x, scale, shift, net.running(channels, 0), net.running(channels, 1))
    net.new_state += state
    return y


def normalized(net, x, scale, shift, mean, variance, momentum=0.1, epsilon=1e-5):
    """By the batch's statistics, with the running ones after it; without training by these."""
    state = [mean, variance]
    if net.training:
        count = x.size // x.shape[3]
        batch_mean, batch_variance = jnp.mean(x, (0, 1, 2)), jnp.var(x, (0, 1, 2))
        state = [(1 - momentum) * mean + momentum * batch_mean,
                 (1 - momentum) * variance + momentum * batch_variance * (count / (count - 1))]
        mean, variance = batch_mean, batch_variance
    gain = scale * lax.rsqrt(variance + epsilon)
    return x * gain + (shift - mean * gain), state


def max_pool(x):  # 2x2
    batch, height, width, channels = x.shape[0], x.shape[1] // 2, x.shape[2] // 2, x.shape[3]
    return x[:, :2 * height, :2 * width].reshape(batch, height, 2, width, 2, channels).max((2, 4))


def halved(sizes, times):
    """The heights and widths after each of so many convolutions with stride 2, the image's first."""
    out = [tuple(sizes)]
    for _ in range(times):
        out.append(tuple((length + 1) // 2 for length in out[-1]))
    return out


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
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), labels[..., None], -1).mean()


def bce(logits, targets):
    return jnp.maximum(logits, 0) - logits * targets + jnp.log1p(jnp.exp(-jnp.abs(logits)))


def adam(case, t, weights, gradients, moments):
    b1, b2 = case.betas
    step, root = case.learning_rate / (1 - b1 ** t), 1 / jnp.sqrt(1 - b2 ** t)
    out = []
    for w, g, (m, v) in zip(weights, gradients, moments, strict=True):
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
        out.append((w - step * m / (jnp.sqrt(v) * root + 1e-8), (m, v)))
    return [w for w, _ in out], [moment for _, moment in out]
