"""Times SVI steps of Pyro on the two small programs of bench/core.mjs. Prints one JSON object: steps per second of processor time by name, and versions."""
import argparse
import json
import time

import pyro
import pyro.distributions as dist
import torch
from pyro.distributions import constraints
from pyro.infer import SVI, TraceEnum_ELBO
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


def rate(model, data: torch.Tensor, nesting: int, seconds: float) -> float:
    pyro.clear_param_store()
    svi = SVI(model, lambda _: None, Adam({"lr": 0.01}), TraceEnum_ELBO(max_plate_nesting=nesting))
    for _ in range(5):
        svi.step(data)
    steps, start = 0, time.process_time()
    while time.process_time() - start < seconds:
        svi.step(data)
        steps += 1
    return steps / (time.process_time() - start)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=3)
    options = parser.parse_args()
    print(
        json.dumps(
            {
                "rates": {
                    "gaussian mixture": rate(mixture, points(50), 1, options.seconds),
                    "hidden Markov, 20 steps": rate(hidden_markov, points(20), 0, options.seconds),
                },
                "versions": {"torch": torch.__version__, "pyro": pyro.__version__},
            }
        )
    )


if __name__ == "__main__":
    main()
