"""The models of the golden values, after their papers, in PyTorch's float64. Each has `parameters` by the host's names, the
losses of one training step in the order in which they are minimized, and `latent`."""
import torch
import torch.nn.functional as F

IMAGE = (1, 4, 4)  # C, H, W
BATCH = 3
PIXELS = 16


def wave(shape, place, scale=0.3):
    """What parameters and images start from: scale sin(0.7 i + place), as float32 so that both precisions start alike."""
    count = torch.Size(shape).numel()
    return (scale * torch.sin(0.7 * torch.arange(count, dtype=torch.float64) + place)).float().double().reshape(shape)


class Parameters(dict):
    """Named tensors in the host's order of declaration; state tensors are never trained."""

    def __init__(self):
        super().__init__()
        self.state = set()

    def add(self, name, shape, offset=0.0):
        self[name] = (wave(shape, len(self)) + offset).float().double().requires_grad_(True)

    def add_state(self, name, shape, value):
        self[name] = torch.full(shape, value, dtype=torch.float64)
        self.state.add(name)

    def group(self, name):
        return {key: value for key, value in self.items() if key.startswith(name + ".") and key not in self.state}


class Mlp:
    """Linear layers with an activation between them, normalized before it if asked for."""

    def __init__(self, parameters, scope, widths, activation, batch_norm=False):
        self.p, self.scope, self.layers = parameters, scope, len(widths) - 1
        self.activation, self.batch_norm = activation, batch_norm
        for i in range(self.layers):
            parameters.add(f"{scope}.{i}.weight", (widths[i + 1], widths[i]))
            parameters.add(f"{scope}.{i}.bias", (widths[i + 1],))
            if batch_norm and i + 1 < self.layers:
                parameters.add(f"{scope}.{i}.norm.scale", (widths[i + 1],), offset=1.0)
                parameters.add(f"{scope}.{i}.norm.shift", (widths[i + 1],))
                parameters.add_state(f"{scope}.{i}.norm.mean", (widths[i + 1],), 0.0)
                parameters.add_state(f"{scope}.{i}.norm.variance", (widths[i + 1],), 1.0)

    def __call__(self, h):
        for i in range(self.layers):
            name = f"{self.scope}.{i}"
            h = F.linear(h, self.p[name + ".weight"], self.p[name + ".bias"])
            if i + 1 == self.layers:
                return h
            if self.batch_norm:  # Ioffe & Szegedy 2015, algorithm 1; the running averages take the unbiased variance
                h = F.batch_norm(h, self.p[name + ".norm.mean"], self.p[name + ".norm.variance"], self.p[name + ".norm.scale"],
                                 self.p[name + ".norm.shift"], training=True, momentum=0.1, eps=1e-5)
            h = self.activation(h)


class Gan:
    """Goodfellow et al. 2014, algorithm 1 with one step of each player; label smoothing: Salimans et al. 2016, section 3.4."""

    image_range = (-1.0, 1.0)

    def __init__(self, latent, generator, discriminator, loss, label_smoothing=0.0):
        self.latent, self.loss, self.real_label = latent, loss, 1.0 - label_smoothing
        self.parameters = Parameters()
        leaky = lambda x: F.leaky_relu(x, 0.2)
        self.generator = Mlp(self.parameters, "generator", [latent, *generator, PIXELS], leaky)
        self.discriminator = Mlp(self.parameters, "discriminator", [PIXELS, *discriminator, 1], leaky)

    def losses(self, x, noise):
        """Yields (group, logged losses, loss). The generator is made after the discriminator's update and meets the new one."""
        fake = torch.tanh(self.generator(noise))
        cross_entropy = lambda logits, label: F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))
        d = (cross_entropy(self.discriminator(x), self.real_label)
             + cross_entropy(self.discriminator(fake.detach()), 0.0))
        yield "discriminator", {"discriminator_loss": d}, d
        logits = self.discriminator(fake)
        if self.loss == "minimax":  # log(1 - D(G(z))), equation 1
            g = torch.log(1 - torch.sigmoid(logits)).mean()
        else:                       # -log D(G(z)), section 3
            g = -torch.log(torch.sigmoid(logits)).mean()
        yield "generator", {"generator_loss": g}, g


class Vae:
    """Kingma & Welling 2014, section 3: a Gaussian posterior, the reparameterization trick, equation 10. Beta: Higgins et al.
    2017."""

    image_range = (0.0, 1.0)

    def __init__(self, hidden, latent, beta, reconstruction, batch_norm=False):
        self.latent, self.beta, self.reconstruction = latent, beta, reconstruction
        self.parameters = Parameters()
        self.encoder = Mlp(self.parameters, "autoencoder.encoder", [PIXELS, *hidden, 2 * latent], F.relu, batch_norm)
        self.decoder = Mlp(self.parameters, "autoencoder.decoder", [latent, *reversed(hidden), PIXELS], F.relu, batch_norm)

    def error(self, decoded, x):
        """Summed over elements and batch."""
        if self.reconstruction == "bce":
            return F.binary_cross_entropy_with_logits(decoded, x, reduction="sum")
        return F.mse_loss(decoded, x, reduction="sum")

    def losses(self, x, noise):
        mean, log_variance = self.encoder(x).chunk(2, dim=1)
        reconstruction = self.error(self.decoder(mean + torch.exp(log_variance / 2) * noise), x) / len(x)
        divergence = -0.5 * (1 + log_variance - mean**2 - log_variance.exp()).sum(dim=1).mean()
        loss = reconstruction + self.beta * divergence
        yield "autoencoder", {"loss": loss, "reconstruction": reconstruction, "divergence": divergence}, loss
