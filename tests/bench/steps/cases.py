"""What is compared: the networks, their batches and their data, once for all programs. Each program builds a case's network from the
settings that the experiment has in [model]."""
import json
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Case:
    name: str
    model: dict            # [model] of the experiment
    batch: int
    image: tuple = (1, 28, 28)  # (C, H, W) of a sample; of a sequence (1, frames, features)
    low: float = 0.0       # images are uniform noise in [low, 1]
    loss: dict = field(default_factory=dict)  # [loss.NAME] for each name
    learning_rate: float = 1e-3
    betas: tuple = (0.9, 0.999)
    parity_learning_rate: float | None = None  # where training at the other one is chaotic
    label: str = "label"   # the data's field of classes; "mask" has one for each pixel
    most_samples: int = 2048
    generates: bool = True  # whether generating is compared
    precision: str = "float32"  # of products and convolutions while training: or "bf16"

    @property
    def flat(self):
        channels, height, width = self.image
        return channels * height * width

    @property
    def samples(self):
        """So many that no batch of an epoch is smaller than the others."""
        return self.most_samples // self.batch * self.batch

    @property
    def batches(self):
        """That a step takes."""
        return self.model.get("discriminator_steps", 1)

    @property
    def classifies(self):
        return self.model["use"] in ("cnn", "rnn", "cnn-segmentation")

    def for_parity(self):
        return self if self.parity_learning_rate is None else replace(self, learning_rate=self.parity_learning_rate)

    def experiment(self):
        """The experiment's text."""
        tables = {"dataset": {"use": "noise", "shape": self.image, "mask": self.label == "mask", "count": self.samples,
                              "range": [self.low, 1.0]},
                  "model": self.model, **{f"loss.{name}": settings for name, settings in self.loss.items()},
                  "optimizer": {"use": "adam", "learning_rate": self.learning_rate, "beta1": self.betas[0], "beta2": self.betas[1]},
                  "train": {"steps": 1000000000, "batch_size": self.batch, "precision": self.precision}}
        return 'name = "bench"\nseed = 7\n' + "\n".join(table(*entry) for entry in tables.items()) + "\n"


def table(name, settings):
    """JSON's values are TOML's."""
    return "\n".join([f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in settings.items())])


CLASSES = 10
NOISE = 100  # length of the noise vector of all adversarial models
ADVERSARIAL = {"low": -1.0, "learning_rate": 2e-4, "betas": (0.5, 0.999)}
# PyTorch's own losses, in its two layouts, differ by a tenth after 15 steps at the learning rate of 2e-4.
CHAOTIC = {**ADVERSARIAL, "parity_learning_rate": 2e-6}
GAN = {"use": "gan", "latent": NOISE, "generator": [128, 256, 512], "discriminator": [512, 256, 128]}
DCGAN_28 = {"use": "dcgan", "latent": NOISE, "generator": [256, 128], "discriminator": [64, 128]}
DCGAN_64 = {"use": "dcgan", "latent": NOISE, "generator": [512, 256, 128, 64], "discriminator": [64, 128, 256, 512]}
CNN = {"use": "cnn", "filters": [32, 64, 64], "hidden": [64]}
CONVOLUTIONAL_VAE = {"use": "vae", "encoder": "convolutional", "filters": [32, 64, 128], "latent": 100}
IWAE = {"use": "vae", "hidden": [200, 200], "activation": "tanh", "latent": 50}
SMOOTHED = {"adversarial": {"use": "non-saturating", "label_smoothing": 0.1}}

CASES = {case.name: case for case in [
    # Goodfellow et al. 2014, 100-128-256-512-784 and 784-512-256-128-1
    Case("gan", GAN, 64, **ADVERSARIAL),
    # Kingma & Welling 2014, 784-400-20
    Case("vae", {"use": "vae", "hidden": [400], "latent": 20}, 128),
    # 3x3 convolutions with 2x2 maximum pooling between them
    Case("cnn", CNN, 64),
    # the rows of an image one after the other
    Case("lstm", {"use": "rnn", "cell": "lstm", "units": 128}, 64),
    # 20 frames of 32x32, each from those before it
    Case("next-frame", {"use": "next-frame", "units": 512}, 16, image=(1, 21, 1024)),
    # 5x5 convolutions with stride 2, and their transposes
    Case("vae-conv", CONVOLUTIONAL_VAE, 64, parity_learning_rate=1e-5),
    # Radford et al. 2016
    Case("dcgan-28", DCGAN_28, 64, **CHAOTIC),
    Case("dcgan-64-b16", DCGAN_64, 16, image=(3, 64, 64), **CHAOTIC),
    Case("dcgan-64-b64", DCGAN_64, 64, image=(3, 64, 64), **CHAOTIC),
    # Gulrajani et al. 2017: five updates of the critic, each with the gradient of a gradient
    Case("wgan-gp", {**GAN, "discriminator_steps": 5}, 64, low=-1.0, loss={"adversarial": {"use": "wasserstein-gp", "lambda": 10.0}},
         learning_rate=2e-4, betas=(0.0, 0.9), parity_learning_rate=2e-6),
    # Miyato et al. 2018
    Case("dcgan-spectral", {**DCGAN_28, "discriminator_norm": "none", "spectral_norm": True}, 64,
         loss={"adversarial": {"use": "hinge"}}, **CHAOTIC),
    # Larsen et al. 2016, 5x5 convolutions with stride 2
    Case("vae-gan-64", {"use": "vae-gan", "layers": "convolutional", "encoder": [32, 64, 128], "discriminator": [16, 32, 64],
                        "latent": 64, "reconstruction_in": "features", "gamma": 0.01}, 64, image=(3, 64, 64), low=-1.0, loss=SMOOTHED,
         learning_rate=3e-4, betas=(0.5, 0.999), parity_learning_rate=3e-6),
    # Burda et al. 2016: k draws for each image
    Case("iwae-10", {**IWAE, "samples": 10}, 100),
    Case("iwae-50", {**IWAE, "samples": 50}, 100),
    # van den Oord et al. 2017, 4x4 convolutions with stride 2 and residual blocks, with the codes' own PixelCNN beside them; at a learning rate of
    # 1e-3 rounding has chosen another code by the third step
    Case("vq-vae", {"use": "vq-vae", "codes": 256, "length": 32}, 64, parity_learning_rate=1e-4),
    # van den Oord et al. 2016, masked 7x7 convolutions
    Case("pixelcnn", {"use": "pixelcnn", "levels": 2, "features": 24, "blocks": 7, "kernel": 7}, 16, generates=False,
         parity_learning_rate=1e-4),
    # Ronneberger et al. 2015
    Case("u-net", {"use": "cnn-segmentation", "filters": [16, 32, 64, 128], "batch_norm": True}, 16, image=(3, 64, 64), label="mask",
         parity_learning_rate=1e-5),
    # 20 frames of 64x64
    Case("next-frame-64", {"use": "next-frame", "units": 512}, 16, image=(1, 21, 4096), most_samples=256),
    # lengths that no vector divides
    Case("cnn-odd", CNN, 37, image=(5, 27, 31)),
    Case("vae-conv-odd", CONVOLUTIONAL_VAE, 37, image=(5, 27, 31), parity_learning_rate=1e-5),
    # one image a step
    Case("vae-conv-b1", CONVOLUTIONAL_VAE, 1, parity_learning_rate=1e-5),
    Case("dcgan-28-b1", DCGAN_28, 1, **CHAOTIC),
]}
