"""What is compared: the networks, their batches and their data, once for all programs. Each program builds a case's network from the
settings that the experiment's [model] has."""
import json
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Case:
    name: str
    model: dict            # [model] of the experiment
    batch: int
    image: tuple = (1, 28, 28)  # (C, H, W) of a sample; of a sequence (1, frames, features)
    low: float = 0.0       # images are uniform noise in [low, 1]
    learning_rate: float = 1e-3
    beta1: float = 0.9
    parity_learning_rate: float | None = None  # where training at the other one is chaotic

    @property
    def flat(self):
        channels, height, width = self.image
        return channels * height * width

    def for_parity(self):
        return self if self.parity_learning_rate is None else replace(self, learning_rate=self.parity_learning_rate)

    def experiment(self):
        """The experiment's text; JSON's values are TOML's."""
        model = "\n".join(f"{key} = {json.dumps(value)}" for key, value in self.model.items())
        return f"""name = "bench"
seed = 7
[dataset]
use = "noise"
shape = {list(self.image)}
count = {SAMPLES}
range = [{self.low}, 1.0]
[model]
{model}
[optimizer]
use = "adam"
learning_rate = {self.learning_rate}
beta1 = {self.beta1}
[train]
steps = 1000000000
batch_size = {self.batch}
"""


SAMPLES = 2048
CLASSES = 10
NOISE = 100  # length of the noise vector of all adversarial models
ADVERSARIAL = {"low": -1.0, "learning_rate": 2e-4, "beta1": 0.5}
# PyTorch's own losses, in its two layouts, differ by a tenth after 15 steps at the learning rate of 2e-4.
CHAOTIC = {**ADVERSARIAL, "parity_learning_rate": 2e-6}
DCGAN_64 = {"use": "dcgan", "latent": NOISE, "generator": [512, 256, 128, 64], "discriminator": [64, 128, 256, 512]}

CASES = {case.name: case for case in [
    # Goodfellow et al. 2014, 100-128-256-512-784 and 784-512-256-128-1
    Case("gan", {"use": "gan", "latent": NOISE, "generator": [128, 256, 512], "discriminator": [512, 256, 128]}, 64, **ADVERSARIAL),
    # Kingma & Welling 2014, 784-400-20
    Case("vae", {"use": "vae", "hidden": [400], "latent": 20}, 128),
    # 3x3 convolutions with 2x2 maximum pooling between them
    Case("cnn", {"use": "cnn", "filters": [32, 64, 64], "hidden": [64]}, 64),
    # the rows of an image one after the other
    Case("lstm", {"use": "rnn", "cell": "lstm", "units": 128}, 64),
    # 20 frames of 32x32, each from those before it
    Case("next-frame", {"use": "next-frame", "units": 512}, 16, image=(1, 21, 1024)),
    # 5x5 convolutions with stride 2, and their transposes
    Case("vae-conv", {"use": "vae", "encoder": "convolutional", "filters": [32, 64, 128], "latent": 100}, 64, parity_learning_rate=1e-5),
    # Radford et al. 2016
    Case("dcgan-28", {"use": "dcgan", "latent": NOISE, "generator": [256, 128], "discriminator": [64, 128]}, 64, **CHAOTIC),
    Case("dcgan-64-b16", DCGAN_64, 16, image=(3, 64, 64), **CHAOTIC),
    Case("dcgan-64-b64", DCGAN_64, 64, image=(3, 64, 64), **CHAOTIC),
]}
