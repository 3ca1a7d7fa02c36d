"""Amortised latent Dirichlet allocation: Pyro's examples/lda.py in small; the bound at its start and after 300 steps."""
from types import SimpleNamespace

import pyro
import pyro.distributions as dist
import torch
from common import mean_loss, save
from pyro.distributions import constraints
from pyro.infer import SVI, TraceEnum_ELBO
from pyro.optim import ClippedAdam
from torch import nn

args = SimpleNamespace(num_topics=3, num_words=12, num_docs=30, num_words_per_doc=16)


# program
def model(data=None, args=None):
    # Globals.
    with pyro.plate("topics", args.num_topics):
        topic_weights = pyro.sample("topic_weights", dist.Gamma(1.0 / args.num_topics, 1.0))
        topic_words = pyro.sample("topic_words", dist.Dirichlet(torch.ones(args.num_words) / args.num_words))

    # Locals.
    with pyro.plate("documents", args.num_docs):
        doc_topics = pyro.sample("doc_topics", dist.Dirichlet(topic_weights))
        with pyro.plate("words", args.num_words_per_doc):
            word_topics = pyro.sample(
                "word_topics", dist.Categorical(doc_topics), infer={"enumerate": "parallel"}
            )
            pyro.sample("doc_words", dist.Categorical(topic_words[word_topics]), obs=data)


predictor = nn.Sequential(nn.Linear(args.num_words, 8), nn.Sigmoid(), nn.Linear(8, args.num_topics), nn.Softmax(-1))


def guide(data, args):
    # Use a conjugate guide for global variables.
    topic_weights_posterior = pyro.param(
        "topic_weights_posterior", torch.ones(args.num_topics), constraint=constraints.positive
    )
    topic_words_posterior = pyro.param(
        "topic_words_posterior", torch.ones(args.num_topics, args.num_words), constraint=constraints.greater_than(0.5)
    )
    with pyro.plate("topics", args.num_topics):
        pyro.sample("topic_weights", dist.Gamma(topic_weights_posterior, 1.0))
        pyro.sample("topic_words", dist.Dirichlet(topic_words_posterior))

    # Use an amortized guide for local variables.
    pyro.module("predictor", predictor)
    with pyro.plate("documents", args.num_docs):
        counts = torch.zeros(args.num_words, args.num_docs).scatter_add(0, data, torch.ones(data.shape))
        doc_topics = predictor(counts.transpose(0, 1))
        pyro.sample("doc_topics", dist.Delta(doc_topics, event_dim=1))
# end


def initialise():
    """Weights from a formula, the same in both languages."""
    pyro.clear_param_store()
    for layer in [predictor[0], predictor[2]]:
        with torch.no_grad():
            index = torch.arange(layer.weight.numel(), dtype=torch.float32)
            layer.weight.copy_(0.3 * torch.sin(index).reshape(layer.weight.t().shape).t())
            layer.bias.zero_()


if __name__ == "__main__":
    generator = torch.Generator().manual_seed(0)
    topic = torch.arange(args.num_docs) % args.num_topics
    # Documents of one topic mostly: words 0 to 3, 4 to 7 or 8 to 11.
    own = torch.bernoulli(torch.full((args.num_words_per_doc, args.num_docs), 0.85), generator=generator)
    block = torch.where(own > 0, topic, torch.randint(0, 3, own.shape, generator=generator))
    data = 4 * block + torch.randint(0, 4, own.shape, generator=generator)
    elbo = TraceEnum_ELBO(max_plate_nesting=2)
    initialise()
    begin = mean_loss(lambda: elbo.loss(model, guide, data, args=args), 300)
    ends = []
    for seed in range(3):
        pyro.set_rng_seed(seed)
        initialise()
        svi = SVI(model, guide, ClippedAdam({"lr": 0.01}), elbo)
        for _ in range(300):
            svi.step(data, args=args)
        ends.append(mean_loss(lambda: elbo.loss(model, guide, data, args=args), 200)["mean"])
    save(__file__, data=data, begin=begin, ends=ends)
