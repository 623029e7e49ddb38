"""Variational autoencoders in JAX."""
import jax
import jax.numpy as jnp
from jax import lax

from jax_layers import adam, bce, conv, conv_transpose, cross_entropy, dense, flatten, halved, masked_conv, mlp, relu, unflatten
from jax_networks import OneLoss

ACTIVATIONS = {"relu": relu, "tanh": jnp.tanh}


class Vae(OneLoss):
    """Kingma & Welling 2014; with more than one draw for each image the bound of Burda et al. 2016."""

    def __init__(self, case):
        self.case, self.latent, self.samples = case, case.model["latent"], case.model.get("samples", 1)
        self.activation = ACTIVATIONS[case.model.get("activation", "relu")]
        if case.model.get("encoder") == "convolutional":
            self.encode, self.decode = self.encode_by_convolution, self.decode_by_convolution

    def encode(self, net, x):
        return mlp(net, flatten(x), [*self.case.model["hidden"], 2 * self.latent], self.activation)

    def decode(self, net, z):
        return unflatten(mlp(net, z, [*reversed(self.case.model["hidden"]), self.case.flat], self.activation), *self.case.image)

    def encode_by_convolution(self, net, x):
        """5x5 kernels with stride 2, and the same mirrored."""
        for width in self.case.model["filters"]:
            x = relu(conv(net, x, width, 5, 2, 2))
        return dense(net, flatten(x), 2 * self.latent)

    def decode_by_convolution(self, net, z):
        filters = [self.case.image[0], *self.case.model["filters"]]
        sizes = halved(self.case.image[1:], len(filters) - 1)
        inner = filters[-1], *sizes[-1]
        x = unflatten(dense(net, z, inner[0] * inner[1] * inner[2]), *inner)
        for i in range(len(filters) - 1, 0, -1):
            odd = [length - (2 * half - 1) for length, half in zip(sizes[i - 1], sizes[i])]
            x = conv_transpose(net, relu(x), filters[i - 1], 5, 2, 2, odd)
        return x

    def loss(self, net, x, labels, draws):
        noise = draws.normal(len(x), self.samples, self.latent)
        mean, log_variance = jnp.split(self.encode(net, x), 2, axis=1)
        z = mean[:, None] + jnp.exp(0.5 * log_variance)[:, None] * noise  # (B, k, latent)
        logits = self.decode(net, z.reshape(-1, self.latent))
        of_each = bce(logits.reshape(len(x), self.samples, -1), x.reshape(len(x), 1, -1)).sum(2)
        divergence = -0.5 * jnp.sum(1 + log_variance - mean * mean - jnp.exp(log_variance)) / len(x)
        if self.samples > 1:
            ratio = -0.5 * (jnp.square(z) - jnp.square(noise) - log_variance[:, None]).sum(2)
            loss = jnp.log(self.samples) - jax.nn.logsumexp(ratio - of_each, axis=1).mean()
        else:
            loss = of_each.mean() + divergence
        return loss, {"loss": loss, "reconstruction": of_each.mean(), "divergence": divergence}

    def infer(self, make, groups, images, draws):
        # The decoder's weights come after the encoder's.
        weights = groups[0][0]
        count = 2 + 2 * len(self.case.model.get("filters", self.case.model.get("hidden")))
        return jax.nn.sigmoid(self.decode(make(weights[count:], []), draws.normal(len(images), self.latent)))


