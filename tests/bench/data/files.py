"""Files for the benchmark, made once: pictures of shapes on noise, and random ones in the formats of CIFAR-10."""
import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter


def picture(random, side=256):
    """Smooth ground, a few shapes, and some noise: it compresses as photographs do (some 15 KB as JPEG, 100 KB as PNG)."""
    ground = Image.fromarray(random.integers(0, 256, (8, 8, 3), np.uint8)).resize((side, side), Image.BICUBIC)
    draw = ImageDraw.Draw(ground)
    for _ in range(6):
        box = np.sort(random.integers(0, side, (2, 2)), axis=0)
        shape = (draw.ellipse, draw.rectangle)[int(random.integers(2))]
        shape([*map(int, box[0]), *map(int, box[1])], fill=tuple(map(int, random.integers(0, 256, 3))))
    pixels = np.asarray(ground.filter(ImageFilter.GaussianBlur(1)), np.int16) + random.integers(-6, 7, (side, side, 3))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def make_folder(folder, count, ending, classes=10, different=500):
    """`different` pictures, each written under as many names as it takes: files of their own, which is what is read."""
    if folder.exists():
        return
    random = np.random.default_rng(0)
    unfinished = folder.with_name(folder.name + ".new")
    contents = []
    for _ in range(min(different, count)):
        content = io.BytesIO()
        options = {"quality": 90} if ending == "jpg" else {}
        picture(random).save(content, "JPEG" if ending == "jpg" else "PNG", **options)
        contents.append(content.getvalue())
    for i in range(count):
        path = unfinished / f"class{i % classes}" / f"{i:06}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents[i % len(contents)])
    unfinished.rename(folder)


def make_cifar(folder):
    if folder.exists():
        return
    random = np.random.default_rng(0)
    folder.mkdir(parents=True)
    for name in [f"data_batch_{number}.bin" for number in range(1, 6)] + ["test_batch.bin"]:
        rows = random.integers(0, 256, (10000, 3073), np.uint8)
        rows[:, 0] %= 10
        rows.tofile(folder / name)
    (folder / "batches.meta.txt").write_text("\n".join(f"class{i}" for i in range(10)) + "\n")
