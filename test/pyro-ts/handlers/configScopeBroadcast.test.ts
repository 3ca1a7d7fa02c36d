/** Handlers that change how sites are seen: inferConfig, scope, broadcast, queue; as wrappers, around bodies, and composed. */
import * as tf from '@tensorflow/tfjs';
import {
  Adam,
  bernoulli,
  broadcast,
  categorical,
  configEnumerate,
  Handler,
  inferConfig,
  type Message,
  markov,
  normal,
  ParamStore,
  param,
  plate,
  queue,
  SVI,
  sample,
  scope,
  seed,
  TraceEnumELBO,
  TraceQueue,
  trace,
} from 'pyro-ts';
import { extendByDraw } from 'pyro-ts/internal';
import { describe, expect, it } from 'vitest';

const value = (t: tf.Tensor) => t.dataSync()[0];

describe('inferConfig', () => {
  const model = () => {
    sample('a', bernoulli(0.5), { infer: { enumerate: 'sequential' } });
    plate('rows', 2, { subsampleSize: 1 }, () => sample('b', bernoulli(0.5)));
  };
  it('sets hints of sample sites; what it says wins', () => {
    const marked = inferConfig(model, ({ name }) => (name === 'a' ? { enumerate: 'parallel' } : { isAuxiliary: true }));
    const t = trace(seed(marked, 0)).getTrace();
    expect(t.get('a').infer).toEqual({ enumerate: 'parallel' });
    expect(t.get('b').infer).toEqual({ isAuxiliary: true });
    const inside = trace.with(() => seed.with(0, () => inferConfig.with(() => ({ expand: true }), model)));
    expect(inside.get('a').infer).toEqual({ enumerate: 'sequential', expand: true });
  });
  it('leaves alone what configEnumerate finds marked', () => {
    const t = trace(seed(configEnumerate(model), 0)).getTrace();
    expect([t.get('a').infer.enumerate, t.get('b').infer.enumerate]).toEqual(['sequential', 'parallel']);
  });
});

describe('scope', () => {
  const part = () => {
    const scale = param('scale', 2);
    return plate('rows', 3, () => sample('z', normal(0, scale)));
  };
  it('renames sites, parameters and plates, so that one program serves twice', () => {
    const both = () => [scope(part, 'left')(), scope.with('right', part)];
    const t = new ParamStore().run(() => trace(seed(both, 0)).getTrace());
    expect([...t.sites.keys()]).toEqual(['left/scale', 'left/rows', 'left/z', 'right/scale', 'right/rows', 'right/z']);
    expect(t.get('left/z').frames[0].name).toBe('left/rows');
    expect([...t.get('left/z').value.dataSync()]).not.toEqual([...t.get('right/z').value.dataSync()]);
  });
  it('nests', () => {
    const t = new ParamStore().run(() => trace(seed(scope(scope(part, 'in'), 'out'), 0)).getTrace());
    expect(t.has('out/in/z')).toBe(true);
  });
  it('lets markov chains inside recycle dimensions', () => {
    const chain = () => {
      let x: tf.Tensor = tf.scalar(0);
      markov(8, (t) => {
        x = sample(`x${t}`, bernoulli(x.mul(0.4).add(0.3)), { infer: { enumerate: 'parallel' } });
        sample(`y${t}`, normal(x, 1), { obs: t % 2 });
      });
    };
    const loss = (program: () => unknown) =>
      new SVI(program, () => {}, new Adam(), new TraceEnumELBO({ maxPlateNesting: 0 })).evaluateLoss();
    expect(loss(scope(chain, 'part'))).toBeCloseTo(loss(chain), 5);
  });
  it('rejects an empty prefix', () => {
    expect(() => scope(part, '')()).toThrow('scope: the prefix must be a non-empty string.');
  });
});

