"""Eight schools (Rubin 1981): Pyro's examples/eight_schools/svi.py; what its mean-field guide comes to, and NumPyro's NUTS."""
import numpyro
import numpyro.distributions as ndist
import pyro
import pyro.distributions as dist
import torch
from common import mean_loss, nuts, save
from pyro.distributions import constraints, transforms
from pyro.infer import SVI, Trace_ELBO
from pyro.optim import ExponentialLR

J = 8
y = torch.tensor([28, 8, -3, 7, -1, 1, 18, 12]).type(torch.Tensor)
sigma = torch.tensor([15, 10, 16, 11, 9, 11, 10, 18]).type(torch.Tensor)
data = torch.stack([y, sigma], dim=1)


# program
def model(data):
    y = data[:, 0]
    sigma = data[:, 1]

    mu = pyro.sample("mu", dist.Normal(0, 10))
    tau = pyro.sample("tau", dist.HalfCauchy(scale=25))
    with pyro.plate("data", J):
        eta = pyro.sample("eta", dist.Normal(0, 1))
        theta = mu + tau * eta
        pyro.sample("obs", dist.Normal(theta, sigma), obs=y)


def guide(data):
    m_eta_param = pyro.param("loc_eta", torch.zeros(J))
    s_eta_param = pyro.param("scale_eta", 0.1 * torch.ones(J), constraint=constraints.positive)
    m_mu_param = pyro.param("loc_mu", torch.tensor(0.0))
    s_mu_param = pyro.param("scale_mu", torch.tensor(0.1), constraint=constraints.positive)
    m_logtau_param = pyro.param("loc_logtau", torch.tensor(0.0))
    s_logtau_param = pyro.param("scale_logtau", torch.tensor(0.1), constraint=constraints.positive)

    pyro.sample("mu", dist.Normal(m_mu_param, s_mu_param))
    dist_tau = dist.TransformedDistribution(
        dist.Normal(m_logtau_param, s_logtau_param), transforms=transforms.ExpTransform()
    )
    pyro.sample("tau", dist_tau)
    with pyro.plate("data", J):
        pyro.sample("eta", dist.Normal(m_eta_param, s_eta_param))
# end


def model_nuts():
    mu = numpyro.sample("mu", ndist.Normal(0, 10))
    tau = numpyro.sample("tau", ndist.HalfCauchy(25))
    with numpyro.plate("data", J):
        eta = numpyro.sample("eta", ndist.Normal(0, 1))
        theta = numpyro.deterministic("theta", mu + tau * eta)
        numpyro.sample("obs", ndist.Normal(theta, sigma.numpy()), obs=y.numpy())


if __name__ == "__main__":
    pyro.set_rng_seed(0)
    elbo = Trace_ELBO(num_particles=16, vectorize_particles=True, max_plate_nesting=1)
    optim = ExponentialLR({"optimizer": torch.optim.Adam, "optim_args": {"lr": 0.05}, "gamma": 0.01 ** (1 / 3000)})
    svi = SVI(model, guide, optim, loss=elbo)
    for _ in range(3000):
        svi.step(data)
        optim.step()
    many = Trace_ELBO(num_particles=1000, vectorize_particles=True, max_plate_nesting=1)
    loss = mean_loss(lambda: many.loss(model, guide, data), 100)
    learned = {name: value for name, value in pyro.get_param_store().items()}
    save(__file__, loss=loss, learned=learned, posterior=nuts(model_nuts))
