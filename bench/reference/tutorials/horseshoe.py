"""Horseshoe regression (Carvalho, Polson & Scott 2010): 3 of 8 coefficients are not 0; NumPyro's NUTS."""
import numpyro
import numpyro.distributions as ndist
import pyro
import pyro.distributions as dist
import torch
from common import nuts, save
from pyro.infer.autoguide import AutoMultivariateNormal


# program
def model(X, y):
    P = X.shape[1]
    tau = pyro.sample("tau", dist.HalfCauchy(0.5))
    with pyro.plate("coefficients", P):
        lam = pyro.sample("lambda", dist.HalfCauchy(1.0))
        unscaled = pyro.sample("unscaled", dist.Normal(0.0, 1.0))
    beta = pyro.deterministic("beta", tau * lam * unscaled)
    sigma = pyro.sample("sigma", dist.HalfNormal(1.0))
    with pyro.plate("data", len(y)):
        pyro.sample("y", dist.Normal(X @ beta, sigma), obs=y)


guide = AutoMultivariateNormal(model)
# end


def model_nuts(X, y):
    tau = numpyro.sample("tau", ndist.HalfCauchy(0.5))
    with numpyro.plate("coefficients", X.shape[1]):
        lam = numpyro.sample("lambda", ndist.HalfCauchy(1))
        unscaled = numpyro.sample("unscaled", ndist.Normal(0, 1))
    beta = numpyro.deterministic("beta", tau * lam * unscaled)
    sigma = numpyro.sample("sigma", ndist.HalfNormal(1))
    with numpyro.plate("data", len(y)):
        numpyro.sample("y", ndist.Normal(X @ beta, sigma), obs=y)


if __name__ == "__main__":
    pyro.set_rng_seed(0)
    X = torch.randn(50, 8)
    y = X @ torch.tensor([1.5, 0.0, 0.0, -1.0, 0.0, 0.6, 0.0, 0.0]) + 0.5 * torch.randn(50)
    save(__file__, data={"X": X, "y": y}, posterior=nuts(model_nuts, X.numpy(), y.numpy(), target=0.99, sites=["beta", "sigma"]))
