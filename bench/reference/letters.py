"""Letters and digits in five typefaces of matplotlib's (STIX, Computer Modern), which the generators of this repository do not use, as a folder for
`npm run benchmark -- --data FOLDER`: 24 classes, 8 upright labelled images each, 40 to 160 unlabelled ones (unbalanced), 60 test images each at any angle with
shifts and sizes, on images of 44 x 36 pixels with uneven light, varying contrast and blur, and noise.

usage: python bench/reference/letters.py FOLDER [SEED]     (needs matplotlib, numpy, pillow, scipy)
"""

import os
import sys

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter

WIDTH, HEIGHT = 44, 36
CLASSES = "ABCDEFGHJKLPQRSTUVXY2345"
FACES = ["STIXGeneral.ttf", "STIXGeneralBol.ttf", "cmr10.ttf", "cmss10.ttf", "cmb10.ttf"]
CANVAS = 160


def glyph(rng, character):
    """The character in a face drawn at random, white on black, [CANVAS, CANVAS]."""
    folder = os.path.join(matplotlib.get_data_path(), "fonts", "ttf")
    font = ImageFont.truetype(os.path.join(folder, FACES[rng.integers(len(FACES))]), 72)
    canvas = Image.new("L", (CANVAS, CANVAS), 0)
    pen = ImageDraw.Draw(canvas)
    left, top, right, bottom = pen.textbbox((0, 0), character, font=font)
    pen.text((CANVAS / 2 - (left + right) / 2, CANVAS / 2 - (top + bottom) / 2), character, font=font, fill=255)
    return canvas


def middle(picture):
    """The middle [HEIGHT, WIDTH] of a square picture, in [0, 1]."""
    values = np.asarray(picture, float) / 255
    padded = np.pad(values, max(0, (WIDTH - len(values) + 1) // 2))
    top, left = (len(padded) - HEIGHT) // 2, (len(padded) - WIDTH) // 2
    return padded[top : top + HEIGHT, left : left + WIDTH]


def photograph(rng, character, upright):
    """The character as an image of 8 bits."""
    canvas, size = glyph(rng, character), 1.0
    if not upright:
        shift = tuple(rng.uniform(-8, 8, 2))
        canvas = canvas.rotate(rng.uniform(-180, 180), resample=Image.BICUBIC, translate=shift)
        size = rng.uniform(0.85, 1.15)
    side = int(WIDTH * size * 8 / 7)
    shape = middle(canvas.resize((side, side), Image.BICUBIC))
    down, across = np.mgrid[0:HEIGHT, 0:WIDTH]
    slope = rng.uniform(-0.35, 0.35, 2)
    light = 0.35 + slope[0] * (across / WIDTH - 0.5) + slope[1] * (down / HEIGHT - 0.5)
    seen = light + 0.5 * rng.uniform(0.6, 1) * gaussian_filter(shape, rng.uniform(0.3, 0.9))
    return np.clip((seen + rng.normal(0, 0.08, seen.shape)) * 255, 0, 255).astype(np.uint8)


def main(folder, seed=1):
    rng = np.random.default_rng(int(seed))

    def save(path, picture):
        path = os.path.join(folder, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        Image.fromarray(picture).save(path)

    for k, character in enumerate(CLASSES):
        for i in range(8):
            save(f"labelled/{character}/{i}.png", photograph(rng, character, upright=True))
        for i in range([40, 80, 160][k % 3]):
            save(f"unlabelled/{k}-{i}.png", photograph(rng, character, upright=False))
        for i in range(60):
            save(f"test/{character}/{i}.png", photograph(rng, character, upright=False))


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(*sys.argv[1:])
