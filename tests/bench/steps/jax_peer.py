"""The cases in JAX, each step one jitted function: `jax_peer.py CASE THREADS`, and peer.py's commands."""
import os
import sys

if __name__ == "__main__":  # XLA makes as many threads as it sees processors
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:int(sys.argv[2])])

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from cases import CASES, CLASSES, SAMPLES
from jax_layers import (Network, NewNetwork, adam, batch_norm, bce, conv, conv_transpose, cross_entropy, dense, flatten, leaky, lstm,
                        max_pool, mlp, relu, unflatten)
from peer import Peer, serve


class OneLoss:
    """A model with one group of parameters. loss(net, images, labels, noise) gives what is minimized, and the losses by name."""

    def networks(self, make, images, noise):
        self.loss(make(), images, np.zeros(len(images), np.int64), noise)

    def step(self, make, groups, t, images, labels, noise):
        (weights, state, moments), = groups

        def loss(weights):
            net = make(weights, state)
            value, losses = self.loss(net, images, labels, noise)
            return value, (losses, net.new_state)

        gradients, (losses, state) = jax.grad(loss, has_aux=True)(weights)
        weights, moments = adam(self.case, t, weights, gradients, moments)
        return [(weights, state, moments)], losses


class Gan:
    def __init__(self, case):
        self.case, self.latent = case, case.model["latent"]
        if case.model["use"] == "dcgan":
            self.generator, self.discriminator = self.dcgan_generator, self.dcgan_discriminator

    def generator(self, net, z):
        x = jnp.tanh(mlp(net, z, [*self.case.model["generator"], self.case.flat], leaky))
        return unflatten(x, *self.case.image)

    def discriminator(self, net, x):
        return mlp(net, flatten(x), [*self.case.model["discriminator"], 1], leaky)

    def dcgan_generator(self, net, z):
        """Radford et al. 2016: 4x4 kernels with stride 2."""
        widths = self.case.model["generator"]
        start = self.case.image[1] // 2 ** len(widths)
        x = unflatten(dense(net, z, widths[0] * start * start), widths[0], start, start)
        x = relu(batch_norm(net, x))
        for width in widths[1:]:
            x = relu(batch_norm(net, conv_transpose(net, x, width, 4, 2, 1)))
        return jnp.tanh(conv_transpose(net, x, self.case.image[0], 4, 2, 1))

    def dcgan_discriminator(self, net, x):
        filters = self.case.model["discriminator"]
        x = leaky(conv(net, x, filters[0], 4, 2, 1))
        for width in filters[1:]:
            x = leaky(batch_norm(net, conv(net, x, width, 4, 2, 1)))
        return dense(net, flatten(x), 1)

    def networks(self, make, images, noise):
        fake = self.generator(make(), noise)
        self.discriminator(make(), fake)

    def step(self, make, groups, t, real, labels, noise):
        (g_weights, g_state, g_moments), (d_weights, d_state, d_moments) = groups

        def generate(weights):
            net = make(weights, g_state)
            return self.generator(net, noise), net.new_state

        def discriminator_loss(weights):
            net = make(weights, d_state)
            on_real = bce(self.discriminator(net, real), 1.0).mean()
            net = make(weights, net.new_state)
            return on_real + bce(self.discriminator(net, fake), 0.0).mean(), net.new_state

        def generator_loss(fake):
            net = make(d_weights, d_state)
            return bce(self.discriminator(net, fake), 1.0).mean(), net.new_state

        fake, pull_back, g_state = jax.vjp(generate, g_weights, has_aux=True)
        (d, d_state), gradients = jax.value_and_grad(discriminator_loss, has_aux=True)(d_weights)
        d_weights, d_moments = adam(self.case, t, d_weights, gradients, d_moments)
        (g, d_state), towards_fake = jax.value_and_grad(generator_loss, has_aux=True)(fake)
        gradients, = pull_back(towards_fake)
        g_weights, g_moments = adam(self.case, t, g_weights, gradients, g_moments)
        return ([(g_weights, g_state, g_moments), (d_weights, d_state, d_moments)],
                {"discriminator_loss": d, "generator_loss": g})

    def infer(self, make, groups, images, noise):
        return self.generator(make(*groups[0][:2], training=False), noise)


