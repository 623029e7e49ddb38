#!/usr/bin/env python3
"""Writes front.png, the picture of the README: what several models make, side by side, cut from experiments/pictures.
    python3 docs/pictures/front.py
Needs Pillow (Debian: python3-pil)."""

from pathlib import Path

from PIL import Image

HERE = Path(__file__).parent
PICTURES = HERE.parent.parent / "experiments" / "pictures"
SIDE = 178  # pixels of a part: six images of 28 and the gaps of 2 between them
GAP = 8

# From left to right; the README's caption says what they are.
# Beside each the side of the square that is cut from its upper left corner: whole images, and the gaps between them.
STRIP = {"vae-mnist": 178, "dcgan-fashion": 178, "pixelcnn-mnist": 178, "cnn-segmentation": 196, "dcgan-emoji": 262}


def square(name, side):
    picture = Image.open(PICTURES / f"{name}.png").convert("RGB").crop((0, 0, side, side))
    return picture if side == SIDE else picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def main():
    strip = Image.new("RGB", (len(STRIP) * (SIDE + GAP) - GAP, SIDE), "white")
    for place, (name, side) in enumerate(STRIP.items()):
        strip.paste(square(name, side), (place * (SIDE + GAP), 0))
    strip.quantize(256, dither=Image.Dither.NONE).save(HERE / "front.png", optimize=True)


if __name__ == "__main__":
    main()
