"""Liu et al. 2016, section 2.2, one image after the other; see models.py."""
import math

import torch
import torch.nn.functional as F

from models import BATCH, Parameters
from models_convolutional import ACTIVATIONS, add_convolution, convolve

CLASSES = 2
NONE = [-1.0] * 5


def overlap(a, b):
    """Intersection over union of each of a (P, 4) with each of b (N, 4), as corners."""
    low, high = torch.maximum(a[:, None, :2], b[:, :2]), torch.minimum(a[:, None, 2:], b[:, 2:])
    both = (high - low).clamp(min=0).prod(2)
    area = lambda boxes: (boxes[:, 2:] - boxes[:, :2]).prod(1)
    return both / (area(a)[:, None] + area(b) - both)


class Ssd:
    image_range = (0.0, 1.0)
    latent = 1
    image = (1, 8, 8)

    def __init__(self, filters, scales, aspect_ratios, negatives, activation, classes, batch_norm):
        assert classes == CLASSES and not batch_norm
        self.parameters, self.filters, self.first = Parameters(), filters, len(filters) - len(scales)
        self.negatives, self.activation, self.boxes = negatives, ACTIVATIONS[activation], []
        for i, (inputs, outputs) in enumerate(zip([1, *filters], filters)):
            add_convolution(self.parameters, f"detector.level.{i}.0", inputs, outputs)
            add_convolution(self.parameters, f"detector.level.{i}.1", outputs, outputs)
            if i >= self.first:
                add_convolution(self.parameters, f"detector.head.{i - self.first}", outputs,
                                (len(aspect_ratios) + 1) * (CLASSES + 5))
                self.add_boxes(8 >> i, scales[i - self.first], [*scales, 1.0][i - self.first + 1], aspect_ratios)
        self.boxes = torch.tensor(self.boxes).double()  # middle and size, as the host keeps them in float32

    def add_boxes(self, side, scale, following, ratios):
        sizes = [(scale * math.sqrt(a), scale / math.sqrt(a)) for a in ratios] + [(math.sqrt(scale * following),) * 2]
        for row in range(side):
            for column in range(side):
                self.boxes += [[8 * (column + 0.5) / side, 8 * (row + 0.5) / side, 8 * w, 8 * h] for w, h in sizes]

    def fields(self, step):
        """One box, two, and none; as near to no two default boxes."""
        one, two = [1.0, step + 0.125, 1.75, step + 3.375, 5.5], [0.0, 4.25, 1.0, 7.875, 4.625]
        return [("boxes", 0, torch.tensor([[one, NONE], [two, [1.0, 0.125, 3.25, 3.5, 7.625]], [NONE, NONE]],
                                          dtype=torch.float64))]

    def further_inputs(self, step, seed):
        return [self.fields(step)[0][2]]

    def told(self, h):
        out = []
        for i in range(len(self.filters)):
            h = h if i == 0 else F.max_pool2d(h, 2)
            for j in range(2):
                h = self.activation(convolve(self.parameters, f"detector.level.{i}.{j}", h))
            if i >= self.first:
                made = convolve(self.parameters, f"detector.head.{i - self.first}", h)
                out.append(made.permute(0, 2, 3, 1).reshape(len(h), -1, CLASSES + 5))
        return torch.cat(out, 1).split([CLASSES + 1, 4], 2)

    def of_image(self, logits, offsets, truth):
        """The two parts of the loss of one image."""
        truth = truth[truth[:, 0] >= 0]
        labels = torch.zeros(len(self.boxes), dtype=torch.int64)
        if len(truth) == 0:
            return 0 * logits.sum(), 0 * offsets.sum()
        middles, sizes = self.boxes[:, :2], self.boxes[:, 2:]
        found = overlap(torch.cat([middles - sizes / 2, middles + sizes / 2], 1), truth[:, 1:])
        which = found.argmax(1)
        positive = found.max(1).values >= 0.5
        for n, p in enumerate(found.argmax(0)):
            which[p], positive[p] = n, True
        matched = truth[which][positive]
        labels[positive] = matched[:, 0].long() + 1
        entropy = F.cross_entropy(logits, labels, reduction="none")
        count = int(positive.sum())
        worst = entropy[~positive].sort(descending=True).values[:int(self.negatives * count)]
        wanted = torch.cat([((matched[:, 1:3] + matched[:, 3:]) / 2 - middles[positive]) / sizes[positive] / 0.1,
                            ((matched[:, 3:] - matched[:, 1:3]) / sizes[positive]).log() / 0.2], 1)
        place = F.smooth_l1_loss(offsets[positive], wanted, reduction="sum")
        return (entropy[positive].sum() + worst.sum()) / count, place / count

    def losses(self, x, noise, boxes):
        logits, offsets = self.told(x.reshape(BATCH, *self.image))
        parts = [self.of_image(*image) for image in zip(logits, offsets, boxes)]
        entropy, place = (sum(part) / BATCH for part in zip(*parts))
        yield "detector", {"loss": entropy + place, "classification_loss": entropy, "place_loss": place}, entropy + place
