"""Random forest and gradient boosting on labelled images at drawn poses."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from poses import PoseSampler
from task import Task

COPIES = 12000
"""Posed copies in all; each labelled image is shown equally often within its class."""
SIDE = 24
"""Larger images are averaged down to this side, which makes trees faster and, because it averages noise, better."""


def features(images: torch.Tensor) -> np.ndarray:
    if images.shape[-1] > SIDE:
        images = F.adaptive_avg_pool2d(images.unsqueeze(1), SIDE).squeeze(1)
    return images.flatten(1).numpy()


def posed_copies(task: Task, labelled: torch.Tensor, draw: PoseSampler) -> tuple[np.ndarray, np.ndarray]:
    per_class = COPIES // task.num_classes
    rows, classes = [], []
    for label in range(task.num_classes):
        members = (task.labelled_classes == label).nonzero().squeeze(1)
        chosen = members.repeat(-(-per_class // len(members)))[:per_class]
        rows.append(features(draw(labelled[chosen])))
        classes.append(np.full(per_class, label))
    return np.concatenate(rows), np.concatenate(classes)


def forest(task: Task, labelled: torch.Tensor, test: torch.Tensor, draw: PoseSampler, seed: int) -> np.ndarray:
    from sklearn.ensemble import RandomForestClassifier

    model = RandomForestClassifier(n_estimators=300, random_state=seed, n_jobs=torch.get_num_threads())
    model.fit(*posed_copies(task, labelled, draw))
    return model.predict(features(test))


def boosting(task: Task, labelled: torch.Tensor, test: torch.Tensor, draw: PoseSampler, seed: int) -> np.ndarray:
    """xgboost, or scikit-learn's own where it is absent."""
    copies, classes = posed_copies(task, labelled, draw)
    try:
        from xgboost import XGBClassifier
    except ImportError:
        from sklearn.ensemble import HistGradientBoostingClassifier

        model = HistGradientBoostingClassifier(max_iter=150, max_features=0.15, random_state=seed)
    else:
        model = XGBClassifier(
            n_estimators=150,
            max_depth=6,
            learning_rate=0.2,
            subsample=0.8,
            colsample_bynode=0.15,
            tree_method="hist",
            random_state=seed,
            n_jobs=torch.get_num_threads(),
        )
    model.fit(copies, classes)
    return model.predict(features(test))
