"""The rivals' networks: a dense one, a small convolutional one, and one that is equivariant to rotations by 45 degrees (C8)."""

from __future__ import annotations

import math

import torch
import torch.nn as nn
import torch.nn.functional as F


def mlp(size: int, num_classes: int) -> nn.Module:
    """size^2 - 128 - 128 - classes with tanh."""
    return nn.Sequential(
        nn.Flatten(), nn.Linear(size * size, 128), nn.Tanh(), nn.Linear(128, 128), nn.Tanh(), nn.Linear(128, num_classes)
    )


def cnn(size: int, num_classes: int) -> nn.Module:
    """Three convolutions with stride 2 (16, 32 and 64 channels), batch normalisation, a dense layer of 128."""
    layers: list[nn.Module] = [nn.Unflatten(1, (1, size))]
    side, channels = size, 1
    for width, kernel in ((16, 5), (32, 3), (64, 3)):
        layers += [nn.Conv2d(channels, width, kernel, 2, kernel // 2), nn.BatchNorm2d(width), nn.ReLU()]
        side, channels = (side + 1) // 2, width
    layers += [nn.Flatten(), nn.Linear(channels * side * side, 128), nn.ReLU(), nn.Linear(128, num_classes)]
    return nn.Sequential(*layers)


ROTATIONS = 8


def filter_rotations(kernel: int) -> torch.Tensor:
    """[8, kernel^2, kernel^2]: linear maps that rotate a filter by multiples of 45 degrees, with what lies beyond the
    inscribed circle set to zero, since a rotation would move it out of the square."""
    identity = torch.eye(kernel * kernel).reshape(-1, 1, kernel, kernel)
    line = torch.arange(kernel) - (kernel - 1) / 2
    inside = (line[:, None] ** 2 + line[None, :] ** 2 <= (kernel / 2) ** 2 + 1e-6).float()
    maps = []
    for r in range(ROTATIONS):
        angle = 2 * math.pi * r / ROTATIONS
        cos, sin = math.cos(angle), math.sin(angle)
        theta = torch.tensor([[cos, -sin, 0.0], [sin, cos, 0.0]]).expand(len(identity), 2, 3)
        grid = F.affine_grid(theta, list(identity.shape), align_corners=True)
        maps.append((F.grid_sample(identity, grid, align_corners=True) * inside).reshape(len(identity), -1).T)
    return torch.stack(maps)


class GroupConv(nn.Module):
    """A convolution whose output channels are functions on the group: the filter of rotation r is the first one rotated by r, with its input rotations shifted by r
    alike (Cohen & Welling 2016). `lifting` reads an ordinary image."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, padding: int = 0, lifting: bool = False):
        super().__init__()
        self.inputs, self.outputs, self.kernel = inputs, outputs, kernel
        self.stride, self.padding = stride, padding
        self.orientations = 1 if lifting else ROTATIONS
        fan_in = inputs * self.orientations * kernel * kernel
        self.weight = nn.Parameter(torch.randn(outputs, inputs, self.orientations, kernel * kernel) * math.sqrt(2 / fan_in))
        self.norm = nn.BatchNorm3d(outputs)
        self.register_buffer("rotations", filter_rotations(kernel))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[n, inputs * orientations, h, w] -> [n, outputs * 8, h', w']."""
        turned = []
        for r in range(ROTATIONS):
            weight = self.weight @ self.rotations[r].T
            turned.append(weight.roll(r, dims=2) if self.orientations > 1 else weight)
        filters = torch.stack(turned, 1).reshape(self.outputs * ROTATIONS, self.inputs * self.orientations, self.kernel, self.kernel)
        y = F.conv2d(x, filters, stride=self.stride, padding=self.padding)
        # One mean and variance for all orientations of a channel keeps the equivariance.
        y = self.norm(y.reshape(len(y), self.outputs, ROTATIONS, *y.shape[2:]))
        return F.relu(y).flatten(1, 2)


class C8Network(nn.Module):
    """Four group convolutions, then the largest response over rotations and the mean over places. An odd size keeps the grid of a stride of 2 symmetric about
    the middle, so that rotations by 90 degrees are exact."""

    def __init__(self, size: int, num_classes: int, widths: tuple[int, int, int, int] = (6, 12, 16, 32)):
        super().__init__()
        first, second, third, fourth = widths
        # A stride of 2 keeps the middle of n pixels only for odd n; three of them need n = 1 modulo 8.
        self.odd_size = 8 * math.ceil((size - 1) / 8) + 1
        self.features = nn.Sequential(
            GroupConv(1, first, 5, 2, 2, lifting=True),
            GroupConv(first, second, 5, 2, 2),
            GroupConv(second, third, 5, 2, 2),
            GroupConv(third, fourth, 5, 1, 1),
        )
        self.head = nn.Sequential(nn.Linear(2 * fourth, 64), nn.ReLU(), nn.Linear(64, num_classes))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x = images.unsqueeze(1)
        if x.shape[-1] != self.odd_size:
            x = F.interpolate(x, self.odd_size, mode="bilinear", align_corners=True)
        y = self.features(x)
        y = y.reshape(len(y), -1, ROTATIONS, *y.shape[2:])
        strongest = y.amax(2)
        return self.head(torch.cat([strongest.mean((2, 3)), strongest.amax((2, 3))], 1))