describe('broadcast', () => {
  /** Puts a distribution without batch dimensions in the place of each site's own. */
  class Narrow extends Handler {
    override process(message: Message): void {
      if (message.type === 'sample' && !message.isSubsample) message.fn = normal(0, 1);
    }
  }
  const model = () => plate('a', 3, () => plate('b', 2, () => sample('z', normal([0, 1, 2], 1))));
  it('expands a distribution that a handler put in place to the plates inside', () => {
    const narrowed = () => new Narrow().run(model);
    expect(trace(seed(narrowed, 0)).getTrace().get('z').value.shape).toEqual([]);
    expect(
      trace(seed(broadcast(narrowed), 0))
        .getTrace()
        .get('z').value.shape,
    ).toEqual([2, 3]);
    expect(seed.with(0, () => broadcast.with(() => narrowed().shape))).toEqual([2, 3]);
  });
  it('changes nothing that plates have done', () => {
    const [plain, again] = [model, broadcast(model)].map((m) => trace(seed(m, 0)).getTrace().get('z'));
    expect([...again.value.dataSync()]).toEqual([...plain.value.dataSync()]);
  });
});

describe('queue', () => {
  /** A program whose path depends on its choices. */
  const walk = () => {
    const first = value(sample('first', categorical([0.2, 0.3, 0.5])));
    if (first === 0) return 'stop';
    const second = value(sample('second', bernoulli(first === 1 ? 0.9 : 0.4)));
    return `${first}${second}`;
  };
  it.each(['newest first', 'oldest first'] as const)('runs every execution once, %s', (order) => {
    const waiting = new TraceQueue(order);
    const mass = new Map<string, number>();
    const next = queue(trace(walk).getTrace, waiting);
    while (waiting.length > 0) {
      const t = next();
      mass.set(t.returnValue as string, Math.exp(value(t.logProbSum())));
    }
    expect([...mass.keys()].sort()).toEqual(['10', '11', '20', '21', 'stop']);
    const expected: Record<string, number> = { stop: 0.2, '10': 0.03, '11': 0.27, '20': 0.3, '21': 0.2 };
    for (const [path, p] of Object.entries(expected)) expect(mass.get(path)).toBeCloseTo(p, 5);
    expect([...mass.keys()][0]).toBe(order === 'newest first' ? '21' : 'stop');
    expect(() => next()).toThrow('queue: the queue is empty: every execution has been run.');
  });
  it('around a body', () => {
    const waiting = new TraceQueue();
    expect(queue.with(waiting, walk)).toBe('stop');
    expect(waiting.length).toBe(2);
  });
  it('branches and goes on as it is told', () => {
    const waiting = new TraceQueue();
    const program = () => [value(sample('a', normal(0, 1))), value(sample('b', bernoulli(0.5)))];
    const next = queue(seed(program, 4), waiting, {
      branchAt: (before, site) => site.name === 'a' && !before.has('a'),
      extend: (before, site) => [...extendByDraw(before, site), ...extendByDraw(before, { ...site, rng: undefined })],
    });
    const drawn = [next(), next()].map(([a]) => a);
    expect(waiting.length).toBe(0);
    expect(drawn[0]).not.toBe(drawn[1]);
  });
  it('says so where a path does not end', () => {
    const endless = () => {
      for (let i = 0; ; i++) if (value(sample(`x${i}`, bernoulli(0.5))) === 1) return i;
    };
    // Depth first, the last value of each choice comes first: the one that ends.
    expect(queue(endless, new TraceQueue('newest first'))()).toBe(0);
    const never = () => {
      for (let i = 0; ; i++) sample(`x${i}`, bernoulli(0.5));
    };
    expect(() => queue(never, new TraceQueue('newest first'), { maxTries: 20 })()).toThrow(
      'queue: no run was complete after 20 tries.',
    );
    expect(() => queue(never, new TraceQueue(), { maxtries: 20 } as never)).toThrow('Did you mean "maxTries"?');
  });
});
