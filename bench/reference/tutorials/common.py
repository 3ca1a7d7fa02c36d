"""What the tutorials share: writing figures beside a program, the mean of a loss, and reference posteriors by NUTS.

`python bench/reference/tutorials/NAME.py` writes NAME.json (Pyro 1.9.2, NumPyro 0.22.0). What stands between `# program` and `# end` is Pyro's model
and guide as in its tutorials and examples (Apache-2.0, Copyright Uber Technologies and contributors to the Pyro project).
"""
import json
from pathlib import Path

import numpy as np
import torch


def plain(value):
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if torch.is_tensor(value):
        value = value.detach().numpy()
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    return [plain(v) for v in value] if isinstance(value, (list, tuple)) else value


def save(file, **figures):
    Path(file).with_suffix(".json").write_text(json.dumps(plain(figures)) + "\n")
    for name, value in figures.items():
        print(name, str(plain(value))[:160])


def mean_loss(draw, count):
    """Mean of a noisy loss, and its standard error."""
    losses = np.array([draw() for _ in range(count)])
    return {"mean": losses.mean(), "error": losses.std() / np.sqrt(count)}


def nuts(model, *args, samples=2000, warmup=1000, chains=2, seed=0, sites=None, target=0.9):
    """Mean, standard deviation and Monte Carlo error of the mean of each site of a NumPyro model."""
    import jax
    import numpyro
    from numpyro.diagnostics import effective_sample_size
    from numpyro.infer import MCMC, NUTS

    kernel = NUTS(model, target_accept_prob=target)
    mcmc = MCMC(kernel, num_warmup=warmup, num_samples=samples, num_chains=chains, chain_method="sequential", progress_bar=False)
    mcmc.run(jax.random.PRNGKey(seed), *args)
    draws = mcmc.get_samples(group_by_chain=True)
    numpyro.diagnostics.print_summary(draws)
    result = {}
    for name, x in draws.items():
        if sites is not None and name not in sites:
            continue
        x = np.asarray(x)
        deviation = x.std((0, 1))
        error = deviation / np.sqrt(effective_sample_size(x))
        result[name] = {"mean": x.mean((0, 1)), "deviation": deviation, "error": error}
    return result
