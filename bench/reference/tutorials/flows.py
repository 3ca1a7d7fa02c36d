"""Normalising flows: maximum likelihood of a curved density, which one affine autoregressive flow can have; the entropy is known."""
import pyro.distributions as dist
import pyro.distributions.transforms as T
import torch
from pyro.nn import AutoRegressiveNN

generator = torch.Generator().manual_seed(0)
noise = torch.randn(400, 2, generator=generator)
dataset = torch.stack([noise[:, 0], noise[:, 0] ** 2 + 0.5 * noise[:, 1]], -1)

# program
base_dist = dist.Normal(torch.zeros(2), torch.ones(2))
transform = T.AffineAutoregressive(AutoRegressiveNN(2, [16], permutation=torch.arange(2)))
flow_dist = dist.TransformedDistribution(base_dist, [transform])
optimizer = torch.optim.Adam(transform.parameters(), lr=1e-2)
for step in range(800):
    optimizer.zero_grad()
    loss = -flow_dist.log_prob(dataset).mean()
    loss.backward()
    optimizer.step()
    flow_dist.clear_cache()
# end

if __name__ == "__main__":
    from common import save

    save(__file__, dataset=dataset, loss=loss)
