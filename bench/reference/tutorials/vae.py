"""A variational autoencoder (Pyro's tutorial "vae") of small pictures of bars: losses of a training from fixed weights."""
import pyro
import pyro.distributions as dist
import torch
from common import save
from pyro.infer import SVI, Trace_ELBO
from pyro.optim import Adam
from torch import nn

PIXELS = 16


# program
class Decoder(nn.Module):
    def __init__(self, z_dim, hidden_dim):
        super().__init__()
        self.fc1 = nn.Linear(z_dim, hidden_dim)
        self.fc21 = nn.Linear(hidden_dim, PIXELS)
        self.softplus = nn.Softplus()
        self.sigmoid = nn.Sigmoid()

    def forward(self, z):
        hidden = self.softplus(self.fc1(z))
        loc_img = self.sigmoid(self.fc21(hidden))
        return loc_img


class Encoder(nn.Module):
    def __init__(self, z_dim, hidden_dim):
        super().__init__()
        self.fc1 = nn.Linear(PIXELS, hidden_dim)
        self.fc21 = nn.Linear(hidden_dim, z_dim)
        self.fc22 = nn.Linear(hidden_dim, z_dim)
        self.softplus = nn.Softplus()

    def forward(self, x):
        hidden = self.softplus(self.fc1(x))
        z_loc = self.fc21(hidden)
        z_scale = torch.exp(self.fc22(hidden))
        return z_loc, z_scale


class VAE(nn.Module):
    def __init__(self, z_dim=2, hidden_dim=12):
        super().__init__()
        self.encoder = Encoder(z_dim, hidden_dim)
        self.decoder = Decoder(z_dim, hidden_dim)
        self.z_dim = z_dim

    def model(self, x):
        pyro.module("decoder", self.decoder)
        with pyro.plate("data", x.shape[0]):
            z_loc = x.new_zeros(torch.Size((x.shape[0], self.z_dim)))
            z_scale = x.new_ones(torch.Size((x.shape[0], self.z_dim)))
            z = pyro.sample("latent", dist.Normal(z_loc, z_scale).to_event(1))
            loc_img = self.decoder(z)
            pyro.sample("obs", dist.Bernoulli(loc_img).to_event(1), obs=x)

    def guide(self, x):
        pyro.module("encoder", self.encoder)
        with pyro.plate("data", x.shape[0]):
            z_loc, z_scale = self.encoder(x)
            pyro.sample("latent", dist.Normal(z_loc, z_scale).to_event(1))
# end


def initialise(vae):
    """Weights from a formula, the same in both languages."""
    pyro.clear_param_store()
    for layer in [vae.encoder.fc1, vae.encoder.fc21, vae.encoder.fc22, vae.decoder.fc1, vae.decoder.fc21]:
        with torch.no_grad():
            index = torch.arange(layer.weight.numel(), dtype=torch.float32)
            layer.weight.copy_(0.3 * torch.sin(index).reshape(layer.weight.t().shape).t())
            layer.bias.zero_()


if __name__ == "__main__":
    # Bars: rows or columns of 4 x 4 pixels, one to three each.
    pictures = []
    for k in range(1, 15):
        bits = torch.tensor([(k >> i) & 1 for i in range(4)], dtype=torch.float32)
        pictures += [bits.repeat(4), bits.repeat_interleave(4)]
    x = torch.stack(pictures)
    begins, ends = [], []
    for seed in range(3):
        pyro.set_rng_seed(seed)
        vae = VAE()
        initialise(vae)
        svi = SVI(vae.model, vae.guide, Adam({"lr": 0.01}), Trace_ELBO())
        losses = torch.tensor([svi.step(x) for _ in range(600)])
        begins.append(losses[:20].mean())
        ends.append(losses[-100:].mean())
    save(__file__, pictures=x, begins=begins, ends=ends)
