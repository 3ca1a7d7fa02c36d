"""Writes test/fixtures/extremes.json: log densities and all their first derivatives of every family at extreme values, by mpmath at 220 digits.

Run anywhere with mpmath installed: python bench/reference/extremes.py. All inputs are float32 numbers; derivatives are those of the formulas below,
by central differences at that precision. A value beyond the float32 range is written as it is, and one beyond 1e300 as "Infinity".
"""
import itertools
import json
import math
import os
import struct

from mpmath import mp, mpf

mp.dps = 220
INF = mpf("inf")


def f32(x):
    return mpf(struct.unpack("f", struct.pack("f", x))[0])


log, exp, pi, lgam = mp.log, mp.exp, mp.pi, mp.loggamma
log1p, sqrt = mp.log1p, mp.sqrt
softplus = lambda l: log1p(exp(-abs(l))) + (l if l > 0 else 0)
lbeta = lambda a, b: lgam(a) + lgam(b) - lgam(a + b)
lchoose = lambda n, x: lgam(n + 1) - lgam(x + 1) - lgam(n - x + 1)
xlog = lambda x, y: mpf(0) if x == 0 else x * log(y)


def log_bessel0(k):
    if k < 400:
        return log(mp.besseli(0, k))
    return k - log(2 * pi * k) / 2 + log(sum(mp.rf(mpf(1) / 2, j) ** 2 / (mp.factorial(j) * (2 * k) ** j) for j in range(25)))


def log_continuous_norm(l):
    if l == 0:
        return mpf(0)
    return (l if l > 0 else 0) + log((1 - exp(-abs(l))) / abs(l))


def log_mass(a, b):
    """log of the probability of a standard normal between a and b, from the tail where both lie in one."""
    if b < 0:
        a, b = -b, -a
    return log((mp.erfc(a / sqrt(2)) - mp.erfc(b / sqrt(2))) / 2)


FAMILIES = {
    "normal": (["loc", "scale"], lambda x, m, s: -(((x - m) / s) ** 2) / 2 - log(s) - log(2 * pi) / 2),
    "laplace": (["loc", "scale"], lambda x, m, s: -abs(x - m) / s - log(2 * s)),
    "cauchy": (["loc", "scale"], lambda x, m, s: -log(pi * s) - log1p(((x - m) / s) ** 2)),
    "studentT": (["df", "loc", "scale"], lambda x, n, m, s: -(n + 1) / 2 * log1p(((x - m) / s) ** 2 / n) - log(s) - log(n) / 2 - lbeta(mpf(1) / 2, n / 2)),
    "halfNormal": (["scale"], lambda x, s: log(2) - log(2 * pi) / 2 - log(s) - (x / s) ** 2 / 2),
    "halfCauchy": (["scale"], lambda x, s: log(2) - log(pi * s) - log1p((x / s) ** 2)),
    "logNormal": (["loc", "scale"], lambda x, m, s: -(((log(x) - m) / s) ** 2) / 2 - log(x * s) - log(2 * pi) / 2),
    "exponential": (["rate"], lambda x, r: log(r) - r * x),
    "gamma": (["concentration", "rate"], lambda x, a, b: a * log(b) + xlog(a - 1, x) - b * x - lgam(a)),
    "uniform": (["low", "high"], lambda x, a, b: -log(b - a)),
    "beta": (["concentration1", "concentration0"], lambda x, a, b: xlog(a - 1, x) + xlog(b - 1, 1 - x) - lbeta(a, b)),
    "vonMises": (["loc", "concentration"], lambda x, m, k: k * mp.cos(x - m) - log(2 * pi) - log_bessel0(k)),
    "poisson": (["rate"], lambda x, r: xlog(x, r) - r - lgam(x + 1)),
    "geometric": (["probs"], lambda x, p: xlog(x, 1 - p) + log(p)),
    "negativeBinomial": (["totalCount", "probs"], lambda x, n, p: lgam(n + x) - lgam(n) - lgam(x + 1) + n * log(1 - p) + xlog(x, p)),
    "binomial": (["totalCount", "probs"], lambda x, n, p: lchoose(n, x) + xlog(x, p) + xlog(n - x, 1 - p)),
    "bernoulli": (["probs"], lambda x, p: xlog(x, p) + xlog(1 - x, 1 - p)),
    "continuousBernoulli": (["logits"], lambda x, l: x * l - log_continuous_norm(l)),
    "bernoulliLogits": (["logits"], lambda x, l: x * l - softplus(l)),
    "binomialLogits": (["totalCount", "logits"], lambda x, n, l: lchoose(n, x) - x * softplus(-l) - (n - x) * softplus(l)),
    "geometricLogits": (["logits"], lambda x, l: -x * softplus(l) - softplus(-l)),
    "gumbel": (["loc", "scale"], lambda x, m, s: -(x - m) / s - exp(-(x - m) / s) - log(s)),
    "inverseGamma": (["concentration", "rate"], lambda x, a, b: a * log(b) - lgam(a) - (a + 1) * log(x) - b / x),
    "weibull": (["scale", "concentration"], lambda x, s, k: log(k / s) + (k - 1) * log(x / s) - exp(k * log(x / s))),
    "pareto": (["scale", "alpha"], lambda x, m, a: log(a) + a * log(m) - (a + 1) * log(x)),
    "gammaPoisson": (["concentration", "rate"], lambda x, a, b: lgam(a + x) - lgam(a) - lgam(x + 1) + a * log(b) - (a + x) * log1p(b)),
    "betaBinomial": (["concentration1", "concentration0", "totalCount"], lambda x, a, b, n: lchoose(n, x) + lbeta(x + a, n - x + b) - lbeta(a, b)),
    "truncatedNormal": (["loc", "scale", "low", "high"], lambda x, m, s, a, b: -(((x - m) / s) ** 2) / 2 - log(s) - log(2 * pi) / 2 - log_mass((a - m) / s, (b - m) / s)),
    "negativeBinomialLogits": (["totalCount", "logits"], lambda x, n, l: lgam(n + x) - lgam(n) - lgam(x + 1) - n * softplus(l) - x * softplus(-l)),
}