class VqVae:
    """van den Oord et al. 2017."""

    def __init__(self, case):
        self.case, self.length, self.codes = case, case.model["length"], case.model["codes"]
        self.features, self.decay, self.restart_below, self.commitment = 64, 0.99, 0.5, 0.25
        self.grid = case.image[1] // 4, case.image[2] // 4

    def blocks(self, net, x, count=2):
        for _ in range(count):
            h = relu(conv(net, relu(x), self.features // 2, 3, 1, 1))
            x = x + conv(net, h, self.features, 1, 1, 0)
        return relu(x)

    def encode(self, net, x):
        x = relu(conv(net, x, self.features // 2, 4, 2, 1))
        return conv(net, self.blocks(net, conv(net, x, self.features, 4, 2, 1)), self.length, 1, 1, 0)

    def decode(self, net, z):
        x = self.blocks(net, conv(net, z, self.features, 3, 1, 1))
        x = relu(conv_transpose(net, x, self.features // 2, 4, 2, 1))
        return conv_transpose(net, x, self.case.image[0], 4, 2, 1)

    def prior(self, net, z, features=64, blocks=3):
        x = masked_conv(net, z, features, 5, sees_itself=False)
        for _ in range(blocks):
            h = relu(conv(net, relu(x), features // 2, 1, 1, 0))
            h = relu(masked_conv(net, h, features // 2, 3, sees_itself=True))
            x = x + conv(net, h, features, 1, 1, 0)
        return conv(net, relu(conv(net, relu(x), features, 1, 1, 0)), self.codes, 1, 1, 0)

    def codebook(self, net):
        return net.running((self.codes, self.length), 0), net.running(self.codes, 0)

    def networks(self, make, images, labels, draws):
        net = make()
        z = self.encode(net, images)
        self.decode(net, z)
        self.codebook(net)
        self.prior(make(), z)

    def restart(self, rows, t, vectors, uses):
        """Codes that are not used become outputs of the encoder."""
        dead = uses <= self.restart_below
        start = t.astype(jnp.int32) * 7919 % (len(rows) - self.codes + 1)
        vectors = jnp.where(dead[:, None], lax.dynamic_slice_in_dim(rows, start, self.codes), vectors)
        return vectors, jnp.where(dead, 1.0, uses)

    def follow(self, rows, codes, vectors, uses):
        chosen = jax.nn.one_hot(codes, self.codes)
        counts, sums = chosen.sum(0), chosen.T @ rows
        uses = self.decay * uses + (1 - self.decay) * counts
        return vectors + (1 - self.decay) * (sums - vectors * counts[:, None]) / uses[:, None], uses

    def loss(self, make, weights, state, prior_weights, t, x):
        net = make(weights, state)
        encoded = self.encode(net, x)
        rows = lax.stop_gradient(encoded.reshape(-1, self.length))
        vectors, uses = self.restart(rows, t, *state)
        codes = (jnp.square(vectors).sum(1) - 2 * rows @ vectors.T).argmin(1)
        z = vectors[codes].reshape(encoded.shape)
        logits = self.decode(net, encoded + lax.stop_gradient(z - encoded))
        reconstruction = bce(logits, x).sum() / len(x)
        commitment = jnp.square(encoded - z).sum() / len(x)
        nats = cross_entropy(self.prior(make(prior_weights, []), z), codes.reshape(len(x), *self.grid)) * self.grid[0] * self.grid[1]
        loss = reconstruction + self.commitment * commitment
        losses = {"loss": loss, "reconstruction": reconstruction, "commitment": commitment, "prior": nats}
        return loss + nats, (losses, list(self.follow(rows, codes, vectors, uses)))  # no weight has a part in both

    def step(self, make, groups, t, batches, draws):
        (x, _), = batches
        (weights, state, moments), (prior_weights, _, prior_moments) = groups
        gradients, (losses, state) = jax.grad(lambda weights, prior: self.loss(make, weights, state, prior, t, x), (0, 1), has_aux=True)(
            weights, prior_weights)
        weights, moments = adam(self.case, t, weights, gradients[0], moments)
        prior_weights, prior_moments = adam(self.case, t, prior_weights, gradients[1], prior_moments)
        return [(weights, state, moments), (prior_weights, [], prior_moments)], losses

    def infer(self, make, groups, images, draws):
        """Place after place from the prior."""
        (weights, (vectors, _), _), (prior_weights, _, _) = groups
        uniform = draws.uniform(self.grid[0] * self.grid[1], len(images), self.codes)

        def draw(place, z):
            row, column = place // self.grid[1], place % self.grid[1]
            logits = self.prior(make(prior_weights, []), z)[:, row, column]
            return z.at[:, row, column].set(vectors[(logits - jnp.log(-jnp.log(uniform[place]))).argmax(1)])

        z = lax.fori_loop(0, len(uniform), draw, jnp.zeros((len(images), *self.grid, self.length)))
        encoder = 6 + 4 * 2  # weights that come before the decoder's
        return jax.nn.sigmoid(self.decode(make(weights[encoder:], []), z))
