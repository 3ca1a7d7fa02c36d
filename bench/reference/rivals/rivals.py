"""Trains one rival on one task and prints one line of JSON.

    python rivals.py --task TASK.npz --rival cnn-affine+prep --seed 1 --predictions FILE.npy

The line holds accuracy, recall of each class, seconds (training and prediction), peak memory and the path of the predictions: the class of each test image, in their
order. `--list` prints the rivals with their settings instead.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment

import networks
import trees
from graph import label_propagation, spectral_clustering
from poses import PoseSampler
from preprocessing import prepared
from task import Task, load_task
from templates import nearest_template
from training import Budget, predict, train

RAW_NOISE = 0.1
"""Standard deviation of the new noise for images in [0, 1] (`+noise`) ..."""
PREPARED_NOISE = 0.3
"""... and for images whose root mean square is 1 (`+prep`)."""


@dataclass(frozen=True)
class Rival:
    method: str
    affine: bool = False
    fixmatch: bool = False
    steps: int = 0
    """Optimisation steps of a network: enough for its training loss to level off on the benchmark's tasks."""


RIVALS: dict[str, Rival] = {
    "template-angle": Rival("template"),
    "template-scale": Rival("template"),
    "template-shear": Rival("template"),
    "forest": Rival("forest"),
    "boosting": Rival("boosting"),
    "mlp": Rival("mlp", steps=5000),
    "cnn-turn": Rival("cnn", steps=4000),
    "cnn-affine": Rival("cnn", affine=True, steps=4000),
    "fixmatch-turn": Rival("cnn", fixmatch=True, steps=3000),
    "fixmatch-affine": Rival("cnn", affine=True, fixmatch=True, steps=3000),
    "c8-turn": Rival("c8", steps=800),
    "c8-affine": Rival("c8", affine=True, steps=800),
    "label-propagation": Rival("graph"),
    "spectral-clustering": Rival("clusters"),
}
"""Each also exists with `+prep`: plane removal, standardisation and, on random copies, new noise; trained methods also exist with `+noise`, the new noise alone."""

NETWORKS: dict[str, Callable[[int, int], torch.nn.Module]] = {
    "mlp": networks.mlp,
    "cnn": networks.cnn,
    "c8": networks.C8Network,
}


def names() -> list[str]:
    return [
        name + suffix
        for name, rival in RIVALS.items()
        for suffix in ("", "+noise", "+prep")
        if suffix != "+noise" or rival.method not in ("template", "graph", "clusters")
    ]


def run(task: Task, name: str, seed: int) -> np.ndarray:
    """The predicted class of each test image."""
    base, _, suffix = name.partition("+")
    rival, prep = RIVALS[base], suffix == "prep"
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    ready = prepared if prep else (lambda images: images)
    test = ready(task.test)
    if rival.method == "clusters":
        return spectral_clustering(task, ready(task.unlabelled), test, seed)
    labelled = ready(task.labelled)
    padding = "zeros" if prep else "border"
    noise = {"": 0.0, "noise": RAW_NOISE, "prep": PREPARED_NOISE}[suffix]
    draw = PoseSampler(task.ranges, rival.affine, noise, prep, padding, generator)
    if rival.method == "template":
        return nearest_template(task, labelled, test, base.removeprefix("template-"), padding, generator)
    if rival.method == "graph":
        return label_propagation(task, labelled, ready(task.unlabelled), test)
    if rival.method == "forest":
        return trees.forest(task, labelled, test, draw, seed)
    if rival.method == "boosting":
        return trees.boosting(task, labelled, test, draw, seed)
    network = NETWORKS[rival.method](task.labelled.shape[-1], task.num_classes)
    unlabelled = ready(task.unlabelled) if rival.fixmatch else None
    trained = train(network, labelled, task.labelled_classes, draw, _budget(rival), generator, unlabelled)
    return predict(trained, test).numpy()


def _budget(rival: Rival) -> Budget:
    # The dense network has no normalisation that would bear the larger steps.
    return Budget(rival.steps, learning_rate=1e-3) if rival.method == "mlp" else Budget(rival.steps)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="print the rivals, their settings and the versions, as JSON")
    parser.add_argument("--task")
    parser.add_argument("--rival", choices=names())
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--predictions", help="where to write the predicted classes, as .npy")
    options = parser.parse_args()
    if options.list:
        print(json.dumps({"rivals": {name: asdict(RIVALS[name.partition("+")[0]]) for name in names()}, "versions": versions()}))
        return
    if not options.task or not options.rival:
        parser.error("--task and --rival are required")
    torch.set_num_threads(options.threads)
    task = load_task(options.task)
    began, began_cpu = time.perf_counter(), time.process_time()
    predictions = run(task, options.rival, options.seed).astype(np.int32)
    if len(task.labelled) == 0:
        predictions = matched(predictions, task.test_classes, task.num_classes)
    seconds = time.perf_counter() - began
    if options.predictions:
        np.save(options.predictions, predictions)
    right = predictions == task.test_classes
    recall = [float(right[task.test_classes == label].mean()) for label in range(task.num_classes)]
    print(
        json.dumps(
            {
                "rival": options.rival,
                "seed": options.seed,
                "accuracy": float(right.mean()),
                "recall": recall,
                "seconds": round(seconds, 2),
                # Of this process's own work, however busy the machine is.
                "cpuSeconds": round(time.process_time() - began_cpu, 2),
                "memoryMB": round(peak_memory_mb()),
                "threads": options.threads,
                "predictions": options.predictions,
            }
        )
    )


def matched(clusters: np.ndarray, classes: np.ndarray, num_classes: int) -> np.ndarray:
    """Clusters renamed to the classes that make most images right."""
    counts = np.zeros((num_classes, num_classes))
    np.add.at(counts, (clusters, classes), 1)
    return linear_sum_assignment(counts, maximize=True)[1].astype(np.int32)[clusters]


def peak_memory_mb() -> float:
    """Kilobytes on Linux, bytes on macOS."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def versions() -> dict[str, str]:
    import platform

    import sklearn

    found = {"python": platform.python_version(), "torch": torch.__version__, "scikit-learn": sklearn.__version__}
    try:
        import xgboost
    except ImportError:
        return found
    return found | {"xgboost": xgboost.__version__}


if __name__ == "__main__":
    main()
