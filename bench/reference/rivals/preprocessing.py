"""The preprocessing that rivals get with `+prep`: a robust plane is subtracted from each image, which is then standardised."""

from __future__ import annotations

import torch


def without_plane(images: torch.Tensor, iterations: int = 4) -> torch.Tensor:
    """Each image minus a plane fitted by least squares, refitted without the pixels that lie far from it."""
    count, size, _ = images.shape
    line = torch.linspace(-1, 1, size)
    columns, rows = line[None, :].expand(size, size), line[:, None].expand(size, size)
    design = torch.stack([torch.ones(size, size), columns, rows], -1).reshape(-1, 3)
    values = images.reshape(count, -1)
    weights = torch.ones_like(values)
    residual = values
    for _ in range(iterations):
        normal = torch.einsum("np,pi,pj->nij", weights, design, design) + 1e-4 * torch.eye(3)
        right = torch.einsum("np,pi->ni", weights * values, design)
        residual = values - torch.linalg.solve(normal, right) @ design.T
        spread = residual.abs().median(1, keepdim=True).values
        weights = (residual.abs() < 1.5 * spread + 0.02).float()
    return residual.reshape(count, size, size)


def unit_power(images: torch.Tensor) -> torch.Tensor:
    """Each image with a root mean square of 1."""
    return images / (images.pow(2).mean((1, 2), keepdim=True).sqrt() + 1e-4)


def prepared(images: torch.Tensor) -> torch.Tensor:
    """Background at 0, root mean square 1, image by image; in chunks, to bound the memory."""
    return torch.cat([unit_power(without_plane(chunk)) for chunk in images.split(1000)])
