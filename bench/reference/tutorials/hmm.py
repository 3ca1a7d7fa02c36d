"""Hidden Markov models: models 0 to 3 of Pyro's examples/hmm.py, the losses of 20 steps of AutoDelta from a fixed start."""
from types import SimpleNamespace

import pyro
import pyro.distributions as dist
import torch
from common import save
from pyro import poutine
from pyro.infer import SVI, TraceEnum_ELBO
from pyro.infer.autoguide import AutoDelta, init_to_value
from pyro.optim import Adam

pyro.enable_validation(True)
args = SimpleNamespace(hidden_dim=4)


# program 0
def model_0(sequences, lengths, args):
    num_sequences, max_length, data_dim = sequences.shape
    probs_x = pyro.sample("probs_x", dist.Dirichlet(0.9 * torch.eye(args.hidden_dim) + 0.1).to_event(1))
    probs_y = pyro.sample("probs_y", dist.Beta(0.1, 0.9).expand([args.hidden_dim, data_dim]).to_event(2))
    tones_plate = pyro.plate("tones", data_dim, dim=-1)
    for i in pyro.plate("sequences", len(sequences)):
        length = lengths[i]
        sequence = sequences[i, :length]
        x = 0
        for t in pyro.markov(range(length)):
            x = pyro.sample("x_{}_{}".format(i, t), dist.Categorical(probs_x[x]), infer={"enumerate": "parallel"})
            with tones_plate:
                pyro.sample("y_{}_{}".format(i, t), dist.Bernoulli(probs_y[x.squeeze(-1)]), obs=sequence[t])
# end


# program 1
def model_1(sequences, lengths, args):
    num_sequences, max_length, data_dim = sequences.shape
    probs_x = pyro.sample("probs_x", dist.Dirichlet(0.9 * torch.eye(args.hidden_dim) + 0.1).to_event(1))
    probs_y = pyro.sample("probs_y", dist.Beta(0.1, 0.9).expand([args.hidden_dim, data_dim]).to_event(2))
    tones_plate = pyro.plate("tones", data_dim, dim=-1)
    with pyro.plate("sequences", num_sequences, dim=-2):
        x = 0
        for t in pyro.markov(range(max_length)):
            with poutine.mask(mask=(t < lengths).unsqueeze(-1)):
                x = pyro.sample("x_{}".format(t), dist.Categorical(probs_x[x]), infer={"enumerate": "parallel"})
                with tones_plate:
                    pyro.sample("y_{}".format(t), dist.Bernoulli(probs_y[x.squeeze(-1)]), obs=sequences[:, t])
# end


# program 2
def model_2(sequences, lengths, args):
    num_sequences, max_length, data_dim = sequences.shape
    probs_x = pyro.sample("probs_x", dist.Dirichlet(0.9 * torch.eye(args.hidden_dim) + 0.1).to_event(1))
    probs_y = pyro.sample("probs_y", dist.Beta(0.1, 0.9).expand([args.hidden_dim, 2, data_dim]).to_event(3))
    tones_plate = pyro.plate("tones", data_dim, dim=-1)
    with pyro.plate("sequences", num_sequences, dim=-2):
        x, y = 0, 0
        for t in pyro.markov(range(max_length)):
            with poutine.mask(mask=(t < lengths).unsqueeze(-1)):
                x = pyro.sample("x_{}".format(t), dist.Categorical(probs_x[x]), infer={"enumerate": "parallel"})
                with tones_plate as tones:
                    y = pyro.sample("y_{}".format(t), dist.Bernoulli(probs_y[x, y, tones]), obs=sequences[:, t]).long()
# end


# program 3
def model_3(sequences, lengths, args):
    num_sequences, max_length, data_dim = sequences.shape
    hidden_dim = int(args.hidden_dim**0.5)  # split between w and x
    probs_w = pyro.sample("probs_w", dist.Dirichlet(0.9 * torch.eye(hidden_dim) + 0.1).to_event(1))
    probs_x = pyro.sample("probs_x", dist.Dirichlet(0.9 * torch.eye(hidden_dim) + 0.1).to_event(1))
    probs_y = pyro.sample("probs_y", dist.Beta(0.1, 0.9).expand([hidden_dim, hidden_dim, data_dim]).to_event(3))
    tones_plate = pyro.plate("tones", data_dim, dim=-1)
    with pyro.plate("sequences", num_sequences, dim=-2):
        w, x = 0, 0
        for t in pyro.markov(range(max_length)):
            with poutine.mask(mask=(t < lengths).unsqueeze(-1)):
                w = pyro.sample("w_{}".format(t), dist.Categorical(probs_w[w]), infer={"enumerate": "parallel"})
                x = pyro.sample("x_{}".format(t), dist.Categorical(probs_x[x]), infer={"enumerate": "parallel"})
                with tones_plate as tones:
                    pyro.sample("y_{}".format(t), dist.Bernoulli(probs_y[w, x, tones]), obs=sequences[:, t])
# end


def start(shape):
    """Probabilities that are not all equal."""
    return 0.2 + 0.6 * torch.rand(shape, generator=torch.Generator().manual_seed(1))


if __name__ == "__main__":
    generator = torch.Generator().manual_seed(0)
    sequences = torch.bernoulli(torch.full((4, 6, 5), 0.4), generator=generator)
    lengths = torch.tensor([6, 3, 5, 6])
    figures = {}
    for number, model in enumerate([model_0, model_1, model_2, model_3]):
        pyro.clear_param_store()
        trace = poutine.trace(poutine.block(model, expose_fn=lambda m: m["name"].startswith("probs"))).get_trace(sequences, lengths, args)
        values = {}
        for name in trace.stochastic_nodes:
            value = start(trace.nodes[name]["value"].shape)
            values[name] = value if name == "probs_y" else value / value.sum(-1, keepdim=True)
        guide = AutoDelta(poutine.block(model, expose_fn=lambda m: m["name"].startswith("probs")), init_loc_fn=init_to_value(values=values))
        elbo = TraceEnum_ELBO(max_plate_nesting=1 if number == 0 else 2)
        svi = SVI(model, guide, Adam({"lr": 0.05}), elbo)
        losses = [svi.step(sequences, lengths, args) for _ in range(20)]
        figures[f"model{number}"] = {"start": values, "losses": losses, "learned": guide(sequences, lengths, args)}
    save(__file__, sequences=sequences, lengths=lengths, **figures)