small, large = [1e-30, 1e-9, 1e-3], [1e3, 1e9, 1e30]
positive = [*small, 1, *large]
moderate = [1e-9, 1e-3, 0.7, 1, 30, 1e4, 1e9]
signed = [-1e9, -30, -1e-9, 0, 1e-30, 1e-3, 1, 1e4, 1e20]
probs = [1e-37, 1e-30, 1e-9, 1e-3, 0.5, 0.999, 1 - 2**-24]
logits = [-1e4, -80, -1, -1e-9, 0, 1e-4, 0.4, 20, 90, 1e4]
counts = [0, 1, 2, 17, 1000, 1e6]

GRID = {
    "normal": ([[0, 1e-9, -1e9], positive], signed),
    "laplace": ([[0, 1e-9, -1e9], positive], [*signed, 5e-8, -5e-8]),
    "cauchy": ([[0, 1e-9, -1e9], positive], signed),
    "studentT": ([[1e-3, 0.5, 3, 1e4, 1e9], [0, -30], [1e-9, 1, 1e9]], signed),
    "halfNormal": ([positive], [0, *positive]),
    "halfCauchy": ([positive], [0, *positive]),
    "logNormal": ([[0, -30, 60], [1e-3, 1, 1e3]], positive),
    "exponential": ([positive], [0, *positive]),
    "gamma": ([moderate, [1e-9, 1, 1e9]], [1e-30, 1e-3, 1, 30, 1e4, 1e9]),
    "uniform": ([[-1e9, 0, 1e-9], [1e-6, 1, 1e30]], [1e-7]),
    "beta": ([moderate, moderate], [1e-30, 1e-9, 1e-3, 0.5, 0.999, 1 - 2**-24]),
    "vonMises": ([[0, 1, -30], [1e-9, 1e-3, 1, 30, 1e4, 1e9]], [-3, -1e-4, 0, 1e-9, 1, 3.1]),
    "poisson": ([moderate], counts),
    "geometric": ([probs], counts),
    "negativeBinomial": ([moderate, probs], counts),
    "binomial": ([[1, 17, 1000, 1e6], probs], [0, 1, 17, 999, 1e6]),
    "bernoulli": ([probs], [0, 1]),
    "continuousBernoulli": ([logits], [0, 1e-9, 0.5, 0.999, 1]),
    "bernoulliLogits": ([logits], [0, 1]),
    "binomialLogits": ([[1, 17, 1000], logits], [0, 1, 17, 999]),
    "geometricLogits": ([logits], counts),
    "negativeBinomialLogits": ([[1e-3, 1, 1e4], logits], counts),
    "gumbel": ([[0, 1e-9, -1e4], [1e-3, 1, 1e3, 1e9]], [-1e4, -30, -1e-9, 0, 1e-3, 1, 1e4, 1e20]),
    "inverseGamma": ([moderate, [1e-9, 1, 1e9]], [1e-30, 1e-3, 1, 30, 1e4, 1e9]),
    "weibull": ([[1e-9, 1, 1e9], [1e-3, 0.7, 1, 30]], positive),
    "pareto": ([[1e-9, 1, 1e9], moderate], positive),
    "gammaPoisson": ([moderate, [1e-9, 1e-3, 1, 1e4, 1e9]], counts),
    "betaBinomial": ([[1e-3, 0.7, 30, 1e4, 1e9], [1e-3, 0.7, 30, 1e4, 1e9], [1, 17, 1000, 1e6]], counts),
    "truncatedNormal": ([[0, -30, 1e4], [1e-3, 1, 1e3], [-1, 0], [0.5, 2]], [-0.5, 0.25, 1.5]),
}
DISCRETE = {"gammaPoisson", "betaBinomial", "poisson", "geometric", "negativeBinomial", "binomial", "bernoulli"} | {f for f in FAMILIES if f.endswith("Logits")}
NO_SLOPE = {"totalCount"}


