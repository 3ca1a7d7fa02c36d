/** Handlers with values by name reject a name that the program does not have, where it would change nothing. */
import {
  bernoulli,
  block,
  condition,
  intervene,
  LocScaleReparam,
  lift,
  normal,
  ParamStore,
  param,
  queue,
  reparam,
  SiteError,
  sample,
  scope,
  seed,
  substitute,
  TraceQueue,
  trace,
} from 'pyro-ts';
import { describe, expect, it } from 'vitest';

const program = () => {
  const w = param('weight', 1);
  const z = sample('latent', normal(0, 1));
  return sample('outcome', normal(z.mul(w), 1), { obs: 2 });
};
const run = (wrapped: () => unknown) => () => new ParamStore().run(seed(wrapped, 0));
const message = (body: () => unknown): string => {
  try {
    body();
  } catch (error) {
    expect(error).toBeInstanceOf(SiteError);
    return (error as SiteError).message;
  }
  return 'nothing was rejected';
};

describe('a name that the program lacks', () => {
  it.each<[string, () => unknown, string]>([
    ['condition', condition(program, { latnet: 1 }), 'condition: the program has no sample site "latnet"'],
    ['intervene', intervene(program, { latnet: 1 }), 'intervene: the program has no sample site "latnet"'],
    [
      'reparam',
      reparam(program, { latnet: new LocScaleReparam({ centered: 0 }) }),
      'reparam: the program has no sample site "latnet"',
    ],
    ['substitute', substitute(program, { wieght: 1 }), 'substitute: the program has no parameter "wieght"'],
    ['lift', lift(program, { wieght: normal(0, 1) }), 'lift: the program has no parameter "wieght"'],
  ])('%s names the nearest', (_, wrapped, start) => {
    const text = message(run(wrapped));
    expect(text).toContain(`${start} that this handler can see. Did you mean "`);
    expect(text).toContain(start.includes('parameter') ? '"weight"?' : '"latent"?');
    expect(text).toContain('{ allowUnused: true }');
  });
  it('around a body', () => {
    expect(run(() => condition.with({ latnet: 1 }, program))).toThrow('Did you mean "latent"?');
    expect(run(() => condition.with({ latnet: 1 }, { allowUnused: true }, program))).not.toThrow();
  });
  it('that lies nowhere near lists what there is', () => {
    expect(message(run(condition(program, { q: 1 })))).toContain('Known: latent, outcome.');
  });
  it('of the other kind says which handler is for it', () => {
    expect(run(condition(program, { weight: 1 }))).toThrow(
      'condition: "weight" is a parameter of the program, not a sample site. Use substitute.',
    );
    expect(run(substitute(program, { latent: 1 }))).toThrow(
      'substitute: "latent" is a sample site of the program, not a parameter. Use condition.',
    );
  });
  it('that block hides, or scope renames, is not seen', () => {
    expect(run(condition(block(program, { hide: ['latent'] }), { latent: 1 }))).toThrow('Known: outcome.');
    expect(run(condition(scope(program, 'a'), { latent: 1 }))).toThrow('no sample site "latent"');
    expect(run(condition(scope(program, 'a'), { 'a/latent': 1 }))).not.toThrow();
  });
});

describe('lets pass', () => {
  it('what is allowed', () => {
    for (const wrapped of [
      condition(program, { latnet: 1 }, { allowUnused: true }),
      intervene(program, { latnet: 1 }, { allowUnused: true }),
      reparam(program, { latnet: new LocScaleReparam({ centered: 0 }) }, { allowUnused: true }),
      substitute(program, { wieght: 1 }, { allowUnused: true }),
      lift(program, { wieght: normal(0, 1) }, { allowUnused: true }),
    ]) {
      expect(run(wrapped)).not.toThrow();
    }
  });
  it('a trace with more sites, values that are undefined, and functions of names', () => {
    const larger = new ParamStore().run(() =>
      trace(seed(() => [program(), sample('more', normal(0, 1))], 1)).getTrace(),
    );
    expect(run(condition(program, larger))).not.toThrow();
    expect(run(condition(program, { latent: 1, more: undefined } as never))).not.toThrow();
    expect(run(lift(program, (name) => (name === 'w' ? normal(0, 1) : undefined)))).not.toThrow();
  });
  it('each run by itself: one wrapped program, whose sites differ by its arguments', () => {
    const branching = (first: boolean) => sample(first ? 'a' : 'b', normal(0, 1));
    const conditioned = seed(condition(branching, { a: 1 }), 0);
    expect(() => conditioned(true)).not.toThrow();
    expect(() => conditioned(false)).toThrow('condition: the program has no sample site "a"');
    expect(() => conditioned(true)).not.toThrow();
  });
  it('runs that another handler breaks off', () => {
    const body = condition(
      () => {
        const a = sample('a', bernoulli(0.5)).dataSync()[0];
        sample('b', normal(0, 1));
        return a;
      },
      { b: 0 },
    );
    const waiting = new TraceQueue();
    expect([0, 1].map(() => queue(body, waiting)())).toEqual([0, 1]);
    expect(waiting.length).toBe(0);
  });
  it('an unknown option is rejected', () => {
    expect(run(condition(program, { latent: 1 }, { allowUnsued: true } as never))).toThrow(
      'condition has no option "allowUnsued". Did you mean "allowUnused"?',
    );
  });
});
