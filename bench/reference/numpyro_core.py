"""Times SVI steps of NumPyro on the programs of bench/core.mjs: a jitted step in a Python loop, and all steps in one fori_loop, per second of
processor time. Prints one JSON object."""
import argparse
import json
import time

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from jax import lax, random
from numpyro.contrib.funsor import config_enumerate, markov
from numpyro.infer import SVI, Trace_ELBO, TraceEnum_ELBO
from numpyro.infer.autoguide import AutoNormal
from numpyro.optim import Adam


def points(n):
    return jnp.array([-4.0, 0.0, 5.0])[jnp.arange(n) % 3] + jnp.array(np.random.RandomState(0).randn(n), dtype=jnp.float32)


def mixture(data):
    weights = numpyro.param("weights", jnp.ones(3) / 3, constraint=dist.constraints.simplex)
    locs = numpyro.param("locs", jnp.array([-1.0, 0.0, 1.0]))
    scale = numpyro.param("scale", jnp.array(1.0), constraint=dist.constraints.positive)
    with numpyro.plate("data", len(data)):
        z = numpyro.sample("z", dist.Categorical(weights), infer={"enumerate": "parallel"})
        numpyro.sample("x", dist.Normal(locs[z], scale), obs=data)


def hidden_markov(data):
    transition = numpyro.param("transition", jnp.ones((4, 4)) / 4, constraint=dist.constraints.simplex)
    locs = numpyro.param("locs", jnp.array([-3.0, -1.0, 1.0, 3.0]))
    scale = numpyro.param("scale", jnp.array(1.0), constraint=dist.constraints.positive)
    z = 0
    for t in markov(range(len(data))):
        z = numpyro.sample(f"z{t}", dist.Categorical(transition[z]), infer={"enumerate": "parallel"})
        numpyro.sample(f"x{t}", dist.Normal(locs[z], scale), obs=data[t])


def eight_schools():
    y = jnp.array([28.0, 8, -3, 7, -1, 1, 18, 12])
    sigma = jnp.array([15.0, 10, 16, 11, 9, 11, 10, 18])
    mu = numpyro.sample("mu", dist.Normal(0, 5))
    tau = numpyro.sample("tau", dist.HalfCauchy(5))
    with numpyro.plate("schools", 8):
        theta = numpyro.sample("theta", dist.Normal(mu, tau))
        numpyro.sample("y", dist.Normal(theta, sigma), obs=y)


def logistic(x, y):
    w = numpyro.sample("w", dist.Normal(0, 1).expand([x.shape[1]]).to_event(1))
    with numpyro.plate("data", len(x)):
        numpyro.sample("y", dist.Bernoulli(logits=x @ w), obs=y)


def dense(name, x, outputs):
    inputs = x.shape[1]
    weight = numpyro.param(f"{name}.weight", lambda key: random.normal(key, (inputs, outputs)) / inputs**0.5)
    return x @ weight + numpyro.param(f"{name}.bias", jnp.zeros(outputs))


def autoencoder(images):
    with numpyro.plate("images", len(images)):
        z = numpyro.sample("z", dist.Normal(jnp.zeros((len(images), 20)), 1).to_event(1))
        logits = dense("logits", jax.nn.softplus(dense("decode", z, 400)), images.shape[1])
        numpyro.sample("x", dist.Bernoulli(logits=logits).to_event(1), obs=images)


def autoencoder_guide(images):
    features = jax.nn.softplus(dense("encode", images, 400))
    with numpyro.plate("images", len(images)):
        numpyro.sample("z", dist.Normal(dense("loc", features, 20), jnp.exp(dense("scale", features, 20))).to_event(1))


def measured(model, guide, loss, args, steps, seconds, lr=0.01):
    """Steps per second both ways, and the time that the first call takes."""
    svi = SVI(model, guide, Adam(lr), loss)
    state = svi.init(random.PRNGKey(0), *args)
    update = jax.jit(lambda s: svi.update(s, *args)[0])
    start = time.process_time()
    state = jax.block_until_ready(update(state))
    compile_time = time.process_time() - start
    batch = min(steps, 100)
    count, start = 0, time.process_time()
    while time.process_time() - start < seconds:
        for _ in range(batch):
            state = update(state)
        jax.block_until_ready(state)
        count += batch
    jitted = count / (time.process_time() - start)
    loop = jax.jit(lambda s: lax.fori_loop(0, steps, lambda _, t: svi.update(t, *args)[0], s))
    state = jax.block_until_ready(loop(state))
    count, start = 0, time.process_time()
    while time.process_time() - start < seconds:
        state = jax.block_until_ready(loop(state))
        count += steps
    return {"jitted": jitted, "loop": count / (time.process_time() - start), "compileSeconds": compile_time}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=3)
    seconds = parser.parse_args().seconds
    random_state = np.random.RandomState(0)
    x = jnp.array(random_state.randn(1000, 20), dtype=jnp.float32)
    y = jnp.array(random_state.rand(1000) < 0.5, dtype=jnp.float32)
    images = jnp.array(random_state.randn(128, 784) > 0.5, dtype=jnp.float32)
    enumerated = TraceEnum_ELBO(max_plate_nesting=1)
    chain = TraceEnum_ELBO(max_plate_nesting=0)
    nothing = lambda *args: None  # noqa: E731
    rates = {
        "gaussian mixture": measured(config_enumerate(mixture), nothing, enumerated, (points(50),), 2000, seconds),
        "hidden Markov, 20 steps": measured(config_enumerate(hidden_markov), nothing, chain, (points(20),), 2000, seconds),
        "eight schools": measured(eight_schools, AutoNormal(eight_schools), Trace_ELBO(), (), 2000, seconds),
        "logistic regression 1,000 x 20": measured(logistic, AutoNormal(logistic), Trace_ELBO(), (x, y), 500, seconds),
        "VAE 784-400-20, batch of 128": measured(autoencoder, autoencoder_guide, Trace_ELBO(), (images,), 20, seconds, 1e-3),
    }
    print(json.dumps({"rates": rates, "versions": {"numpyro": numpyro.__version__, "jax": jax.__version__}}))


if __name__ == "__main__":
    main()
