"""Adversarial models in JAX."""
import jax
import jax.numpy as jnp

from jax_layers import adam, batch_norm, bce, conv, conv_transpose, dense, flatten, halved, leaky, mlp, relu, spectral, unflatten


class Judge:
    """A discriminator as losses call it; its running state goes from call to call."""

    def __init__(self, network, make, weights, state):
        self.network, self.make, self.weights, self.state = network, make, weights, state

    def __call__(self, images):
        net = self.make(self.weights, self.state)
        logits = self.network(net, images)
        self.state = net.new_state
        return logits


class NonSaturating:
    draws = False

    def __init__(self, settings):
        self.real = 1.0 - settings.get("label_smoothing", 0.0)

    def discriminator(self, judge, real, fake, draw):
        on_real = bce(judge(real), self.real).mean()
        return on_real + bce(judge(fake), 0.0).mean()

    def generator(self, judge, fake):
        return bce(judge(fake), 1.0).mean()


class Hinge:
    draws = False

    def __init__(self, settings):
        pass

    def discriminator(self, judge, real, fake, draw):
        on_real = relu(1 - judge(real)).mean()
        return on_real + relu(1 + judge(fake)).mean()

    def generator(self, judge, fake):
        return -judge(fake).mean()


class WassersteinGp:
    """Gulrajani et al. 2017, equation 3. The critic has no running state."""
    draws = True  # where between a real and a generated image the slope is looked at

    def __init__(self, settings):
        self.weight = settings["lambda"]

    def discriminator(self, judge, real, fake, draw):
        slopes = jax.grad(lambda x: judge(x).sum())(draw * real + (1 - draw) * fake)
        length = jnp.sqrt(jnp.square(slopes).sum((1, 2, 3)) + 1e-20)
        return self.weight * jnp.square(length - 1).mean() + judge(fake).mean() - judge(real).mean()

    def generator(self, judge, fake):
        return -judge(fake).mean()


LOSSES = {"non-saturating": NonSaturating, "hinge": Hinge, "wasserstein-gp": WassersteinGp}


def adversarial(case):
    settings = case.loss.get("adversarial", {"use": "non-saturating"})
    return LOSSES[settings["use"]](settings)


class Gan:
    def __init__(self, case):
        self.case, self.latent, self.adversarial = case, case.model["latent"], adversarial(case)
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
        more = {"constrained": spectral} if self.case.model.get("spectral_norm") else {}
        x = leaky(conv(net, x, filters[0], 4, 2, 1, **more))
        for width in filters[1:]:
            x = conv(net, x, width, 4, 2, 1, **more)
            x = leaky(batch_norm(net, x) if self.case.model.get("discriminator_norm", "batch") == "batch" else x)
        return dense(net, flatten(x), 1, **more)

    def networks(self, make, images, labels, draws):
        fake = self.generator(make(), draws.normal(len(images), self.latent))
        self.discriminator(make(), fake)

    def step(self, make, groups, t, batches, draws):
        (g_weights, g_state, g_moments), (d_weights, d_state, d_moments) = groups

        def generate(weights):
            net = make(weights, g_state)
            return self.generator(net, noise), net.new_state

        def discriminator_loss(weights):
            judge = Judge(self.discriminator, make, weights, d_state)
            return self.adversarial.discriminator(judge, real, fake, between), judge.state

        def generator_loss(fake):
            judge = Judge(self.discriminator, make, d_weights, d_state)
            return self.adversarial.generator(judge, fake), judge.state

        updates = (t - 1) * len(batches)  # of the discriminator
        for k, (real, _) in enumerate(batches, start=1):
            noise = draws.normal(len(real), self.latent)
            fake, pull_back, g_state = jax.vjp(generate, g_weights, has_aux=True)
            between = draws.uniform(len(real), 1, 1, 1) if self.adversarial.draws else None
            (d, d_state), gradients = jax.value_and_grad(discriminator_loss, has_aux=True)(d_weights)
            d_weights, d_moments = adam(self.case, updates + k, d_weights, gradients, d_moments)
        (g, d_state), towards_fake = jax.value_and_grad(generator_loss, has_aux=True)(fake)
        gradients, = pull_back(towards_fake)
        g_weights, g_moments = adam(self.case, t, g_weights, gradients, g_moments)
        return ([(g_weights, g_state, g_moments), (d_weights, d_state, d_moments)],
                {"discriminator_loss": d, "generator_loss": g})

    def infer(self, make, groups, images, draws):
        return self.generator(make(*groups[0][:2], training=False), draws.normal(len(images), self.latent))