class Vae(OneLoss):
    def __init__(self, case):
        self.case, self.latent = case, case.model["latent"]
        if case.model.get("encoder") == "convolutional":
            self.encode, self.decode = self.encode_by_convolution, self.decode_by_convolution
            self.sizes = [case.image[1]]
            for _ in case.model["filters"]:
                self.sizes.append((self.sizes[-1] + 1) // 2)

    def encode(self, net, x):
        return mlp(net, flatten(x), [*self.case.model["hidden"], 2 * self.latent], relu)

    def decode(self, net, z):
        return unflatten(mlp(net, z, [*reversed(self.case.model["hidden"]), self.case.flat], relu), *self.case.image)

    def encode_by_convolution(self, net, x):
        """5x5 kernels with stride 2, and the same mirrored."""
        for width in self.case.model["filters"]:
            x = relu(conv(net, x, width, 5, 2, 2))
        return dense(net, flatten(x), 2 * self.latent)

    def decode_by_convolution(self, net, z):
        filters, sizes = [self.case.image[0], *self.case.model["filters"]], self.sizes
        inner = filters[-1], sizes[-1], sizes[-1]
        x = unflatten(dense(net, z, inner[0] * inner[1] * inner[2]), *inner)
        for i in range(len(filters) - 1, 0, -1):
            x = conv_transpose(net, relu(x), filters[i - 1], 5, 2, 2, sizes[i - 1] - (2 * sizes[i] - 1))
        return x

    def loss(self, net, x, labels, noise):
        mean, log_variance = jnp.split(self.encode(net, x), 2, axis=1)
        logits = self.decode(net, mean + jnp.exp(0.5 * log_variance) * noise)
        reconstruction = bce(logits, x).sum() / len(x)
        divergence = -0.5 * jnp.sum(1 + log_variance - mean * mean - jnp.exp(log_variance)) / len(x)
        loss = reconstruction + divergence
        return loss, {"loss": loss, "reconstruction": reconstruction, "divergence": divergence}

    def infer(self, make, groups, images, noise):
        # The decoder's weights come after the encoder's.
        weights = groups[0][0]
        count = 2 + 2 * len(self.case.model.get("filters", self.case.model.get("hidden")))
        return jax.nn.sigmoid(self.decode(make(weights[count:], []), noise))


class Classifier(OneLoss):
    latent = 0

    def __init__(self, case):
        self.case = case
        self.network = {"cnn": self.cnn, "rnn": self.last_state}[case.model["use"]]

    def cnn(self, net, x):
        for i, width in enumerate(self.case.model["filters"]):
            x = relu(conv(net, max_pool(x) if i > 0 else x, width, 3, 1, 1))
        return mlp(net, flatten(x), [*self.case.model["hidden"], CLASSES], relu)

    def last_state(self, net, images):
        hidden, (h, _) = lstm(net, images[:, 0], self.case.model["units"])
        return dense(net, h, CLASSES)

    def loss(self, net, x, labels, noise):
        loss = cross_entropy(self.network(net, x), labels)
        return loss, {"loss": loss}

    def infer(self, make, groups, images, noise):
        return self.network(make(*groups[0][:2], training=False), images).argmax(1)


class NextFrame(OneLoss):
    latent = 0

    def __init__(self, case):
        self.case = case

    def loss(self, net, images, labels, noise):
        frames = images[:, 0]
        hidden, _ = lstm(net, frames[:, :-1], self.case.model["units"])
        loss = bce(dense(net, hidden, self.case.image[2]), frames[:, 1:]).sum() / len(frames)
        return loss, {"loss": loss}

    def infer(self, make, groups, images, noise):
        """The frames after the first, each from the one before it."""
        units, zeros = self.case.model["units"], jnp.zeros((len(images), self.case.model["units"]))

        def advance(carry, _):
            frame, state = carry
            net = make(*groups[0][:2], training=False)
            hidden, state = lstm(net, frame, units, state)
            frame = jax.nn.sigmoid(dense(net, hidden, self.case.image[2]))
            return (frame, state), frame[:, 0]

        return lax.scan(advance, (images[:, 0, :1], (zeros, zeros)), length=images.shape[2] - 1)[1]


MODELS = {"gan": Gan, "dcgan": Gan, "vae": Vae, "cnn": Classifier, "rnn": Classifier, "next-frame": NextFrame}


class JaxPeer(Peer):
    def __init__(self, case):
        super().__init__(case)
        random = np.random.default_rng(1)
        self.images = jnp.asarray(self.arranged(random.uniform(case.low, 1, (SAMPLES, *case.image)).astype(np.float32)))
        self.labels = jnp.asarray(random.integers(CLASSES, size=SAMPLES))
        self.random, self.order, self.next = random, random.permutation(SAMPLES), 0

    def settings(self):
        if "units" in self.case.model:
            return {"settings": [{"unroll": 1}, {"unroll": self.case.image[1]}]}
        images = self.case.model["use"] in ("cnn", "dcgan") or "filters" in self.case.model
        return {"settings": [{"convolution": "native"}, {"convolution": "patches"}] if images else [{}]}

    def build(self, convolution="patches", unroll=1):
        self.model, made = MODELS[self.case.model["use"]](self.case), []

        def make_new():
            made.append(NewNetwork(convolution, unroll))
            return made[-1]

        self.model.networks(make_new, self.images[:2], np.zeros((2, self.model.latent), np.float32))
        self.kinds = [[is_weight for is_weight, _ in net.made] for net in made]
        self.set_weights([value for net in made for _, value in net.made])
        make = partial(Network, convolution, unroll)

        def step(groups, t, images, labels, noise):
            return self.model.step(make, groups, t, images, labels, noise)

        def train(groups, t, key, all_images, all_labels, chosen):
            key, draw = jax.random.split(key)
            noise = jax.random.normal(draw, (self.case.batch, self.model.latent))
            groups, losses = step(groups, t, all_images[chosen], all_labels[chosen], noise)
            return groups, t + 1, key, losses

        def generate(groups, images, key):
            noise = jax.random.normal(key, (len(images), self.model.latent))
            return self.model.infer(make, groups, images, noise)

        self.train = jax.jit(train, donate_argnums=(0, 1, 2))
        self.jitted_step, self.jitted_generate = jax.jit(step), jax.jit(generate)
        self.t, self.key, self.losses = jnp.float32(1), jax.random.key(1, impl="unsafe_rbg"), {}

    def arranged(self, images):  # sequences are (B, 1, T, F)
        return images.transpose(0, 2, 3, 1) if "units" not in self.case.model else images

    def set_weights(self, values):
        values, self.groups = iter([jnp.asarray(value) for value in values]), []
        for kinds in self.kinds:
            group = [(is_weight, next(values)) for is_weight in kinds]
            weights = [value for is_weight, value in group if is_weight]
            self.groups.append((weights, [value for is_weight, value in group if not is_weight],
                                [(jnp.zeros_like(w), jnp.zeros_like(w)) for w in weights]))

    def load(self, weights):
        self.set_weights([value.transpose(2, 3, 1, 0) if value.ndim == 4 else value for value in weights])

    def repeat_step(self, images, labels, noise):
        self.groups, losses = self.jitted_step(self.groups, self.t, self.arranged(images), labels, noise)
        self.t += 1
        return {name: float(value) for name, value in losses.items()}

    def train_step(self):
        if self.next + self.case.batch > SAMPLES:
            self.order, self.next = self.random.permutation(SAMPLES), 0
        chosen = self.order[self.next:self.next + self.case.batch]
        self.next += self.case.batch
        before = self.losses
        self.groups, self.t, self.key, self.losses = self.train(self.groups, self.t, self.key, self.images, self.labels, chosen)
        jax.block_until_ready(before)  # one step ahead is enough, and a round ends in time

    def generate_batch(self, batch):
        jax.block_until_ready(self.jitted_generate(self.groups, self.images[:batch], self.key))

    def wait(self):
        jax.block_until_ready(self.groups)


if __name__ == "__main__":
    serve(JaxPeer(CASES[sys.argv[1]]))
