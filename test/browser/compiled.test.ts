/** Compiled programs in a page, and in one whose content-security policy forbids generated code. */
import { selectEngine } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import { Adam, AutoNormal, bernoulli, normal, plate, SVI, sample, TraceELBO } from 'pyro-ts';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chromium, type Message, Site, where } from './chromium.js';

/** Logistic regression on 200 rows, the same in Node and in the page. */
const program = `
  const rows = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(7 * i));
  const x = tf.tensor2d(rows, [200, 5]);
  const y = tf.tensor1d(Float32Array.from({ length: 200 }, (_, i) => (rows[5 * i] > 0 ? 1 : 0)));
  const model = () => {
    const w = sample('w', normal(0, 1).expand([5]).toEvent(1));
    const logits = tf.reshape(tf.matMul(x, tf.reshape(w, [5, 1])), [200]);
    plate('rows', 200, () => void sample('y', bernoulli({ logits }), { obs: y }));
  };
  const svi = new SVI(model, new AutoNormal(model).guide, new Adam({ lr: 0.02 }), new TraceELBO(), { compile });
  const losses = [...svi.run(40)];`;

const script = `
  import * as tf from '@tensorflow/tfjs';
  import { selectEngine } from '@pyro-ts/engine';
  import { Adam, AutoNormal, bernoulli, normal, onWarning, plate, SVI, sample, TraceELBO } from 'pyro-ts';
  await selectEngine({ engine: 'cpu' });
  const warnings = [];
  onWarning((text) => warnings.push(text));
  const compile = true;
  ${program}
  tell({ losses, warnings, plan: svi.explain() });`;

interface Answer extends Message {
  readonly losses: readonly number[];
  readonly warnings: readonly string[];
  readonly plan: string;
}

describe.skipIf(chromium === undefined)(where, () => {
  let site: Site<Answer> | undefined;
  let wanted: readonly number[] = [];
  const open = async (contentSecurityPolicy?: string): Promise<Message & Partial<Answer>> => {
    site = await Site.open<Answer>({
      script,
      exclude: ['@pyro-ts/engine', '@pyro-ts/spatial-decoder', '@pyro-ts/compile', 'pyro-ts', 'pyroved-ts'],
      include: ['mathjs', 'fflate', 'protobufjs/light.js', 'seedrandom', 'fastest-levenshtein'],
      ...(contentSecurityPolicy !== undefined && { contentSecurityPolicy }),
    });
    return site.visit(false);
  };

  beforeAll(async () => {
    await selectEngine({ engine: 'cpu' });
    const take = new Function(
      ...['tf', 'Adam', 'AutoNormal', 'bernoulli', 'normal', 'plate', 'SVI', 'sample', 'TraceELBO', 'compile'],
      `${program} return losses;`,
    );
    wanted = take(tf, Adam, AutoNormal, bernoulli, normal, plate, SVI, sample, TraceELBO, false);
  });
  afterEach(() => site?.close());

  const expectSame = (losses: readonly number[] = []): void => {
    expect(losses).toHaveLength(40);
    losses.forEach((loss, i) => {
      expect(Math.abs(loss - wanted[i]) / wanted[i]).toBeLessThan(1e-4);
    });
  };

  it('runs a program compiled to JavaScript and WebAssembly, with the losses of one that is not compiled', async () => {
    const answer = await open();
    expect(answer.error).toBeUndefined();
    expect(answer.warnings).toEqual([]);
    expect(answer.plan).toContain('(vectors)');
    expectSame(answer.losses);
  });

  it('runs it as it is, after a warning, where generated code is forbidden', async () => {
    const answer = await open("script-src 'self' 'unsafe-inline'");
    expect(answer.error).toBeUndefined();
    expect(answer.warnings?.join()).toContain('generated code is forbidden here');
    expect(answer.plan).toBe('Nothing is compiled yet.');
    expectSame(answer.losses);
  });
});
