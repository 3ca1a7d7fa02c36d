"""Trains a network on labelled images at drawn poses, with FixMatch on unlabelled ones where asked, for a stated number of steps."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F

from poses import PoseSampler


@dataclass(frozen=True)
class Budget:
    """Adam with cosine decay over `steps`; the settings of FixMatch are those of Sohn et al. 2020."""

    steps: int
    batch: int = 48
    unlabelled_batch: int = 64
    # Three times the usual 1e-3: with batch normalisation, the few steps that there is time for go further.
    learning_rate: float = 3e-3
    threshold: float = 0.95
    # Pseudo-labels begin once the network has learnt something from the labels.
    fixmatch_from: float = 0.2
    # Decay of the teacher's weights, per step.
    ema: float = 0.995


def train(
    network: nn.Module,
    labelled: torch.Tensor,
    classes: torch.Tensor,
    draw: PoseSampler,
    budget: Budget,
    generator: torch.Generator,
    unlabelled: torch.Tensor | None = None,
) -> nn.Module:
    """Trains `network` and returns what to predict with. With `unlabelled`: an image whose class a running average of the network (the teacher) predicts
    with `threshold` or more has to get the same class at another drawn pose, and the teacher is returned."""
    optimiser = torch.optim.Adam(network.parameters(), budget.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, budget.steps)
    teacher = copy.deepcopy(network).eval() if unlabelled is not None else None
    # Each class is equally frequent in a batch, however many labels it has.
    weights = 1.0 / torch.bincount(classes).float()[classes]
    network.train()
    for step in range(budget.steps):
        chosen = torch.multinomial(weights, budget.batch, replacement=True, generator=generator)
        images, targets = draw(labelled[chosen]), classes[chosen]
        if teacher is not None and unlabelled is not None and step >= budget.fixmatch_from * budget.steps:
            more = unlabelled[torch.randint(len(unlabelled), (budget.unlabelled_batch,), generator=generator)]
            with torch.no_grad():
                # As noisy as what the network learns from: its normalisation is that of noisy images.
                confidence, pseudo = F.softmax(teacher(draw.noisy(more)), 1).max(1)
            # Unlabelled images are shifted already. All images pass together, since batch normalisation mixes them.
            scores = network(torch.cat([images, draw(more, relative_shift=0.3)]))
            losses = F.cross_entropy(scores[len(images) :], pseudo, reduction="none")
            loss = F.cross_entropy(scores[: len(images)], targets) + (losses * (confidence > budget.threshold)).mean()
        else:
            loss = F.cross_entropy(network(images), targets)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if teacher is not None:
            # At first the average is over all steps so far.
            _follow(teacher, network, min(budget.ema, (1 + step) / (10 + step)))
    return network if teacher is None else teacher


def _follow(teacher: nn.Module, network: nn.Module, decay: float) -> None:
    """The running average of weights, and of the statistics of batch normalisation."""
    with torch.no_grad():
        for average, value in zip(teacher.state_dict().values(), network.state_dict().values()):
            if average.is_floating_point():
                average.lerp_(value, 1 - decay)
            else:
                average.copy_(value)


def predict(network: nn.Module, images: torch.Tensor) -> torch.Tensor:
    """The likeliest class of each image."""
    network.eval()
    with torch.no_grad():
        return torch.cat([network(part).argmax(1) for part in images.split(500)])
