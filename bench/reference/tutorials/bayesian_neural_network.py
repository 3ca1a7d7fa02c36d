"""A Bayesian neural network with one hidden layer (NumPyro's example "bnn", one layer less); predictions by NumPyro's NUTS."""
import jax
import numpy as np
import numpyro
import numpyro.distributions as ndist
import pyro
import pyro.distributions as dist
import torch
from common import save
from numpyro.infer import MCMC, NUTS, Predictive
from pyro.infer.autoguide import AutoMultivariateNormal


# program
def model(x, y=None, hidden=5):
    w1 = pyro.sample("w1", dist.Normal(0.0, 1.0).expand([1, hidden]).to_event(2))
    b1 = pyro.sample("b1", dist.Normal(0.0, 1.0).expand([hidden]).to_event(1))
    w2 = pyro.sample("w2", dist.Normal(0.0, 1.0).expand([hidden, 1]).to_event(2))
    sigma = pyro.sample("sigma", dist.HalfNormal(0.5))
    mean = pyro.deterministic("mean", (torch.tanh(x @ w1 + b1) @ w2).squeeze(-1))
    with pyro.plate("data", len(x)):
        pyro.sample("y", dist.Normal(mean, sigma), obs=y)


guide = AutoMultivariateNormal(model)
# end


def model_nuts(x, y=None, hidden=5):
    w1 = numpyro.sample("w1", ndist.Normal(0, 1).expand([1, hidden]).to_event(2))
    b1 = numpyro.sample("b1", ndist.Normal(0, 1).expand([hidden]).to_event(1))
    w2 = numpyro.sample("w2", ndist.Normal(0, 1).expand([hidden, 1]).to_event(2))
    sigma = numpyro.sample("sigma", ndist.HalfNormal(0.5))
    mean = numpyro.deterministic("mean", (jax.numpy.tanh(x @ w1 + b1) @ w2).squeeze(-1))
    with numpyro.plate("data", len(x)):
        numpyro.sample("y", ndist.Normal(mean, sigma), obs=y)


if __name__ == "__main__":
    rng = np.random.RandomState(0)
    x = np.linspace(-2, 2, 40)[:, None]
    y = np.sin(1.5 * x[:, 0]) + 0.2 * rng.randn(40)
    mcmc = MCMC(NUTS(model_nuts), num_warmup=500, num_samples=1000, num_chains=2, chain_method="sequential", progress_bar=False)
    mcmc.run(jax.random.PRNGKey(0), x, y)
    new = np.array([[-1.5], [-0.5], [0.5], [1.5], [4.0]])
    mean = Predictive(model_nuts, mcmc.get_samples())(jax.random.PRNGKey(1), new)["mean"]
    save(__file__, x=x, y=y, new=new, mean=np.asarray(mean.mean(0)), deviation=np.asarray(mean.std(0)))
