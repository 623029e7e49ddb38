"""The variational family, after its papers; see models.py."""
import torch
import torch.nn.functional as F
from torch.distributions import Normal, kl_divergence

from models import BATCH, IMAGE, Mlp, Parameters, wave

CLASSES = 3


def leaky(x):
    return F.leaky_relu(x, 0.2)


def add_layer(parameters, scope, shape, outputs):
    parameters.add(scope + ".weight", shape)
    parameters.add(scope + ".bias", (outputs,))


def pair(parameters, scope):
    return parameters[scope + ".weight"], parameters[scope + ".bias"]


class VariationalAutoencoder:
    """The importance-weighted bound: Burda et al. 2016, equation 8. Free bits: Kingma et al. 2016, equation 15. The label in
    both networks: Sohn et al. 2015. Convolutions halve the image, transposed ones double it."""

    image_range = (0.0, 1.0)

    def __init__(self, latent, encoder="fully_connected", decoder="mirror", hidden=(), decoder_hidden=(), filters=(), kernel=3,
                 conditional="none", samples=1, bound="importance-weighted", free_bits=0.0, beta=1.0, latent_batch_norm=False, activation="leaky_relu"):
        assert activation == "leaky_relu"
        self.weighted = samples > 1 and bound == "importance-weighted"
        self.k, self.z, self.latent = samples, latent, samples * latent  # the noise that an image gets
        self.free_bits, self.beta, self.norm = free_bits, beta, latent_batch_norm
        self.classes = CLASSES if conditional == "label" else 0
        self.convolutional, self.filters, self.kernel = encoder == "convolutional", list(filters), kernel
        self.mirrored = self.convolutional and decoder == "mirror"
        p = self.parameters = Parameters()
        pixels = torch.Size(IMAGE).numel()
        if self.convolutional:
            channels = [IMAGE[0] + self.classes, *filters]
            for i in range(len(filters)):
                add_layer(p, f"autoencoder.encoder.{i}", (channels[i + 1], channels[i], kernel, kernel), channels[i + 1])
            self.side = IMAGE[1] // 2 ** len(filters)
            add_layer(p, "autoencoder.encoder.output", (2 * latent, filters[-1] * self.side**2), 2 * latent)
        else:
            self.encoder = Mlp(p, "autoencoder.encoder", [pixels + self.classes, *hidden, 2 * latent], leaky)
        if latent_batch_norm:
            p.add("autoencoder.latent.norm.scale", (latent,), offset=1.0)
            p.add("autoencoder.latent.norm.shift", (latent,))
            p.add_state("autoencoder.latent.norm.mean", (latent,), 0.0)
            p.add_state("autoencoder.latent.norm.variance", (latent,), 1.0)
        if self.mirrored:
            channels = [*reversed(filters), IMAGE[0]]
            add_layer(p, "autoencoder.decoder.input", (filters[-1] * self.side**2, latent + self.classes),
                      filters[-1] * self.side**2)
            for i in range(len(filters)):
                add_layer(p, f"autoencoder.decoder.{i}", (channels[i], channels[i + 1], kernel, kernel), channels[i + 1])
        else:
            widths = list(decoder_hidden) if decoder == "fully_connected" else list(reversed(hidden))
            self.decoder = Mlp(p, "autoencoder.decoder", [latent + self.classes, *widths, pixels], leaky)

    def labels(self, step):
        return [(2 * step + i) % CLASSES for i in range(BATCH)]

    def further_inputs(self, step, seed):
        return [F.one_hot(torch.tensor(self.labels(step)), CLASSES).double()] if self.classes else [None]

    def encode(self, x, y):
        if not self.convolutional:
            return self.encoder(x if y is None else torch.cat([x, y], 1))
        h = x.reshape(-1, *IMAGE)
        if y is not None:
            h = torch.cat([h, y[:, :, None, None].expand(-1, -1, *IMAGE[1:])], 1)
        for i in range(len(self.filters)):
            h = leaky(F.conv2d(h, *pair(self.parameters, f"autoencoder.encoder.{i}"), stride=2, padding=self.kernel // 2))
        return F.linear(h.flatten(1), *pair(self.parameters, "autoencoder.encoder.output"))

    def decode(self, z, y):
        if self.norm:
            scope = "autoencoder.latent.norm."
            z = F.batch_norm(z, *(self.parameters[scope + name] for name in ["mean", "variance", "scale", "shift"]),
                             training=True, momentum=0.1, eps=1e-5)
        z = z if y is None else torch.cat([z, y], 1)
        if not self.mirrored:
            return self.decoder(z)
        h = F.linear(z, *pair(self.parameters, "autoencoder.decoder.input"))
        h = h.reshape(-1, self.filters[-1], self.side, self.side)
        for i in range(len(self.filters)):
            h = F.conv_transpose2d(leaky(h), *pair(self.parameters, f"autoencoder.decoder.{i}"), stride=2,
                                   padding=self.kernel // 2, output_padding=1)
        return h.flatten(1)

    def losses(self, x, noise, y):
        mean, log_variance = self.encode(x, y).chunk(2, dim=1)
        q, prior = Normal(mean, torch.exp(log_variance / 2)), Normal(0.0, 1.0)
        draws = [q.loc + q.scale * epsilon for epsilon in noise.reshape(BATCH, self.k, self.z).unbind(1)]
        rows = torch.stack(draws, 1).flatten(0, 1)  # an image's draws follow each other
        repeated = lambda tensor: None if tensor is None else tensor.repeat_interleave(self.k, 0)
        decoded = self.decode(rows, repeated(y))
        nats = F.binary_cross_entropy_with_logits(decoded, repeated(x), reduction="none").sum(1).reshape(BATCH, self.k)
        divergence = kl_divergence(q, prior)  # (B, Z)
        if self.weighted:
            ratio = torch.stack([(prior.log_prob(z) - q.log_prob(z)).sum(1) for z in draws], 1)
            weights = self.beta * ratio - nats
            loss = -torch.log(torch.exp(weights).mean(1)).mean()
        else:
            loss = nats.mean() + self.beta * divergence.mean(0).clamp(min=self.free_bits).sum()
        yield "autoencoder", {"loss": loss, "reconstruction": nats.mean(), "divergence": divergence.sum(1).mean()}, loss


class VqVae:
    """van den Oord et al. 2017: equations 1 to 3, the codebook by the moving averages of appendix A.1, and a PixelCNN prior (van
    den Oord et al. 2016). Codes that have never been used start from the encoder's outputs."""

    image_range = (0.0, 1.0)
    image = (1, 8, 8)
    latent = 1

    def __init__(self, codes, length, features, residual_features, residual_blocks, commitment, decay, restart_below,
                 prior_features, prior_blocks, vectors, unused):
        self.codes, self.length, self.blocks, self.prior_blocks = codes, length, residual_blocks, prior_blocks
        self.commitment, self.decay, self.restart_below = commitment, decay, restart_below
        p = self.parameters = Parameters()
        half = features // 2
        add_layer(p, "autoencoder.encoder.first", (half, 1, 4, 4), half)
        add_layer(p, "autoencoder.encoder.second", (features, half, 4, 4), features)
        self.add_blocks("autoencoder.encoder.blocks", features, residual_features)
        add_layer(p, "autoencoder.encoder.output", (length, features, 1, 1), length)
        add_layer(p, "autoencoder.decoder.input", (features, length, 3, 3), features)
        self.add_blocks("autoencoder.decoder.blocks", features, residual_features)
        add_layer(p, "autoencoder.decoder.second", (features, half, 4, 4), half)
        add_layer(p, "autoencoder.decoder.first", (half, 1, 4, 4), 1)
        p.add_state("autoencoder.codebook.vectors", (codes, length), 0.0)
        p.add_state("autoencoder.codebook.uses", (codes,), 0.0)
        p["autoencoder.codebook.vectors"] = torch.tensor(vectors).double()
        p["autoencoder.codebook.uses"] = (2 + wave((codes,), 1, scale=1.0)).float().double()
        p["autoencoder.codebook.uses"][unused] = 0.0
        half = prior_features // 2
        add_layer(p, "prior.first", (prior_features, length, 3, 5), prior_features)
        for i in range(prior_blocks):
            add_layer(p, f"prior.{i}.narrow", (half, prior_features, 1, 1), half)
            add_layer(p, f"prior.{i}.causal", (half, half, 2, 3), half)
            add_layer(p, f"prior.{i}.wide", (prior_features, half, 1, 1), prior_features)
        add_layer(p, "prior.hidden", (prior_features, prior_features, 1, 1), prior_features)
        add_layer(p, "prior.output", (codes, prior_features, 1, 1), codes)

    def add_blocks(self, scope, features, residual_features):
        for i in range(self.blocks):
            add_layer(self.parameters, f"{scope}.{i}.narrow", (residual_features, features, 3, 3), residual_features)
            add_layer(self.parameters, f"{scope}.{i}.wide", (features, residual_features, 1, 1), features)

    def of(self, scope):
        return pair(self.parameters, scope)

    def residual(self, h, scope):
        for i in range(self.blocks):
            inner = F.conv2d(F.relu(h), *self.of(f"{scope}.{i}.narrow"), padding=1)
            h = h + F.conv2d(F.relu(inner), *self.of(f"{scope}.{i}.wide"))
        return F.relu(h)

    def encode(self, x):
        h = F.relu(F.conv2d(x, *self.of("autoencoder.encoder.first"), stride=2, padding=1))
        h = F.conv2d(h, *self.of("autoencoder.encoder.second"), stride=2, padding=1)
        return F.conv2d(self.residual(h, "autoencoder.encoder.blocks"), *self.of("autoencoder.encoder.output"))

    def decode(self, z):
        h = F.conv2d(z, *self.of("autoencoder.decoder.input"), padding=1)
        h = self.residual(h, "autoencoder.decoder.blocks")
        h = F.relu(F.conv_transpose2d(h, *self.of("autoencoder.decoder.second"), stride=2, padding=1))
        return F.conv_transpose2d(h, *self.of("autoencoder.decoder.first"), stride=2, padding=1)

    def causal(self, h, scope, sees_itself):
        """The kernel's last row is the place's own; what is right of the place, and for the first layer itself, is masked."""
        weight, bias = self.of(scope)
        rows, columns = weight.shape[2:]
        mask = torch.ones_like(weight)
        mask[:, :, -1, columns // 2 + (1 if sees_itself else 0):] = 0
        return F.conv2d(F.pad(h, (columns // 2, columns // 2, rows - 1, 0)), weight * mask, bias)

    def prior(self, z):
        h = self.causal(z, "prior.first", False)
        for i in range(self.prior_blocks):
            inner = self.causal(F.relu(h), f"prior.{i}.narrow", True)
            inner = self.causal(F.relu(inner), f"prior.{i}.causal", True)
            h = h + self.causal(F.relu(inner), f"prior.{i}.wide", True)
        h = self.causal(F.relu(h), "prior.hidden", True)
        return self.causal(F.relu(h), "prior.output", True)

    def further_inputs(self, step, seed):
        return [step]

    def losses(self, x, noise, step):
        x = x.reshape(-1, *self.image)
        e, uses = (self.parameters["autoencoder.codebook." + name] for name in ["vectors", "uses"])
        encoded = self.encode(x)
        rows = encoded.permute(0, 2, 3, 1).reshape(-1, self.length)
        start = step * 7919 % (len(rows) - self.codes + 1)
        for i in range(self.codes):
            if uses[i] <= self.restart_below:
                e[i], uses[i] = rows[start + i].detach(), 1.0
        sums = uses[:, None] * e  # m of the paper
        codes = torch.cdist(rows, e).argmin(1)
        z = e[codes].reshape(len(x), *encoded.shape[2:], self.length).permute(0, 3, 1, 2)
        reconstruction = F.binary_cross_entropy_with_logits(self.decode(encoded + (z - encoded).detach()), x,
                                                            reduction="sum") / len(x)
        commitment = ((encoded - z) ** 2).sum() / len(x)
        prior = F.cross_entropy(self.prior(z), codes.reshape(len(x), *encoded.shape[2:]), reduction="sum") / len(x)
        chosen = F.one_hot(codes, self.codes).double()
        p = chosen.mean(0)
        entropy = -(p[p > 0] * p[p > 0].log()).sum()
        logged = {"reconstruction": reconstruction, "commitment": commitment, "prior": prior, "perplexity": entropy.exp(),
                  "codes_used": (p > 0).sum()}
        loss = reconstruction + self.commitment * commitment
        yield "autoencoder", {"loss": loss, **logged}, loss
        yield "prior", {}, prior
        uses.mul_(self.decay).add_((1 - self.decay) * chosen.sum(0))  # equations 6 to 8
        sums = self.decay * sums + (1 - self.decay) * (chosen.T @ rows.detach())
        e.copy_(sums / uses[:, None])
