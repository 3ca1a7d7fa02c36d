/** `Predictive`: draws from a model with its latent variables taken from a guide or from given samples. */
import * as tf from '@tensorflow/tfjs';
import { OptionError, refuseUnknownKeys, ShapeError } from '../errors.js';
import { condition } from '../handlers/condition.js';
import { replay } from '../handlers/replay.js';
import { SeedHandler } from '../handlers/seed.js';
import { trace } from '../handlers/trace.js';
import { ParamStore } from '../paramStore.js';
import { plate } from '../primitives/plate.js';
import { RandomStream } from '../random.js';
import type { Trace } from '../runtime/trace.js';
import type { InferenceProgram } from './elbo/elbo.js';

export interface PredictiveOptions<Args extends unknown[]> {
  /** Latent variables are drawn from here. Without it, and without `posteriorSamples`, from the prior. */
  guide?: InferenceProgram<Args>;
  /** Draws of latent variables by site, each [numSamples, ...]. */
  posteriorSamples?: Readonly<Record<string, tf.Tensor>>;
  /** Number of draws; that of `posteriorSamples` when those are given. */
  numSamples?: number;
  /** Which sites to return; all sites of the model that are not given as posterior samples when left out. */
  returnSites?: readonly string[];
  /** Draw all at once along a plate at dim -1 - maxPlateNesting. Programs must broadcast. */
  parallel?: boolean;
  /** Number of plate dimensions of the programs; needed with `parallel`. */
  maxPlateNesting?: number;
  /** Where the parameters live. */
  params?: ParamStore;
  seed?: number | string;
}

const keys = [
  'guide',
  'posteriorSamples',
  'numSamples',
  'returnSites',
  'parallel',
  'maxPlateNesting',
  'params',
  'seed',
];

/**
 * Draws [numSamples, ...] of each site of `model`; observed sites of the model are drawn too unless the model observes them with data. Source:
 * `pyro.infer.Predictive`.
 * @example const { y } = new Predictive(model, { guide, params: svi.params, numSamples: 100, seed: 0 }).draw(x);
 */
export class Predictive<Args extends unknown[]> {
  private readonly numSamples: number;

  constructor(
    readonly model: InferenceProgram<Args>,
    private readonly options: PredictiveOptions<Args> = {},
  ) {
    refuseUnknownKeys('Predictive', options, keys);
    const { guide, posteriorSamples, numSamples, parallel, maxPlateNesting } = options;
    if (guide && posteriorSamples) throw new OptionError('Predictive: give a guide or posteriorSamples, not both.');
    if (parallel && maxPlateNesting === undefined) {
      throw new OptionError(
        'Predictive: parallel needs maxPlateNesting, the number of plate dimensions of the programs.',
      );
    }
    const given = Object.entries(posteriorSamples ?? {}).map(([name, t]) => [name, t.shape[0]] as const);
    const count = numSamples ?? given[0]?.[1];
    if (count === undefined || !Number.isInteger(count) || count < 1) {
      throw new OptionError(`Predictive: numSamples must be a positive integer, not ${count}.`);
    }
    for (const [name, n] of given) {
      if (n !== count)
        throw new ShapeError(
          `Predictive: posteriorSamples has ${n} draws of "${name}", and ${count} are asked for.`,
          name,
        );
    }
    this.numSamples = count;
  }

  /** Draws by site name, each [numSamples, ...]. The caller disposes of them. */
  draw(...args: Args): Record<string, tf.Tensor> {
    const { params = new ParamStore(), seed = 0, parallel } = this.options;
    return tf.tidy(() =>
      params.run(() =>
        parallel ? this.drawAtOnce(new RandomStream(seed), args) : this.drawInTurn(new RandomStream(seed), args),
      ),
    );
  }

  private drawInTurn(stream: RandomStream, args: Args): Record<string, tf.Tensor> {
    const draws = new Map<string, tf.Tensor[]>();
    for (let i = 0; i < this.numSamples; i++) {
      const drawn = new SeedHandler(stream.fork(i)).run(() =>
        this.once(this.model, this.options.guide, args, this.samplesAt(i)),
      );
      for (const name of this.returned(drawn)) draws.set(name, [...(draws.get(name) ?? []), drawn.get(name).value]);
    }
    return Object.fromEntries([...draws].map(([name, values]) => [name, tf.stack(values)]));
  }

  private drawAtOnce(stream: RandomStream, args: Args): Record<string, tf.Tensor> {
    const nesting = this.options.maxPlateNesting as number;
    const inPlate =
      (program: InferenceProgram<Args>): InferenceProgram<Args> =>
      (...inner) =>
        plate('numSamplesVectorized', this.numSamples, { dim: -nesting - 1 }, () => program(...inner));
    const { guide } = this.options;
    const drawn = new SeedHandler(stream).run(() =>
      this.once(inPlate(this.model), guide && inPlate(guide), args, this.options.posteriorSamples ?? {}),
    );
    return Object.fromEntries(
      this.returned(drawn).map((name) => {
        const site = drawn.get(name);
        const lead = site.value.rank - site.fn.eventShape.length - nesting - 1;
        return [
          name,
          lead > 0
            ? tf.squeeze(
                site.value,
                Array.from({ length: lead }, (_, i) => i),
              )
            : site.value.clone(),
        ];
      }),
    );
  }

  private once(
    model: InferenceProgram<Args>,
    guide: InferenceProgram<Args> | undefined,
    args: Args,
    samples: Readonly<Record<string, tf.Tensor>>,
  ): Trace {
    if (guide) return trace(replay(model, trace(guide).getTrace(...args))).getTrace(...args);
    return trace(condition(model, samples)).getTrace(...args);
  }

  private samplesAt(i: number): Record<string, tf.Tensor> {
    const all = Object.entries(this.options.posteriorSamples ?? {});
    return Object.fromEntries(all.map(([name, t]) => [name, tf.squeeze(tf.slice(t, [i], [1]), [0])]));
  }

  private returned(drawn: Trace): readonly string[] {
    const given = this.options.posteriorSamples ?? {};
    return (
      this.options.returnSites ?? drawn.sampleSites.map((s) => s.name).filter((name) => !Object.hasOwn(given, name))
    );
  }
}
