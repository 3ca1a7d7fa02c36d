"""Probabilistic principal component analysis: maximum likelihood and posterior are known (Tipping & Bishop 1999)."""
import pyro
import pyro.distributions as dist
import torch
from pyro.distributions import constraints

D, K = 5, 2


# program
def model(x):
    W = pyro.param("W", lambda: torch.randn(K, D))
    mu = pyro.param("mu", torch.zeros(D))
    sigma = pyro.param("sigma", torch.tensor(1.0), constraint=constraints.positive)
    with pyro.plate("data", len(x)):
        z = pyro.sample("z", dist.Normal(torch.zeros(K), 1.0).to_event(1))
        pyro.sample("x", dist.Normal(z @ W + mu, sigma).to_event(1), obs=x)


def guide(x):
    V = pyro.param("V", lambda: 0.1 * torch.randn(D, K))
    v = pyro.param("v", torch.zeros(K))
    scale_tril = pyro.param("scale_tril", torch.eye(K), constraint=constraints.lower_cholesky)
    with pyro.plate("data", len(x)):
        pyro.sample("z", dist.MultivariateNormal(x @ V + v, scale_tril=scale_tril))
# end
