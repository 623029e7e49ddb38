"""A model whose loss looks through another run's model; see models.py."""
import torch

from models import Vae
from models_convolutional import Cnn

FOREIGN_RANGE = (-1.0, 1.0)  # of the images that the other run's model learned from


class PerceptualVae(Vae):
    """Hou et al. 2017: the squared distance of Johnson et al. 2016, equation 2, between what a classifier sees in image and
    reconstruction, averaged over the feature's elements; and a loss of pixels. The classifier's weights stay as they are."""

    def __init__(self, hidden, latent, beta, pixels, feature, weight, classifier):
        super().__init__(hidden, latent, beta, pixels)
        self.feature, self.weight, self.classifier = feature, weight, Cnn(**classifier)
        for name, value in self.classifier.parameters.items():
            value.requires_grad_(False)
            self.parameters["features.0." + name] = value
            self.parameters.state.add("features.0." + name)

    def seen(self, x):
        low, high = self.image_range
        wanted_low, wanted_high = FOREIGN_RANGE
        scaled = wanted_low + (x - low) / (high - low) * (wanted_high - wanted_low)
        return getattr(self.classifier, self.feature)(scaled)

    def error(self, decoded, x):
        image = torch.sigmoid(decoded) if self.reconstruction == "bce" else decoded
        distance = ((self.seen(image) - self.seen(x)) ** 2).mean(dim=1).sum() * self.weight
        return distance if self.reconstruction == "none" else distance + super().error(decoded, x)