def number(x):
    x = mpf(x.real) if hasattr(x, "real") else mpf(x)
    if mp.isnan(x):
        return None
    if abs(x) > mpf("1e300"):
        return "Infinity" if x > 0 else "-Infinity"
    return float(x)


def slope(f, args, i):
    h = mpf(10) ** -40 * (abs(args[i]) if args[i] != 0 else mpf(10) ** -40)
    moved = lambda s: f(*[a + (s * h if k == i else 0) for k, a in enumerate(args)])
    return (moved(1) - moved(-1)) / (2 * h)


def usable(family, x, params):
    if family in ("binomial", "binomialLogits") and x > params[0]:
        return False
    if family == "uniform":
        return params[0] < x < params[1]
    if family == "betaBinomial" and x > params[2] or family == "pareto" and x <= params[0]:
        return False
    if family == "truncatedNormal":
        return params[2] < x < params[3]
    # At a kink the derivative is not defined.
    return not (family == "laplace" and x == params[0])


rows = []
for family, (lists, points) in GRID.items():
    names, density = FAMILIES[family]
    for combination in itertools.product(*lists):
        params = [f32(p) for p in combination]
        for point in points:
            x = f32(point)
            if not usable(family, x, params):
                continue
            args = [x, *params]
            row = {"x": float(x), "p": [float(p) for p in params], "logProb": number(density(*args))}
            # Of the last float below 1 the derivative needs digits that its float32 log odds do not have.
            is_last = family == "bernoulli" and params[0] > mpf("0.9999999")
            row["grads"] = [None] if is_last else [number(slope(density, args, i + 1)) if name not in NO_SLOPE else None for i, name in enumerate(names)]
            if family not in DISCRETE and x != 0:
                row["dx"] = number(slope(density, args, 0))
            rows.append({"family": family, **row})

out = os.path.join(os.path.dirname(__file__), "..", "..", "test", "fixtures", "extremes.json")
with open(out, "w") as file:
    parameters = {family: names for family, (names, _) in FAMILIES.items()}
    file.write('{"parameters": ' + json.dumps(parameters) + ', "rows": [\n' + ",\n".join(json.dumps(r) for r in rows) + "\n]}\n")
print(len(rows), "figures")
