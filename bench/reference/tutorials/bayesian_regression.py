"""Bayesian regression: Pyro's tutorial "bayesian_regression_ii" (gross domestic product and terrain ruggedness) on simulated countries; NumPyro's NUTS."""
import numpyro
import numpyro.distributions as ndist
import pyro
import pyro.distributions as dist
import torch
from common import mean_loss, nuts, save
from pyro.infer import SVI, Predictive, Trace_ELBO
from pyro.infer.autoguide import AutoMultivariateNormal
from pyro.optim import ExponentialLR


# program
def model(is_cont_africa, ruggedness, log_gdp):
    a = pyro.sample("a", dist.Normal(0.0, 10.0))
    b_a = pyro.sample("bA", dist.Normal(0.0, 1.0))
    b_r = pyro.sample("bR", dist.Normal(0.0, 1.0))
    b_ar = pyro.sample("bAR", dist.Normal(0.0, 1.0))
    sigma = pyro.sample("sigma", dist.Uniform(0.0, 10.0))
    mean = a + b_a * is_cont_africa + b_r * ruggedness + b_ar * is_cont_africa * ruggedness
    with pyro.plate("data", len(ruggedness)):
        pyro.sample("obs", dist.Normal(mean, sigma), obs=log_gdp)


guide = AutoMultivariateNormal(model)
# end


def model_nuts(africa, ruggedness, log_gdp):
    a = numpyro.sample("a", ndist.Normal(0, 10))
    b_a = numpyro.sample("bA", ndist.Normal(0, 1))
    b_r = numpyro.sample("bR", ndist.Normal(0, 1))
    b_ar = numpyro.sample("bAR", ndist.Normal(0, 1))
    sigma = numpyro.sample("sigma", ndist.Uniform(0, 10))
    mean = a + b_a * africa + b_r * ruggedness + b_ar * africa * ruggedness
    with numpyro.plate("data", len(ruggedness)):
        numpyro.sample("obs", ndist.Normal(mean, sigma), obs=log_gdp)


if __name__ == "__main__":
    pyro.set_rng_seed(0)
    africa = torch.bernoulli(torch.full((60,), 0.3))
    ruggedness = dist.Gamma(1.2, 0.9).sample((60,))
    log_gdp = 9.2 - 1.9 * africa - 0.2 * ruggedness + 0.35 * africa * ruggedness + 0.9 * torch.randn(60)
    args = (africa, ruggedness, log_gdp)
    elbo = Trace_ELBO(num_particles=16, vectorize_particles=True, max_plate_nesting=1)
    optim = ExponentialLR({"optimizer": torch.optim.Adam, "optim_args": {"lr": 0.1}, "gamma": 0.01 ** (1 / 3000)})
    svi = SVI(model, guide, optim, loss=elbo)
    for _ in range(3000):
        svi.step(*args)
        optim.step()
    many = Trace_ELBO(num_particles=1000, vectorize_particles=True, max_plate_nesting=1)
    loss = mean_loss(lambda: many.loss(model, guide, *args), 50)
    posterior = nuts(model_nuts, *(x.numpy() for x in args))
    save(__file__, data={"africa": africa, "ruggedness": ruggedness, "log_gdp": log_gdp}, loss=loss, posterior=posterior)
