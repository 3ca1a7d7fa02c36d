"""Attend, infer, repeat (Pyro's tutorial "air") in small: spots on 8 x 8 pixels in place of digits, one linear layer in place of the LSTM. The loss with fixed
weights."""
from collections import namedtuple

import pyro
import pyro.distributions as dist
import torch
from common import mean_loss, save
from pyro.infer import SVI, TraceGraph_ELBO
from pyro.optim import Adam
from torch import nn
from torch.nn.functional import softplus

SIZE, STEPS, HIDDEN = 8, 2, 24
PIXELS = SIZE * SIZE
rows = torch.arange(PIXELS, dtype=torch.float32).div(SIZE).floor() - 3.5
columns = torch.arange(PIXELS, dtype=torch.float32).remainder(SIZE) - 3.5


# program
rnn = nn.Linear(PIXELS + 4 + HIDDEN, HIDDEN)
predict = nn.Linear(HIDDEN, 7)
bl_predict = nn.Linear(PIXELS + 4, 1)


def object_to_image(z_where, z_what):
    x, y = 2 * z_where[..., 0:1], 2 * z_where[..., 1:2]
    return softplus(z_what) * torch.exp(-0.5 * ((columns - x) ** 2 + (rows - y) ** 2))


def prior_step(n, t, prev_x, prev_z_pres):
    # Whether to add an object to the output: once 0, always 0.
    z_pres = pyro.sample("z_pres_{}".format(t), dist.Bernoulli(0.5 * prev_z_pres).to_event(1))
    z_where = pyro.sample("z_where_{}".format(t), dist.Normal(torch.zeros(n, 2), 1.0).mask(z_pres).to_event(1))
    z_what = pyro.sample("z_what_{}".format(t), dist.Normal(torch.ones(n, 1), 0.2).mask(z_pres).to_event(1))
    return prev_x + object_to_image(z_where, z_what) * z_pres, z_pres


def model(data):
    n = data.shape[0]
    with pyro.plate("data", n):
        x = torch.zeros(n, PIXELS)
        z_pres = torch.ones(n, 1)
        for t in range(STEPS):
            x, z_pres = prior_step(n, t, x, z_pres)
        pyro.sample("obs", dist.Normal(x, 0.3).to_event(1), obs=data)


GuideState = namedtuple("GuideState", ["h", "z_pres", "z_where", "z_what"])


def guide_step(t, data, prev):
    seen = torch.cat((data, prev.z_where, prev.z_what, prev.z_pres), -1)
    h = torch.tanh(rnn(torch.cat((seen, prev.h), -1)))
    a = predict(h)
    baseline_value = bl_predict(seen.detach()) * prev.z_pres

    z_pres = pyro.sample(
        "z_pres_{}".format(t),
        dist.Bernoulli(torch.sigmoid(a[:, 0:1]) * prev.z_pres).to_event(1),
        infer={"baseline": {"baseline_value": baseline_value.squeeze(-1)}},
    )
    z_where = pyro.sample(
        "z_where_{}".format(t), dist.Normal(a[:, 1:3], softplus(a[:, 3:5])).mask(z_pres).to_event(1)
    )
    z_what = pyro.sample("z_what_{}".format(t), dist.Normal(a[:, 5:6], softplus(a[:, 6:7])).mask(z_pres).to_event(1))
    return GuideState(h, z_pres, z_where, z_what)


def guide(data):
    pyro.module("rnn", rnn)
    pyro.module("predict", predict)
    pyro.module("bl_predict", bl_predict)
    n = data.shape[0]
    state = GuideState(torch.zeros(n, HIDDEN), torch.ones(n, 1), torch.zeros(n, 2), torch.zeros(n, 1))
    with pyro.plate("data", n):
        for t in range(STEPS):
            state = guide_step(t, data, state)
# end


def initialise():
    pyro.clear_param_store()
    for layer in [rnn, predict, bl_predict]:
        with torch.no_grad():
            index = torch.arange(layer.weight.numel(), dtype=torch.float32)
            layer.weight.copy_(0.3 * torch.sin(index).reshape(layer.weight.t().shape).t())
            layer.bias.zero_()


if __name__ == "__main__":
    pyro.set_rng_seed(0)
    count = torch.arange(30) % 3
    places = 1.2 * torch.randn(30, 2, 2)
    brightness = 1 + 0.2 * torch.randn(30, 2, 1)
    data = sum(object_to_image(places[:, t], brightness[:, t]) * (count > t).float()[:, None] for t in range(2))
    data = (data + 0.1 * torch.randn(30, PIXELS)).mul(1000).round().div(1000)
    initialise()
    elbo = TraceGraph_ELBO()
    begin = mean_loss(lambda: elbo.loss(model, guide, data), 400)
    save(__file__, data=data, begin=begin)
