"""Custom objectives: a regulariser of the parameters beside the ELBO, as in Pyro's tutorial. The optimum is known."""
import pyro
import pyro.distributions as dist
import torch
from pyro.infer import Trace_ELBO

data = torch.tensor([0.3, 1.2, 2.1])


# program
def model(data):
    loc = pyro.param("loc", torch.tensor(0.0))
    with pyro.plate("data", len(data)):
        pyro.sample("x", dist.Normal(loc, 1.0), obs=data)


def guide(data):
    pass


loss_fn = Trace_ELBO().differentiable_loss
optimizer = None
for _ in range(500):
    with pyro.poutine.trace(param_only=True) as param_capture:
        loss = loss_fn(model, guide, data)
        loss = loss + 2.0 * pyro.param("loc").pow(2.0)
    params = set(site["value"].unconstrained() for site in param_capture.trace.nodes.values())
    optimizer = optimizer or torch.optim.Adam(params, lr=0.05)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
# end
