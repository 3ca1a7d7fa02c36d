"""Gradients of a guide's logits by score functions, where the model sums out a variable over the guide's plate: the mean of Pyro's estimates beside the
exact gradient (Pyro 1.9.2). `python bench/reference/unbiased_scores.py` prints both; docs/tutorials/enumeration.md does the same here."""
import pyro
import pyro.distributions as dist
import torch
from pyro.infer import TraceEnum_ELBO, config_enumerate

x = torch.tensor([0.4, -1.2])
locs, shift = torch.tensor([-1.0, 0.3, 1.7]), torch.tensor([0.4, -0.7])
start = torch.tensor([[0.1, 0.6, -0.5], [0.9, -0.2, 0.3]])


@config_enumerate
def model():
    a = pyro.sample("a", dist.Categorical(torch.tensor([0.6, 0.4])))
    with pyro.plate("n", 2):
        z = pyro.sample("z", dist.Categorical(torch.ones(3) / 3), infer={"enumerate": None})
        pyro.sample("x", dist.Normal(locs[z] + shift[a], 0.5), obs=x)


def guide():
    q = pyro.param("q", start)
    with pyro.plate("n", 2):
        pyro.sample("z", dist.Categorical(logits=q))


def exact():
    """The expected loss over all nine pairs of classes, and its gradient."""
    q = start.detach().clone().requires_grad_()
    probs = torch.softmax(q, -1)
    total = 0
    for i in range(3):
        for k in range(3):
            z = torch.tensor([i, k])
            like = torch.stack([dist.Normal(locs[z] + shift[a], 0.5).log_prob(x).sum() for a in range(2)])
            log_p = torch.logsumexp(like + torch.tensor([0.6, 0.4]).log(), 0) + 2 * torch.tensor(1 / 3).log()
            weight = probs[0, i] * probs[1, k]
            total = total + weight * (weight.log() - log_p)
    total.backward()
    return q.grad


if __name__ == "__main__":
    pyro.set_rng_seed(0)
    elbo = TraceEnum_ELBO(max_plate_nesting=1)
    elbo.loss(model, guide)
    q = pyro.get_param_store()["q"].unconstrained()
    print("exact   ", exact().numpy().round(3).tolist())
    grads = []
    for _ in range(4000):
        q.grad = None
        elbo.loss_and_grads(model, guide)
        grads.append(q.grad.clone())
    grads = torch.stack(grads)
    print("Pyro    ", grads.mean(0).numpy().round(3).tolist())
    print("error   ", (grads.std(0) / len(grads) ** 0.5).numpy().round(3).tolist())