class VaeGan:
    """Larsen et al. 2016, with the decoder as generator: 5x5 convolutions with stride 2."""

    def __init__(self, case):
        self.case, self.latent, self.adversarial = case, case.model["latent"], adversarial(case)

    def trunk(self, net, x, filters, normalizes_first):
        for i, width in enumerate(filters):
            x = conv(net, x, width, 5, 2, 2)
            x = relu(batch_norm(net, x) if i > 0 or normalizes_first else x)
        return x

    def encode(self, net, x):
        return jnp.split(dense(net, flatten(self.trunk(net, x, self.case.model["encoder"], True)), 2 * self.latent), 2, axis=1)

    def decode(self, net, z):
        filters = self.case.model["encoder"]
        inner = filters[-1], *halved(self.case.image[1:], len(filters))[-1]
        x = relu(batch_norm(net, unflatten(dense(net, z, inner[0] * inner[1] * inner[2]), *inner)))
        for width in filters[-2::-1]:
            x = relu(batch_norm(net, conv_transpose(net, x, width, 5, 2, 2, (1, 1))))
        return jax.nn.sigmoid(conv_transpose(net, x, self.case.image[0], 5, 2, 2, (1, 1))) * (1 - self.case.low) + self.case.low

    def judge(self, net, x):
        """What its hidden layers see, and the logits."""
        seen = self.trunk(net, x, self.case.model["discriminator"], False)
        return seen, dense(net, flatten(seen), 1)

    def networks(self, make, images, labels, draws):
        self.encode(make(), images)
        decoded = self.decode(make(), draws.normal(len(images), self.latent))
        self.judge(make(), decoded)

    def losses(self, make, weights, state, x, noise, more_noise):
        encoder, decoder = (make(weights[i], state[i]) for i in (0, 1))
        mean, log_variance = self.encode(encoder, x)
        decoded = self.decode(decoder, mean + jnp.exp(0.5 * log_variance) * noise)
        decoder_again = make(weights[1], decoder.new_state)
        sampled = self.decode(decoder_again, more_noise)
        judging, judged = [], state[2]
        for images in (x, decoded, sampled):
            net = make(weights[2], judged)
            judging.append(self.judge(net, images))
            judged = net.new_state
        (seen, on_real), (seen_decoded, on_decoded), (_, on_sampled) = judging
        likelihood = 0.5 * jnp.square(seen - seen_decoded).sum() / len(x)
        prior = -0.5 * jnp.sum(1 + log_variance - mean * mean - jnp.exp(log_variance)) / len(x)
        generator = 0.5 * (bce(on_decoded, 1.0).mean() + bce(on_sampled, 1.0).mean())
        discriminator = (bce(on_real, self.adversarial.real).mean()
                         + 0.5 * (bce(on_decoded, 0.0).mean() + bce(on_sampled, 0.0).mean()))
        return (prior, likelihood, generator, discriminator), [encoder.new_state, decoder_again.new_state, judged]

    def step(self, make, groups, t, batches, draws):
        """All losses are those of the weights before the step."""
        (x, _), = batches
        noise = [draws.normal(len(x), self.latent) for _ in range(2)]
        weights, state = [group[0] for group in groups], [group[1] for group in groups]
        losses, pull_back, state = jax.vjp(lambda weights: self.losses(make, weights, state, x, *noise), weights, has_aux=True)
        new = []
        for i, minimized in enumerate(((1, 1, 0, 0), (0, self.case.model["gamma"], 1, 0), (0, 0, 0, 1))):
            gradients = pull_back(tuple(jnp.float32(part) for part in minimized))[0][i]
            new.append((*adam(self.case, t, weights[i], gradients, groups[i][2]), state[i]))
        names = "prior", "reconstruction", "generator_loss", "discriminator_loss"
        return [(weights, state, moments) for weights, moments, state in new], dict(zip(names, losses))

    def infer(self, make, groups, images, draws):
        return self.decode(make(*groups[1][:2], training=False), draws.normal(len(images), self.latent))
