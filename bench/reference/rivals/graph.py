"""Label propagation and spectral clustering on a nearest-neighbour graph of images, with distances searched over all rotations.

Images become polar pictures around their centre of mass, so that a rotation is a circular shift, and a distance is the smallest over all of them (one
correlation by FFT). Labels spread as in Zhou et al. 2003; without labels, clusters are those of k-means on the first eigenvectors of the graph, as in
Ng, Jordan and Weiss 2001. A test image takes the vote of its nearest neighbours. Nothing is trained.
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.cluster import SpectralClustering

from task import Task

RADII, ANGLES = 16, 48
NEIGHBOURS = 8
SPREAD, ITERATIONS = 0.99, 300


def polar(images: torch.Tensor) -> torch.Tensor:
    """[n, size, size] -> [n, RADII, ANGLES] around the centre of mass, weighted so that squared distances are those of areas."""
    size = images.shape[-1]
    weight = images.clamp_min(0)
    line = (torch.arange(size) + 0.5) * 2 / size - 1
    mass = weight.sum((1, 2)).clamp_min(1e-2 * size * size)
    centre = torch.stack([(weight.sum(1) * line).sum(1) / mass, (weight.sum(2) * line).sum(1) / mass], 1)
    smooth = F.avg_pool2d(images.unsqueeze(1), 3, 1, 1)
    radius = (torch.arange(RADII) + 0.5) / RADII * 0.95
    angle = torch.arange(ANGLES) * 2 * math.pi / ANGLES
    points = torch.stack([radius[:, None] * torch.cos(angle), radius[:, None] * torch.sin(angle)], 2)
    grid = points[None] + centre[:, None, None]
    return F.grid_sample(smooth, grid, align_corners=False)[:, 0] * radius.sqrt()[None, :, None]


def distances(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """[n, m] squared distances of polar pictures at the best rotation."""
    spectrum = torch.fft.rfft(b, dim=2).permute(2, 1, 0).contiguous()
    lengths = b.square().sum((1, 2))
    rows = []
    for part in a.split(100):
        product = torch.matmul(torch.fft.rfft(part, dim=2).permute(2, 0, 1).conj(), spectrum)
        best = torch.fft.irfft(product, n=ANGLES, dim=0).amax(0)
        rows.append(part.square().sum((1, 2))[:, None] + lengths[None] - 2 * best)
    return torch.cat(rows).clamp_min(0)


def neighbour_graph(known: torch.Tensor) -> tuple[torch.Tensor, float]:
    """Symmetric weights of the nearest neighbours of polar pictures, [n, n], and the squared distance at which a weight is 1/e."""
    between = distances(known, known)
    between.fill_diagonal_(math.inf)
    between = torch.minimum(between, between.T)
    nearest, index = between.topk(NEIGHBOURS, largest=False)
    scale = nearest[:, NEIGHBOURS // 2].mean()
    weights = torch.zeros_like(between).scatter_(1, index, torch.exp(-nearest / scale))
    return torch.maximum(weights, weights.T), float(scale)


def votes(test: torch.Tensor, known: torch.Tensor, scale: float, shares: torch.Tensor) -> np.ndarray:
    """The class of each test image by the shares, [n, classes], of its nearest neighbours."""
    nearest, index = distances(polar(test), known).topk(NEIGHBOURS, largest=False)
    return (torch.exp(-nearest / scale)[:, :, None] * shares[index]).sum(1).argmax(1).numpy()


def label_propagation(task: Task, labelled: torch.Tensor, unlabelled: torch.Tensor, test: torch.Tensor) -> np.ndarray:
    known = polar(torch.cat([labelled, unlabelled]))
    classes = task.labelled_classes
    weights, scale = neighbour_graph(known)
    degree = weights.sum(1).clamp_min(1e-9).rsqrt()
    weights = weights * degree[:, None] * degree[None]
    labels = torch.zeros(len(known), task.num_classes)
    labels[torch.arange(len(classes)), classes] = 1.0 / torch.bincount(classes).float()[classes]
    spread = labels
    for _ in range(ITERATIONS):
        spread = SPREAD * (weights @ spread) + (1 - SPREAD) * labels
    # Classes that spread further do not count for more.
    odds = spread / spread.sum(0, keepdim=True).clamp_min(1e-12)
    odds = odds / odds.sum(1, keepdim=True).clamp_min(1e-12)
    return votes(test, known, scale, odds)


def spectral_clustering(task: Task, unlabelled: torch.Tensor, test: torch.Tensor, seed: int) -> np.ndarray:
    """Clusters instead of classes: which cluster is which class is for the caller to decide."""
    known = polar(unlabelled)
    weights, scale = neighbour_graph(known)
    clustering = SpectralClustering(task.num_classes, affinity="precomputed", assign_labels="kmeans", n_init=20, random_state=seed)
    clusters = torch.from_numpy(clustering.fit_predict(weights.double().numpy())).long()
    return votes(test, known, scale, F.one_hot(clusters, task.num_classes).float())
