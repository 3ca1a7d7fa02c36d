"""Images at random poses: rotation and shift, or the whole affine map, with new noise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from preprocessing import unit_power
from task import Ranges


def rotation(angle: torch.Tensor) -> torch.Tensor:
    """[..., 2, 2] matrices of angles in radians, counter-clockwise as seen (y points down)."""
    cos, sin = torch.cos(angle), torch.sin(angle)
    return torch.stack([torch.stack([cos, sin], -1), torch.stack([-sin, cos], -1)], -2)


def affine(angle: torch.Tensor, scale: torch.Tensor, shear: torch.Tensor) -> torch.Tensor:
    """Rotation times scale times shear; angle in radians [n], scale [n], shear in degrees [n, 2] along x and y."""
    tangent = torch.tan(torch.deg2rad(shear))
    matrix = torch.eye(2).repeat(len(angle), 1, 1)
    matrix[:, 0, 1] = tangent[:, 0]
    matrix[:, 1, 0] = tangent[:, 1]
    return rotation(angle) @ matrix * scale[:, None, None]


def warp(images: torch.Tensor, matrix: torch.Tensor, shift: torch.Tensor, padding: str) -> torch.Tensor:
    """Moves the object point o to `matrix` o + `shift` (half the width is 1), bilinearly. `padding` is grid_sample's."""
    count, size = images.shape[0], images.shape[-1]
    inverse = torch.linalg.inv(matrix)
    theta = torch.cat([inverse, -inverse @ shift.unsqueeze(2)], 2)
    grid = F.affine_grid(theta, [count, 1, size, size], align_corners=False)
    return F.grid_sample(images.unsqueeze(1), grid, align_corners=False, padding_mode=padding).squeeze(1)


@dataclass(frozen=True)
class PoseSampler:
    """Shows images at poses drawn from the task's ranges, then adds new noise: without it a network memorises the
    noise of the few labelled images, which interpolation has smoothed."""

    ranges: Ranges
    affine: bool
    noise: float
    standardise: bool
    padding: str
    generator: torch.Generator

    def _uniform(self, low: float, high: float, *shape: int) -> torch.Tensor:
        return low + (high - low) * torch.rand(*shape, generator=self.generator)

    def __call__(self, images: torch.Tensor, relative_shift: float = 1.0) -> torch.Tensor:
        """`relative_shift` shrinks the shifts, for images that are shifted already."""
        ranges, count = self.ranges, len(images)
        half = math.radians(ranges.angle)
        angle = self._uniform(-half, half, count)
        shifts = ranges.affine_shift if self.affine else ranges.shift
        shift = torch.stack([self._uniform(-2 * s, 2 * s, count) * relative_shift for s in shifts], 1)
        if self.affine:
            low, high = (math.log(s) for s in ranges.affine_scale)
            scale = self._uniform(low, high, count).exp()
            shear = self._uniform(-ranges.affine_shear, ranges.affine_shear, count, 2)
            matrix = affine(angle, scale, shear)
        else:
            matrix = rotation(angle)
        posed = warp(images, matrix, shift, self.padding)
        if self.standardise:
            # Otherwise the brightness, which depends on the size of the object in the labelled image, tells the class.
            posed = unit_power(posed)
        return self.noisy(posed)

    def noisy(self, images: torch.Tensor) -> torch.Tensor:
        """The images with new noise, at their own poses."""
        if self.noise == 0:
            return images
        return images + self.noise * torch.randn(images.shape, generator=self.generator)
