"""One task of the benchmark: the arrays of an .npz file and the ranges of the poses, which every method may use."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch


@dataclass(frozen=True)
class Ranges:
    """Poses of the unlabelled and test images relative to the labelled ones, each drawn uniformly.

    angle and shear are half-widths in degrees, shift is (x, y) half-widths as fractions of the width, scale is (low, high).
    `affine_shift`, `affine_scale` and `affine_shear` are what the affine rivals draw: wider than `shift`, `scale` and `shear` where these are
    narrow, because mild shifting, scaling and shearing is a standard augmentation whatever is known of the data.
    """

    angle: float
    shift: tuple[float, float]
    scale: tuple[float, float]
    shear: float

    @property
    def affine_shift(self) -> tuple[float, float]:
        return (max(self.shift[0], 0.1), max(self.shift[1], 0.1))

    @property
    def affine_scale(self) -> tuple[float, float]:
        return (min(self.scale[0], 0.77), max(self.scale[1], 1.3))

    @property
    def affine_shear(self) -> float:
        return max(self.shear, 25.0)


@dataclass(frozen=True)
class Task:
    """Images are [count, size, size] in [0, 1]; classes are integers. Tasks without labels have 0 labelled images."""

    labelled: torch.Tensor
    labelled_classes: torch.Tensor
    unlabelled: torch.Tensor
    test: torch.Tensor
    test_classes: np.ndarray
    ranges: Ranges
    num_classes: int


def load_task(path: str) -> Task:
    """Reads the arrays `labelled`, `labelledClasses`, `unlabelled`, `test`, `testClasses` and `ranges`
    (angle, shift x, shift y, scale low, scale high, shear). Colour channels, [count, channels, size, size], are averaged."""
    with np.load(path) as arrays:

        def images(name: str) -> torch.Tensor:
            values = torch.from_numpy(arrays[name].astype(np.float32))
            return values.mean(1) if values.dim() == 4 else values

        angle, shift_x, shift_y, low, high, shear = (float(v) for v in arrays["ranges"])
        labelled_classes = torch.from_numpy(arrays["labelledClasses"].astype(np.int64))
        return Task(
            labelled=images("labelled"),
            labelled_classes=labelled_classes,
            unlabelled=images("unlabelled"),
            test=images("test"),
            test_classes=arrays["testClasses"].astype(np.int64),
            ranges=Ranges(angle, (shift_x, shift_y), (low, high), shear),
            num_classes=int(max(arrays["labelledClasses"].max(initial=0), arrays["testClasses"].max())) + 1,
        )
