"""The values in detection_test.cpp, by Padilla's evaluation of the VOC challenge (pip install object-detection-metrics)."""

from podm.metrics import BoundingBox, get_pascal_voc_metrics


def numbers(seed):
    x = seed
    while True:
        x = (x * 1103515245 + 12345) % 2**31
        yield x / 2**31


def scenes(images, classes, seed):
    """True boxes, and near each of them and elsewhere what is found; as in detection_test.cpp."""
    draw = numbers(seed)
    truths, found = [], []
    for image in range(images):
        for _ in range(1 + int(3 * next(draw))):
            of_class = int(classes * next(draw))
            x, y, width, height = (40 * next(draw), 40 * next(draw), 8 + 12 * next(draw), 8 + 12 * next(draw))
            truths.append((image, of_class, x, y, x + width, y + height))
            for _ in range(int(3 * next(draw))):
                x0, y0 = x + 8 * (next(draw) - 0.5), y + 8 * (next(draw) - 0.5)
                told = of_class if next(draw) < 0.8 else int(classes * next(draw))
                found.append((image, told, next(draw), x0, y0, x0 + width, y0 + height))
    return truths, found


truths, found = scenes(40, 4, 9)
for least in (0.3, 0.5, 0.75):
    metrics = get_pascal_voc_metrics([BoundingBox.of_bbox(*truth) for truth in truths],
                                     [BoundingBox.of_bbox(image, c, *box, score) for image, c, score, *box in found], least)
    print(len(truths), len(found), least, [metrics[c].ap for c in sorted(metrics)])
