"""Maximum likelihood and maximum a posteriori: Pyro's tutorial "mle_map". The estimates are known: 6 / 10 and 15 / 28."""
import pyro
import pyro.distributions as dist
import torch
from pyro.infer import SVI, Trace_ELBO
from pyro.infer.autoguide import AutoDelta
from torch.distributions import constraints


# program
def original_model(data):
    f = pyro.sample("latent_fairness", dist.Beta(10.0, 10.0))
    with pyro.plate("data", data.size(0)):
        pyro.sample("obs", dist.Bernoulli(f), obs=data)


def model_mle(data):
    f = pyro.param("latent_fairness", torch.tensor(0.5), constraint=constraints.unit_interval)
    with pyro.plate("data", data.size(0)):
        pyro.sample("obs", dist.Bernoulli(f), obs=data)


def guide_mle(data):
    pass


def guide_map(data):
    f_map = pyro.param("f_map", torch.tensor(0.5), constraint=constraints.unit_interval)
    pyro.sample("latent_fairness", dist.Delta(f_map))


def masked_model(data):
    f = pyro.sample("latent_fairness", dist.Beta(10.0, 10.0).mask(False))
    with pyro.plate("data", data.size(0)):
        pyro.sample("obs", dist.Bernoulli(f), obs=data)


autoguide_mle = AutoDelta(masked_model)


def train(model, guide, data, lr=0.005, n_steps=201):
    pyro.clear_param_store()
    svi = SVI(model, guide, pyro.optim.Adam({"lr": lr}), loss=Trace_ELBO())
    for step in range(n_steps):
        svi.step(data)
# end
