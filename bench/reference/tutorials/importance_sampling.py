"""Importance sampling: the weight of an object on an unreliable scale (Pyro's introduction). Evidence and posterior are known."""
import pyro
import pyro.distributions as dist
import torch
from pyro.infer import EmpiricalMarginal, Importance


# program
def scale(guess):
    weight = pyro.sample("weight", dist.Normal(guess, 1.0))
    return pyro.sample("measurement", dist.Normal(weight, 0.75))


conditioned_scale = pyro.condition(scale, data={"measurement": torch.tensor(9.5)})
guide = lambda guess: pyro.sample("weight", dist.Normal(9.0, 1.0))  # noqa: E731
posterior = Importance(conditioned_scale, guide, num_samples=2000).run(8.5)
log_evidence = posterior.get_log_normalizer()
mean = EmpiricalMarginal(posterior, "weight").mean
effective_sample_size = posterior.get_ESS()
# end
