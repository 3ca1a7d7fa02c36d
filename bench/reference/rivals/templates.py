"""The nearest posed template: the labelled images at a grid of poses, and the class of the one that correlates best with a test image.

A coarse search at low resolution over all poses and shifts keeps the best candidates of an image; these are compared at full
resolution, refined by random changes of the pose, with all shifts of the range. Nothing is trained.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from poses import affine, warp
from task import Ranges, Task

COARSE = 16
"""Side of the images in the coarse search."""
MOST = 24000
"""Posed templates in the coarse search; with more labels than fit, a part of them is drawn."""
CANDIDATES = 12
"""Kept by the coarse search, image by image ..."""
FINALISTS = 4
"""... and by the first comparison at full resolution, after which the poses are refined."""
REFINEMENTS = 10


@dataclass(frozen=True)
class Poses:
    """One pose a row: angle (radians), log scale, shear along x and y (degrees)."""

    values: torch.Tensor

    def matrices(self) -> torch.Tensor:
        return affine(self.values[:, 0], self.values[:, 1].exp(), self.values[:, 2:])


def pose_grid(ranges: Ranges, search: str) -> Poses:
    """All combinations of angle; of scale too with `search` "scale"; and of shear too with "shear"."""
    half = math.radians(ranges.angle)
    count = max(1, math.ceil(2 * ranges.angle / 8))
    angles = torch.linspace(-half, half, count + 1)
    if ranges.angle >= 180:
        angles = angles[:-1]
    low, high = (math.log(s) for s in ranges.affine_scale)
    shear = ranges.affine_shear
    scales = torch.linspace(low, high, 5) if search != "angle" else torch.zeros(1)
    shears = torch.tensor([-0.6 * shear, 0.0, 0.6 * shear]) if search == "shear" else torch.zeros(1)
    return Poses(torch.cartesian_prod(angles, scales, shears, shears))


def normalised(images: torch.Tensor) -> torch.Tensor:
    """Rows [n, pixels] of mean 0 and length 1."""
    flat = images.flatten(1)
    flat = flat - flat.mean(1, keepdim=True)
    return flat / (flat.norm(dim=1, keepdim=True) + 1e-6)


def nearest_template(
    task: Task, labelled: torch.Tensor, test: torch.Tensor, search: str, padding: str, generator: torch.Generator
) -> np.ndarray:
    grid = pose_grid(task.ranges, search)
    chosen = _chosen_templates(task, len(grid.values), generator)
    template = chosen.repeat_interleave(len(grid.values))
    poses = grid.values.repeat(len(chosen), 1)
    coarse = _coarse_templates(labelled, template, poses, padding)
    found = []
    for part in test.split(200):
        best = _coarse_search(coarse, part, task.ranges)
        found.append(_fine_search(task, labelled, part, template[best], poses[best], search, padding, generator))
    return torch.cat(found).numpy()


def _chosen_templates(task: Task, poses: int, generator: torch.Generator) -> torch.Tensor:
    per_class = max(1, MOST // (poses * task.num_classes))
    chosen = []
    for label in range(task.num_classes):
        members = (task.labelled_classes == label).nonzero().squeeze(1)
        chosen.append(members[torch.randperm(len(members), generator=generator)[:per_class]])
    return torch.cat(chosen)


def _coarse_templates(labelled: torch.Tensor, template: torch.Tensor, poses: torch.Tensor, padding: str) -> torch.Tensor:
    rows = []
    for images, pose in zip(template.split(2000), poses.split(2000)):
        posed = warp(labelled[images], Poses(pose).matrices(), torch.zeros(len(pose), 2), padding)
        rows.append(normalised(F.adaptive_avg_pool2d(posed.unsqueeze(1), COARSE)))
    return torch.cat(rows)


def _coarse_search(coarse: torch.Tensor, images: torch.Tensor, ranges: Ranges) -> torch.Tensor:
    """Indices [n, CANDIDATES] of the templates that correlate best, over shifts by whole coarse pixels."""
    best = torch.full((len(images), len(coarse)), -1.0)
    eye = torch.eye(2).expand(len(images), 2, 2)
    reach = [math.ceil(s * COARSE - 0.3) for s in ranges.shift]
    for dx in range(-reach[0], reach[0] + 1):
        for dy in range(-reach[1], reach[1] + 1):
            back = torch.tensor([-dx, -dy]) * (2 / COARSE)
            shifted = warp(images, eye, back.expand(len(images), 2), "border")
            rows = normalised(F.adaptive_avg_pool2d(shifted.unsqueeze(1), COARSE))
            best = torch.maximum(best, rows @ coarse.T)
    return best.topk(min(CANDIDATES, len(coarse)), dim=1).indices


def _fine_search(
    task: Task,
    labelled: torch.Tensor,
    images: torch.Tensor,
    template: torch.Tensor,
    poses: torch.Tensor,
    search: str,
    padding: str,
    generator: torch.Generator,
) -> torch.Tensor:
    """The class of the best of the candidates `template` and `poses` [n, candidates], each refined by random steps that grow smaller."""
    count = len(images)
    spectra = torch.fft.rfft2(normalised(images).reshape(images.shape)).conj()
    shifts = _allowed_shifts(images.shape[-1], task.ranges)

    def score(which: torch.Tensor, pose: torch.Tensor) -> torch.Tensor:
        """The best correlation over shifts of the templates `which` [n, m] at the poses [n, m, 4]."""
        m = which.shape[1]
        matrices = Poses(pose.reshape(-1, 4)).matrices()
        posed = warp(labelled[which.reshape(-1)], matrices, torch.zeros(count * m, 2), padding)
        spectrum = torch.fft.rfft2(normalised(posed).reshape(posed.shape))
        correlation = torch.fft.irfft2(spectrum * spectra.repeat_interleave(m, 0), s=images.shape[-2:])
        return correlation.flatten(1)[:, shifts].amax(1).reshape(count, m)

    best, kept = score(template, poses).topk(min(FINALISTS, template.shape[1]), dim=1)
    which = template.gather(1, kept)
    pose = poses.gather(1, kept[..., None].expand(*kept.shape, 4))
    scale_step = 0.066 if search != "angle" else 0.0
    shear_step = 0.3 * task.ranges.affine_shear if search == "shear" else 0.0
    steps = torch.tensor([math.radians(4.0), scale_step, shear_step, shear_step])
    for k in range(REFINEMENTS):
        changed = pose + torch.randn(pose.shape, generator=generator) * steps * (1 - k / REFINEMENTS)
        found = score(which, changed)
        better = found > best
        best = torch.where(better, found, best)
        pose = torch.where(better[..., None], changed, pose)
    return task.labelled_classes[which[torch.arange(count), best.argmax(1)]]


def _allowed_shifts(size: int, ranges: Ranges) -> torch.Tensor:
    """Indices into a circular correlation for shifts within the range, in both directions."""
    reach_x, reach_y = (math.ceil(s * size) for s in ranges.shift)
    columns = torch.arange(-reach_x, reach_x + 1) % size
    rows = torch.arange(-reach_y, reach_y + 1) % size
    return (rows[:, None] * size + columns[None, :]).reshape(-1)
