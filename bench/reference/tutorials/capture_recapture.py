"""Capture-recapture (Cormack, Jolly, Seber): model 1 of Pyro's examples/capture_recapture/cjs.py; losses at fixed probabilities.

One line differs from the example. There `|=` changes the mask in place, also that of the sites before, so that every observation up to an animal's first
capture is scored: the losses are 164.735, 168.441 and 162.400 in place of 72.547, 62.793 and 77.270.
"""
import pyro
import pyro.distributions as dist
import torch
from common import save
from pyro import poutine
from pyro.infer import TraceEnum_ELBO


# program
def model_1(capture_history):
    N, T = capture_history.shape
    phi = pyro.sample("phi", dist.Uniform(0.0, 1.0))  # survival probability
    rho = pyro.sample("rho", dist.Uniform(0.0, 1.0))  # recapture probability

    with pyro.plate("animals", N, dim=-1):
        z = torch.ones(N)
        # we use this mask to eliminate extraneous log probabilities
        # that arise for a given individual before its first capture.
        first_capture_mask = torch.zeros(N).bool()
        for t in pyro.markov(range(T)):
            with poutine.mask(mask=first_capture_mask):
                mu_z_t = first_capture_mask.float() * phi * z + (
                    1 - first_capture_mask.float()
                )
                # we use parallel enumeration to exactly sum out
                # the discrete states z_t.
                z = pyro.sample(
                    "z_{}".format(t),
                    dist.Bernoulli(mu_z_t),
                    infer={"enumerate": "parallel"},
                )
                mu_y_t = rho * z
                pyro.sample(
                    "y_{}".format(t), dist.Bernoulli(mu_y_t), obs=capture_history[:, t]
                )
            first_capture_mask = first_capture_mask | capture_history[:, t].bool()
# end


if __name__ == "__main__":
    generator = torch.Generator().manual_seed(0)
    N, T, phi, rho = 40, 6, 0.8, 0.6
    born = torch.randint(0, T - 1, (N,), generator=generator)
    alive, history = torch.zeros(N), torch.zeros(N, T)
    for t in range(T):
        survives = torch.bernoulli(torch.full((N,), phi), generator=generator)
        alive = torch.where(born == t, torch.ones(N), alive * survives)
        seen = torch.bernoulli(alive * rho, generator=generator)
        history[:, t] = torch.where(born == t, torch.ones(N), seen)
    losses = []
    for p, r in [(0.5, 0.5), (0.8, 0.6), (0.95, 0.2)]:
        known = poutine.condition(model_1, data={"phi": torch.tensor(p), "rho": torch.tensor(r)})
        losses.append([p, r, TraceEnum_ELBO(max_plate_nesting=1).loss(known, lambda h: None, history)])
    save(__file__, history=history, losses=losses)
