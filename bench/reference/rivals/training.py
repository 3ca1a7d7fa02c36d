"""Trains a network on labelled images at drawn poses, with FixMatch on unlabelled ones where asked, for a stated number of steps."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F

from poses import PoseSampler


@dataclass(frozen=True)
class Budget:
    """Adam at 1e-3 with cosine decay over `steps`; the settings of FixMatch are those of Sohn et al. 2020."""

    steps: int
    batch: int = 48
    unlabelled_batch: int = 64
    learning_rate: float = 1e-3
    threshold: float = 0.95
    # Pseudo-labels begin once the network has learnt something from the labels.
    fixmatch_from: float = 0.15


def train(
    network: nn.Module,
    labelled: torch.Tensor,
    classes: torch.Tensor,
    draw: PoseSampler,
    budget: Budget,
    generator: torch.Generator,
    unlabelled: torch.Tensor | None = None,
) -> None:
    """With `unlabelled`: an image whose class is predicted with `threshold` or more has to get the same class at another drawn pose."""
    optimiser = torch.optim.Adam(network.parameters(), budget.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, budget.steps)
    # Each class is equally frequent in a batch, however many labels it has.
    weights = 1.0 / torch.bincount(classes).float()[classes]
    for step in range(budget.steps):
        chosen = torch.multinomial(weights, budget.batch, replacement=True, generator=generator)
        network.train()
        loss = F.cross_entropy(network(draw(labelled[chosen])), classes[chosen])
        if unlabelled is not None and step >= budget.fixmatch_from * budget.steps:
            loss = loss + _fixmatch(network, unlabelled, draw, budget, generator)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()


def _fixmatch(
    network: nn.Module, unlabelled: torch.Tensor, draw: PoseSampler, budget: Budget, generator: torch.Generator
) -> torch.Tensor:
    images = unlabelled[torch.randint(len(unlabelled), (budget.unlabelled_batch,), generator=generator)]
    network.eval()
    with torch.no_grad():
        confidence, pseudo = F.softmax(network(images), 1).max(1)
    network.train()
    # Unlabelled images are shifted already.
    losses = F.cross_entropy(network(draw(images, relative_shift=0.3)), pseudo, reduction="none")
    return (losses * (confidence > budget.threshold)).mean()


def predict(network: nn.Module, images: torch.Tensor) -> torch.Tensor:
    """The likeliest class of each image."""
    network.eval()
    with torch.no_grad():
        return torch.cat([network(part).argmax(1) for part in images.split(500)])
