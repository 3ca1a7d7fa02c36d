"""An autoregressive chain that is observed with noise, by `scan` (NumPyro's "AR" example); NumPyro's NUTS."""
import numpy as np
import numpyro
import numpyro.distributions as dist
from common import nuts, save
from numpyro.contrib.control_flow import scan
from numpyro.infer.autoguide import AutoMultivariateNormal


# program
def model(y):
    phi = numpyro.sample("phi", dist.Uniform(-1, 1))
    sigma = numpyro.sample("sigma", dist.HalfNormal(1))

    def step(previous, _):
        x = numpyro.sample("x", dist.Normal(phi * previous, sigma))
        return x, x

    _, x = scan(step, 0.0, None, length=len(y))
    with numpyro.plate("time", len(y)):
        numpyro.sample("y", dist.Normal(x, 0.5), obs=y)


guide = AutoMultivariateNormal(model)
# end


if __name__ == "__main__":
    rng = np.random.RandomState(0)
    x, xs = 0.0, []
    for _ in range(40):
        x = 0.8 * x + 0.6 * rng.randn()
        xs.append(x)
    y = np.array(xs) + 0.5 * rng.randn(40)
    save(__file__, y=y, posterior=nuts(model, y, target=0.95))
