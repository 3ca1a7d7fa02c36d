"""Radon (Gelman & Hill 2007): counties with an intercept and a slope each, on simulated houses; NumPyro's NUTS."""
import numpyro
import numpyro.distributions as ndist
import pyro
import pyro.distributions as dist
import torch
from common import nuts, save
from pyro.infer.autoguide import AutoMultivariateNormal

J, N = 8, 80


# program
def model(county, floor, log_radon):
    mu_a = pyro.sample("mu_a", dist.Normal(0.0, 2.0))
    sigma_a = pyro.sample("sigma_a", dist.HalfNormal(1.0))
    mu_b = pyro.sample("mu_b", dist.Normal(0.0, 2.0))
    sigma_b = pyro.sample("sigma_b", dist.HalfNormal(1.0))
    sigma = pyro.sample("sigma", dist.HalfNormal(1.0))
    with pyro.plate("counties", J):
        a = pyro.sample("a", dist.Normal(mu_a, sigma_a))
        b = pyro.sample("b", dist.Normal(mu_b, sigma_b))
    with pyro.plate("houses", len(log_radon)):
        mean = a[..., county] + b[..., county] * floor
        pyro.sample("obs", dist.Normal(mean, sigma), obs=log_radon)


guide = AutoMultivariateNormal(model)
# end


def model_nuts(county, floor, log_radon):
    mu_a = numpyro.sample("mu_a", ndist.Normal(0, 2))
    sigma_a = numpyro.sample("sigma_a", ndist.HalfNormal(1))
    mu_b = numpyro.sample("mu_b", ndist.Normal(0, 2))
    sigma_b = numpyro.sample("sigma_b", ndist.HalfNormal(1))
    sigma = numpyro.sample("sigma", ndist.HalfNormal(1))
    with numpyro.plate("counties", J):
        a = numpyro.sample("a", ndist.Normal(mu_a, sigma_a))
        b = numpyro.sample("b", ndist.Normal(mu_b, sigma_b))
    with numpyro.plate("houses", len(log_radon)):
        numpyro.sample("obs", ndist.Normal(a[county] + b[county] * floor, sigma), obs=log_radon)


if __name__ == "__main__":
    pyro.set_rng_seed(0)
    county = torch.arange(N) % J
    floor = torch.bernoulli(torch.full((N,), 0.3))
    a, b = 1.5 + 0.5 * torch.randn(J), -0.7 + 0.4 * torch.randn(J)
    log_radon = a[county] + b[county] * floor + 0.6 * torch.randn(N)
    data = {"county": county, "floor": floor, "log_radon": log_radon}
    save(__file__, data=data, posterior=nuts(model_nuts, *(x.numpy() for x in data.values()), target=0.95))
