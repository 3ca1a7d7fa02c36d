"""Gaussian mixture model: Pyro's tutorial "gmm", the losses of 200 steps from a fixed start."""
import pyro
import pyro.distributions as dist
import torch
from common import save
from pyro import poutine
from pyro.infer import SVI, TraceEnum_ELBO, config_enumerate, infer_discrete
from pyro.infer.autoguide import AutoDelta
from pyro.optim import Adam

data = torch.tensor([0.0, 1.0, 10.0, 11.0, 12.0])

# program
K = 2


@config_enumerate
def model(data):
    weights = pyro.sample("weights", dist.Dirichlet(0.5 * torch.ones(K)))
    scale = pyro.sample("scale", dist.LogNormal(0.0, 2.0))
    with pyro.plate("components", K):
        locs = pyro.sample("locs", dist.Normal(0.0, 10.0))

    with pyro.plate("data", len(data)):
        assignment = pyro.sample("assignment", dist.Categorical(weights))
        pyro.sample("obs", dist.Normal(locs[assignment], scale), obs=data)


def init_loc_fn(site):
    if site["name"] == "weights":
        return torch.ones(K) / K
    if site["name"] == "scale":
        return (data.var() / 2).sqrt()
    if site["name"] == "locs":
        return torch.tensor([1.0, 11.0])
    raise ValueError(site["name"])


guide = AutoDelta(poutine.block(model, expose=["weights", "locs", "scale"]), init_loc_fn=init_loc_fn)
elbo = TraceEnum_ELBO(max_plate_nesting=1)
svi = SVI(model, guide, Adam({"lr": 0.1, "betas": [0.8, 0.99]}), loss=elbo)


def classifier(data, temperature=0):
    guide_trace = poutine.trace(guide).get_trace(data)
    trained_model = poutine.replay(model, trace=guide_trace)
    inferred_model = infer_discrete(trained_model, temperature=temperature, first_available_dim=-2)
    trace = poutine.trace(inferred_model).get_trace(data)
    return trace.nodes["assignment"]["value"]
# end


if __name__ == "__main__":
    losses = [svi.step(data) for _ in range(200)]
    new_data = torch.arange(-3, 15, 1.0)
    save(__file__, losses=losses[::50] + losses[-1:], learned=guide(data), new_data=new_data, assignment=classifier(new_data))
