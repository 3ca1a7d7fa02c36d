"""An epidemic in a population of 4: the enumerated model of Pyro's examples/sir_hmc.py, losses at fixed parameters."""
from types import SimpleNamespace

import pyro
import pyro.distributions as dist
import torch
from common import save
from pyro import poutine
from pyro.infer import TraceEnum_ELBO, config_enumerate

pyro.enable_validation(False)
args = SimpleNamespace(population=4, recovery_time=2.0)


# program
def global_model(population):
    tau = args.recovery_time  # Assume this can be measured exactly.
    R0 = pyro.sample("R0", dist.LogNormal(0.0, 1.0))
    rho = pyro.sample("rho", dist.Uniform(0, 1))

    # Convert interpretable parameters to distribution parameters.
    rate_s = -R0 / (tau * population)
    prob_i = 1 / (1 + tau)

    return rate_s, prob_i, rho


@config_enumerate
def reparameterized_discrete_model(args, data):
    # Sample global parameters.
    rate_s, prob_i, rho = global_model(args.population)

    # Sequentially sample time-local variables.
    S_curr = torch.tensor(args.population - 1.0)
    I_curr = torch.tensor(1.0)
    for t, datum in poutine.markov(enumerate(data)):
        # Sample reparameterizing variables.
        # When reparameterizing to a factor graph, we ignored density via
        # .mask(False). Thus distributions are used only for initialization.
        S_prev, I_prev = S_curr, I_curr
        S_curr = pyro.sample(
            "S_{}".format(t), dist.Binomial(args.population, 0.5).mask(False)
        )
        I_curr = pyro.sample(
            "I_{}".format(t), dist.Binomial(args.population, 0.5).mask(False)
        )

        # Now we reverse the computation.
        S2I = S_prev - S_curr
        I2R = I_prev - I_curr + S2I
        pyro.sample(
            "S2I_{}".format(t),
            dist.ExtendedBinomial(S_prev, -(rate_s * I_prev).expm1()),
            obs=S2I,
        )
        pyro.sample("I2R_{}".format(t), dist.ExtendedBinomial(I_prev, prob_i), obs=I2R)
        pyro.sample("obs_{}".format(t), dist.ExtendedBinomial(S2I, rho), obs=datum)
# end


if __name__ == "__main__":
    data = torch.tensor([1.0, 0.0, 1.0, 0.0, 0.0])
    losses = []
    for r, p in [(1.5, 0.5), (3.0, 0.7), (0.5, 0.9)]:
        known = poutine.condition(reparameterized_discrete_model, data={"R0": torch.tensor(r), "rho": torch.tensor(p)})
        losses.append([r, p, TraceEnum_ELBO(max_plate_nesting=0).loss(known, lambda *_: None, args, data)])
    save(__file__, data=data, losses=losses)
