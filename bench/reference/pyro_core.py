"""Times SVI steps of Pyro on the programs of bench/core.mjs. Prints one JSON object: steps per second of processor time by name, and versions."""
import argparse
import json
import time

import pyro
import pyro.distributions as dist
import torch
from pyro.distributions import constraints
from pyro.infer import SVI, Trace_ELBO, TraceEnum_ELBO
from pyro.infer.autoguide import AutoNormal
from pyro.optim import Adam


def points(n: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.tensor([-4.0, 0.0, 5.0])[torch.arange(n) % 3] + torch.randn(n, generator=generator)


def mixture(data: torch.Tensor) -> None:
    weights = pyro.param("weights", torch.ones(3) / 3, constraint=constraints.simplex)
    locs = pyro.param("locs", torch.tensor([-1.0, 0.0, 1.0]))
    scale = pyro.param("scale", torch.tensor(1.0), constraint=constraints.positive)
    with pyro.plate("data", len(data)):
        z = pyro.sample("z", dist.Categorical(weights), infer={"enumerate": "parallel"})
        pyro.sample("x", dist.Normal(locs[z], scale), obs=data)


def hidden_markov(data: torch.Tensor) -> None:
    transition = pyro.param("transition", torch.ones(4, 4) / 4, constraint=constraints.simplex)
    locs = pyro.param("locs", torch.tensor([-3.0, -1.0, 1.0, 3.0]))
    scale = pyro.param("scale", torch.tensor(1.0), constraint=constraints.positive)
    z = torch.tensor(0)
    for t in pyro.markov(range(len(data))):
        z = pyro.sample(f"z{t}", dist.Categorical(transition[z]), infer={"enumerate": "parallel"})
        pyro.sample(f"x{t}", dist.Normal(locs[z], scale), obs=data[t])


def eight_schools() -> None:
    y = torch.tensor([28.0, 8, -3, 7, -1, 1, 18, 12])
    sigma = torch.tensor([15.0, 10, 16, 11, 9, 11, 10, 18])
    mu = pyro.sample("mu", dist.Normal(0, 5))
    tau = pyro.sample("tau", dist.HalfCauchy(5))
    with pyro.plate("schools", 8):
        theta = pyro.sample("theta", dist.Normal(mu, tau))
        pyro.sample("y", dist.Normal(theta, sigma), obs=y)


def logistic(x: torch.Tensor, y: torch.Tensor) -> None:
    w = pyro.sample("w", dist.Normal(0, 1).expand([x.shape[1]]).to_event(1))
    with pyro.plate("data", len(x)):
        pyro.sample("y", dist.Bernoulli(logits=x @ w), obs=y)


class Autoencoder(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encode, self.loc, self.scale = torch.nn.Linear(784, 400), torch.nn.Linear(400, 20), torch.nn.Linear(400, 20)
        self.decode, self.logits = torch.nn.Linear(20, 400), torch.nn.Linear(400, 784)

    def model(self, images: torch.Tensor) -> None:
        pyro.module("autoencoder", self)
        with pyro.plate("images", len(images)):
            z = pyro.sample("z", dist.Normal(torch.zeros(len(images), 20), 1.0).to_event(1))
            logits = self.logits(torch.nn.functional.softplus(self.decode(z)))
            pyro.sample("x", dist.Bernoulli(logits=logits).to_event(1), obs=images)

    def guide(self, images: torch.Tensor) -> None:
        pyro.module("autoencoder", self)
        features = torch.nn.functional.softplus(self.encode(images))
        with pyro.plate("images", len(images)):
            pyro.sample("z", dist.Normal(self.loc(features), self.scale(features).exp()).to_event(1))


def rate(model, guide, loss, seconds: float, *data: torch.Tensor, lr: float = 0.01) -> float:
    pyro.clear_param_store()
    svi = SVI(model, guide, Adam({"lr": lr}), loss)
    for _ in range(5):
        svi.step(*data)
    steps, start = 0, time.process_time()
    while time.process_time() - start < seconds:
        svi.step(*data)
        steps += 1
    return steps / (time.process_time() - start)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=3)
    seconds = parser.parse_args().seconds
    x, y = torch.randn(1000, 20), (torch.rand(1000) < 0.5).float()
    images, autoencoder = (torch.randn(128, 784) > 0.5).float(), Autoencoder()
    nothing = lambda *_: None  # noqa: E731
    print(
        json.dumps(
            {
                "rates": {
                    "gaussian mixture": rate(mixture, nothing, TraceEnum_ELBO(max_plate_nesting=1), seconds, points(50)),
                    "hidden Markov, 20 steps": rate(
                        hidden_markov, nothing, TraceEnum_ELBO(max_plate_nesting=0), seconds, points(20)
                    ),
                    "eight schools": rate(eight_schools, AutoNormal(eight_schools), Trace_ELBO(), seconds),
                    "logistic regression 1,000 x 20": rate(logistic, AutoNormal(logistic), Trace_ELBO(), seconds, x, y),
                    "VAE 784-400-20, batch of 128": rate(
                        autoencoder.model, autoencoder.guide, Trace_ELBO(), seconds, images, lr=1e-3
                    ),
                },
                "versions": {"torch": torch.__version__, "pyro": pyro.__version__},
            }
        )
    )


if __name__ == "__main__":
    main()
