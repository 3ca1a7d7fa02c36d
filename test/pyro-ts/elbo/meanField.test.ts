/** TraceMeanFieldELBO: TraceELBO's mean with closed-form divergences, draw by draw. */
import {
  Adam,
  bernoulli,
  cauchy,
  constraints,
  normal,
  ParamStore,
  param,
  plate,
  SVI,
  sample,
  scale,
  TraceELBO,
  TraceMeanFieldELBO,
} from 'pyro-ts';
import { describe, expect, it } from 'vitest';
import { expectClose } from '../../numbers.js';
import { lossAndGradients, NoiseHandler } from '../replayed.js';

const data = [0.8, -0.3, 1.5];
const model = () => plate('data', 3, () => sample('x', normal(sample('z', normal(0, 1)), 0.5), { obs: data }));
const [loc, s] = [0.4, 1.5];
const guide = () =>
  plate('data', 3, () => {
    sample('z', normal(param('loc', loc), param('scale', s, { constraint: constraints.positive })));
  });
const noise = [0.3, -1.2, 0.5];
const run = (Elbo: typeof TraceELBO | typeof TraceMeanFieldELBO, m = model, g: () => unknown = guide) =>
  lossAndGradients(new ParamStore(), () => new NoiseHandler({ z: noise }).run(() => new Elbo().estimate(m, g, [])));
/** The closed-form divergence of one element, and log q - log p at its draw. */
const divergence = -Math.log(s) + (s * s + loc * loc) / 2 - 0.5;
const atDraw = noise.reduce((sum, e) => sum - Math.log(s) - (e * e) / 2 + (loc + s * e) ** 2 / 2, 0);

describe('TraceMeanFieldELBO', () => {
  it('is TraceELBO with the draw of the divergence replaced by its mean', () => {
    expect(run(TraceMeanFieldELBO).loss).toBeCloseTo(run(TraceELBO).loss - atDraw + 3 * divergence, 4);
  });
  it('has the pathwise gradient of that', () => {
    const { gradients } = run(TraceMeanFieldELBO);
    const slope = (i: number) => (loc + s * noise[i] - data[i]) / 0.25;
    expectClose(gradients.loc, [3 * loc + slope(0) + slope(1) + slope(2)], 1e-4);
    // The store moves log scale.
    const byScale = 3 * (s - 1 / s) + noise.reduce((sum, e, i) => sum + slope(i) * e, 0);
    expectClose(gradients.scale, [byScale * s], 1e-4);
  });
  it('agrees with TraceELBO in the mean over draws, with less noise where the guide is wide', () => {
    const losses = (elbo: TraceELBO | TraceMeanFieldELBO) => {
      const svi = new SVI(model, guide, new Adam({ lr: 0 }), elbo);
      return Array.from({ length: 80 }, () => svi.step());
    };
    const moments = (x: number[]) => {
      const mean = x.reduce((a, b) => a + b) / x.length;
      return { mean, variance: x.reduce((v, l) => v + (l - mean) ** 2, 0) / x.length };
    };
    const [plain, closed] = [moments(losses(new TraceELBO())), moments(losses(new TraceMeanFieldELBO()))];
    const error = Math.sqrt((plain.variance + closed.variance) / 80);
    expect(Math.abs(plain.mean - closed.mean)).toBeLessThan(4 * error);
    // E[-log p(x | z)] + KL, by hand.
    const exact = data.reduce(
      (sum, x) => sum + ((x - loc) ** 2 + s * s) / 0.5 + Math.log(0.5) + 0.5 * Math.log(2 * Math.PI) + divergence,
      0,
    );
    expect(Math.abs(closed.mean - exact)).toBeLessThan(4 * Math.sqrt(closed.variance / 80));
    expect(closed.variance).toBeLessThan(plain.variance);
  });
  it('scales model and guide alike, and falls back to the draw where they differ', () => {
    const half = (program: () => unknown) => scale(program, 0.5);
    expect(run(TraceMeanFieldELBO, half(model) as never, half(guide)).loss).toBeCloseTo(
      0.5 * run(TraceMeanFieldELBO).loss,
      4,
    );
    expect(run(TraceMeanFieldELBO, half(model) as never).loss).toBeCloseTo(
      run(TraceELBO, half(model) as never).loss,
      4,
    );
  });
  it('falls back to the draw where no closed form is known', () => {
    const heavy = () => sample('x', normal(sample('z', cauchy(0, 1)), 0.5), { obs: 1 });
    const point = () => sample('z', normal(param('loc', 0.2), 0.3));
    const lossOf = (Elbo: typeof TraceELBO | typeof TraceMeanFieldELBO) =>
      lossAndGradients(new ParamStore(), () =>
        new NoiseHandler({ z: [0.7] }).run(() => new Elbo().estimate(heavy, point, [])),
      );
    const [found, wanted] = [lossOf(TraceMeanFieldELBO), lossOf(TraceELBO)];
    // The two add the same terms in another order, so the last digit of a float32 may differ.
    expect(found.loss).toBeCloseTo(wanted.loss, 5);
    expect(found.gradients).toEqual(wanted.gradients);
  });
});

describe('rejections', () => {
  const step = (m: () => unknown, g: () => unknown) => () => new SVI(m, g, new Adam(), new TraceMeanFieldELBO()).step();
  it('a site without reparameterised draws', () => {
    const m = () => sample('k', bernoulli(0.5));
    expect(step(m, m)).toThrow('TraceMeanFieldELBO needs reparameterised guide sites, and "k" (Bernoulli) is not.');
  });
  it('another order of sites', () => {
    const two = (names: string[]) => () => names.map((name) => sample(name, normal(0, 1)));
    expect(step(two(['a', 'b']), two(['b', 'a']))).toThrow(
      "TraceMeanFieldELBO needs model and guide to sample their sites in one order; the model's is a, b, the guide's b, a.",
    );
  });
  it('counts an auxiliary site of the guide as a draw', () => {
    const g = () => {
      sample('extra', normal(1, 1), { infer: { isAuxiliary: true } });
      guide();
    };
    const [bare, more] = [guide, g].map((program) => {
      const noisy = new NoiseHandler({ z: noise, extra: [0.5] });
      return lossAndGradients(new ParamStore(), () =>
        noisy.run(() => new TraceMeanFieldELBO().estimate(model, program, [])),
      ).loss;
    });
    expect(more - bare).toBeCloseTo(-0.125 - 0.5 * Math.log(2 * Math.PI), 4);
  });
});
