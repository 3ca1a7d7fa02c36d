"""A Dirichlet process mixture (Pyro's tutorial "dirichlet_process_mixture"), with the assignments enumerated; the bound after 400 steps."""
import pyro
import torch
import torch.nn.functional as F
from common import mean_loss, save
from pyro.distributions import Beta, Categorical, MultivariateNormal, constraints
from pyro.infer import SVI, TraceEnum_ELBO, config_enumerate
from pyro.optim import Adam

T, alpha = 6, 1.0


# program
def mix_weights(beta):
    beta1m_cumprod = (1 - beta).cumprod(-1)
    return F.pad(beta, (0, 1), value=1) * F.pad(beta1m_cumprod, (1, 0), value=1)


def model(data):
    with pyro.plate("beta_plate", T - 1):
        beta = pyro.sample("beta", Beta(1, alpha))

    with pyro.plate("mu_plate", T):
        mu = pyro.sample("mu", MultivariateNormal(torch.zeros(2), 5 * torch.eye(2)))

    with pyro.plate("data", len(data)):
        z = pyro.sample("z", Categorical(mix_weights(beta)))
        pyro.sample("obs", MultivariateNormal(mu[z], torch.eye(2)), obs=data)


@config_enumerate
def guide(data):
    kappa = pyro.param("kappa", torch.ones(T - 1), constraint=constraints.positive)
    tau = pyro.param("tau", start)
    phi = pyro.param("phi", torch.ones(len(data), T) / T, constraint=constraints.simplex)

    with pyro.plate("beta_plate", T - 1):
        pyro.sample("beta", Beta(torch.ones(T - 1), kappa))

    with pyro.plate("mu_plate", T):
        pyro.sample("mu", MultivariateNormal(tau, 0.3 * torch.eye(2)))

    with pyro.plate("data", len(data)):
        pyro.sample("z", Categorical(phi))
# end


start = torch.tensor([[-4.0, -3.0], [4.0, 3.0], [1.0, 2.0], [0.0, 0.5], [5.0, -5.0], [-5.0, 5.0]])

if __name__ == "__main__":
    pyro.set_rng_seed(0)
    centers = torch.tensor([[-5.0, -5.0], [5.0, 5.0], [0.0, 1.5]])
    data = (centers[:, None] + torch.randn(3, 12, 2)).reshape(-1, 2)
    svi = SVI(model, guide, Adam({"lr": 0.05}), TraceEnum_ELBO(max_plate_nesting=1))
    for _ in range(400):
        svi.step(data)
    loss = mean_loss(lambda: svi.evaluate_loss(data), 400)
    params = pyro.get_param_store()
    save(__file__, data=data, start=start, loss=loss, tau=params["tau"], weights=params["phi"].mean(0))
