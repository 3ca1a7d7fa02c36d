"""Times training steps of pyroVED (PyTorch, all cores) on the paper's model: batch 64, 4 classes, 48x48. Prints one JSON object.

The images are those of --data, a file of float32 numbers that bench/batch.mjs writes and our own step reads as well.

Needs `pip install pyroved torch`. The unlabelled step is what pyroVED's trainer does for a batch without labels: the ELBO step alone (--aux adds
the auxiliary step that its trainer takes as well). Run by `npm run bench -- --reference`.
"""
import argparse
import importlib.metadata
import json
import statistics
import time
import warnings

warnings.filterwarnings("ignore")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--size", type=int, default=48)
    parser.add_argument("--classes", type=int, default=4)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--aux", action="store_true")
    options = parser.parse_args()

    import resource

    import numpy
    import pyro
    import pyroved
    import torch

    if options.threads:
        torch.set_num_threads(options.threads)
    pyro.set_rng_seed(1)
    model = pyroved.models.ssiVAE(
        (options.size, options.size), latent_dim=2, num_classes=options.classes, invariances=["r", "t"], seed=1
    )
    trainer = pyroved.trainers.auxSVItrainer(model, lr=5e-4, seed=1)
    images = torch.from_numpy(numpy.fromfile(options.data, "<f4").reshape(options.batch, options.size * options.size))

    def step() -> None:
        trainer.loss_basic.step(images)
        if options.aux:
            trainer.loss_aux.step(images)

    step()
    seconds = []
    for _ in range(options.steps):
        start = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - start)
    print(
        json.dumps(
            {
                "seconds": statistics.median(seconds),
                "peakMB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000),
                "versions": {
                    "torch": torch.__version__,
                    "pyroved": importlib.metadata.version("pyroved"),
                    "pyro": pyro.__version__,
                },
                "threads": torch.get_num_threads(),
            }
        )
    )


if __name__ == "__main__":
    main()
