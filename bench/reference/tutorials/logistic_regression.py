"""Logistic regression on a random subsample in each step (Pyro's "SVI Part II"); NumPyro's NUTS on all data."""
import numpyro
import numpyro.distributions as ndist
import pyro
import pyro.distributions as dist
import torch
from common import nuts, save
from pyro.infer.autoguide import AutoMultivariateNormal


# program
def model(x, y):
    w = pyro.sample("w", dist.Normal(0.0, 2.0).expand([x.shape[1]]).to_event(1))
    b = pyro.sample("b", dist.Normal(0.0, 2.0))
    with pyro.plate("data", len(y), subsample_size=40) as ind:
        pyro.sample("y", dist.Bernoulli(logits=x[ind] @ w + b), obs=y[ind])


guide = AutoMultivariateNormal(model)
# end


def model_nuts(x, y):
    w = numpyro.sample("w", ndist.Normal(0, 2).expand([x.shape[1]]).to_event(1))
    b = numpyro.sample("b", ndist.Normal(0, 2))
    with numpyro.plate("data", len(y)):
        numpyro.sample("y", ndist.Bernoulli(logits=x @ w + b), obs=y)


if __name__ == "__main__":
    pyro.set_rng_seed(0)
    x = torch.randn(200, 3)
    y = torch.bernoulli(torch.sigmoid(x @ torch.tensor([1.0, -2.0, 0.5]) + 0.3))
    save(__file__, data={"x": x, "y": y}, posterior=nuts(model_nuts, x.numpy(), y.numpy()))
