"""The cases in JAX, each step one jitted function: `jax_peer.py CASE THREADS float32`, and peer.py's commands."""
import os
import sys

if __name__ == "__main__":  # XLA makes as many threads as it sees processors
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:int(sys.argv[2])])

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from cases import CASES, CLASSES
from jax_adversarial import Gan, VaeGan
from jax_autoencoders import Vae, VqVae
from jax_layers import KeyDraws, Network, NewNetwork
from jax_networks import Classifier, NextFrame, PixelCnn
from peer import Peer, StoredDraws, serve

# Each has networks(make, images, labels, draws), which asks make() for a network for each group of parameters and these for their
# weights; step(make, groups, t, batches, draws), which takes pairs of images and classes and asks for random numbers; and
# infer(make, groups, images, draws).
MODELS = {"gan": Gan, "dcgan": Gan, "vae-gan": VaeGan, "vae": Vae, "vq-vae": VqVae, "cnn": Classifier, "rnn": Classifier,
          "cnn-segmentation": Classifier, "next-frame": NextFrame, "pixelcnn": PixelCnn}
OF_IMAGES = ("cnn", "cnn-segmentation", "dcgan", "vae-gan", "vq-vae", "pixelcnn")


def new_key(seed):
    return jax.random.key(seed, impl="unsafe_rbg")


class JaxPeer(Peer):
    def __init__(self, case):
        super().__init__(case)
        random = np.random.default_rng(1)
        self.images = jnp.asarray(self.arranged(random.uniform(case.low, 1, (case.samples, *case.image)).astype(np.float32)))
        self.labels = jnp.asarray(random.integers(CLASSES, size=(case.samples, *(case.image[1:] if case.label == "mask" else ()))))
        self.random, self.order, self.next = random, random.permutation(case.samples), 0

    def settings(self):
        if "units" in self.case.model:
            return {"settings": [{"unroll": 1}, {"unroll": self.case.image[1]}]}
        images = self.case.model["use"] in OF_IMAGES or "filters" in self.case.model
        return {"settings": [{"convolution": "native"}, {"convolution": "patches"}] if images else [{}]}

    def build(self, convolution="patches", unroll=1):
        self.model, made = MODELS[self.case.model["use"]](self.case), []

        def make_new():
            made.append(NewNetwork(convolution, unroll))
            return made[-1]

        self.model.networks(make_new, self.images[:2], self.labels[:2], KeyDraws(new_key(0)))
        self.kinds = [[is_weight for is_weight, _ in net.made] for net in made]
        self.set_weights([value for net in made for _, value in net.made])
        make = partial(Network, convolution, unroll)

        def step(groups, t, batches, draws):
            return self.model.step(make, groups, t, batches, StoredDraws(draws, jnp.asarray))

        def train(groups, t, key, all_images, all_labels, chosen):
            key, draw = jax.random.split(key)
            batches = [(all_images[rows], all_labels[rows]) for rows in chosen]
            groups, losses = self.model.step(make, groups, t, batches, KeyDraws(draw))
            return groups, t + 1, key, losses

        def generate(groups, images, key):
            return self.model.infer(make, groups, images, KeyDraws(key))

        self.train = jax.jit(train, donate_argnums=(0, 1, 2))
        self.jitted_step, self.jitted_generate = jax.jit(step), jax.jit(generate)
        self.t, self.key, self.losses = jnp.float32(1), new_key(1), {}

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

    def repeat_step(self, batches, draws):
        batches = [(self.arranged(images), labels) for images, labels in batches]
        self.groups, losses = self.jitted_step(self.groups, self.t, batches, draws)
        self.t += 1
        return {name: float(value) for name, value in losses.items()}

    def choose(self):
        if self.next + self.case.batch > self.case.samples:
            self.order, self.next = self.random.permutation(self.case.samples), 0
        chosen = self.order[self.next:self.next + self.case.batch]
        self.next += self.case.batch
        return chosen

    def train_step(self):
        chosen, before = np.stack([self.choose() for _ in range(self.case.batches)]), self.losses
        self.groups, self.t, self.key, self.losses = self.train(self.groups, self.t, self.key, self.images, self.labels, chosen)
        jax.block_until_ready(before)  # one step ahead is enough, and a round ends in time

    def generate_batch(self, batch):
        jax.block_until_ready(self.jitted_generate(self.groups, self.images[:batch], self.key))

    def wait(self):
        jax.block_until_ready(self.groups)


if __name__ == "__main__":
    if sys.argv[3] != "float32":
        sys.exit("the cases in JAX are float32's")
    serve(JaxPeer(CASES[sys.argv[1]]))
