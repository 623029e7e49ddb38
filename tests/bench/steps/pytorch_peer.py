"""The cases in PyTorch: `pytorch_peer.py CASE THREADS PRECISION`, and peer.py's commands."""
import sys
from dataclasses import replace
from functools import partial

import torch
from torch import nn

from cases import CASES, CLASSES
from peer import Peer, StoredDraws, forget_peak, resident, serve
from pytorch_adversarial import Gan, VaeGan
from pytorch_autoencoders import Vae, VqVae
from pytorch_networks import Classifier, NextFrame, PixelCnn

# Each has prepare(make_optimizer, wrap), step(batches, draws), which takes pairs of images and classes and asks for random numbers, and
# infer(images, draws).
MODELS = {"gan": Gan, "dcgan": Gan, "vae-gan": VaeGan, "vae": Vae, "vq-vae": VqVae, "cnn": Classifier, "rnn": Classifier,
          "cnn-segmentation": Classifier, "next-frame": NextFrame, "pixelcnn": PixelCnn}
OF_IMAGES = ("cnn", "cnn-segmentation", "dcgan", "vae-gan", "vq-vae", "pixelcnn")


class Draws:
    @staticmethod
    def normal(*shape):
        return torch.randn(shape)

    @staticmethod
    def uniform(*shape):
        return torch.rand(shape)


class PytorchPeer(Peer):
    def __init__(self, case):
        super().__init__(case)
        self.images = torch.rand(case.samples, *case.image) * (1 - case.low) + case.low
        self.labels = torch.randint(CLASSES, (case.samples, *(case.image[1:] if case.label == "mask" else ())))
        self.order, self.next = torch.randperm(case.samples), 0

    def settings(self):
        images = self.case.model["use"] in OF_IMAGES or "filters" in self.case.model
        return {"settings": [{"optimizer": optimizer, "channels_last": channels_last, "compile": compiled}
                             for compiled, optimizers in ((False, ("fused", "foreach")), (True, ("fused",))) for optimizer in optimizers
                             for channels_last in ((False, True) if images else (False,))]}

    def build(self, optimizer="fused", channels_last=False, compile=False):
        self.format = torch.channels_last if channels_last else torch.contiguous_format
        adam = {"lr": self.case.learning_rate, "betas": self.case.betas, optimizer: True}
        self.model = MODELS[self.case.model["use"]](self.case).to(memory_format=self.format)
        self.model.prepare(lambda module: torch.optim.Adam([p for p in module.parameters() if p.requires_grad], **adam),
                           partial(self.wrapped, compile))

    def wrapped(self, compile, function):
        """What makes a loss, as it is called: compiled, and cast as automatic mixed precision casts it, where the case asks for it."""
        called = torch.compile(function) if compile else function

        def cast(*arguments):
            with torch.autocast("cpu", torch.bfloat16, enabled=self.case.precision == "bf16"):
                return called(*arguments)

        return cast if self.case.precision == "bf16" else called

    def memory(self):
        tiny = nn.Linear(8, 8)  # the libraries' own first use
        tiny(torch.ones(8, 8)).sum().backward()
        torch.optim.Adam(tiny.parameters(), fused=True).step()
        forget_peak()
        before = resident("VmRSS")
        self.configure()
        return {"bytes": resident("VmHWM") - before}

    def load(self, weights):
        mine = [value for name, value in self.model.state_dict().items()
                if not name.endswith(("num_batches_tracked", "bias_hh_l0"))]
        for value, stored in zip(mine, weights, strict=True):
            value.copy_(torch.from_numpy(stored).reshape(value.shape))

    def repeat_step(self, batches, draws):
        losses = self.model.step(iter([tuple(map(torch.from_numpy, batch)) for batch in batches]), StoredDraws(draws, torch.from_numpy))
        return {name: value.item() for name, value in losses.items()}

    def batches(self):
        while True:
            if self.next + self.case.batch > self.case.samples:
                self.order, self.next = torch.randperm(self.case.samples), 0
            chosen = self.order[self.next:self.next + self.case.batch]
            self.next += self.case.batch
            yield self.images[chosen].to(memory_format=self.format), self.labels[chosen]

    def train_step(self):
        self.model.step(self.batches(), Draws)

    def generate_batch(self, batch):
        self.model.eval()
        with torch.inference_mode():
            self.model.infer(self.images[:batch].to(memory_format=self.format), Draws)
        self.model.train()

    def wait(self):
        pass


if __name__ == "__main__":
    torch.set_num_threads(int(sys.argv[2]))
    serve(PytorchPeer(replace(CASES[sys.argv[1]], precision=sys.argv[3])))
