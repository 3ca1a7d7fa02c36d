/** `Predictive`: draws from a model with its latent variables taken from a guide or from given samples. */
import { expandTo, sizeOf } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { didYouMean, formatShape, OptionError, rejectUnknownKeys, ShapeError } from '../errors.js';
import { replay } from '../handlers/replay.js';
import { trace } from '../handlers/trace.js';
import { ParamStore } from '../paramStore.js';
import { plate } from '../primitives/plate.js';
import { RandomStream } from '../random.js';
import type { Message } from '../runtime/messages.js';
import { SeedHandler } from '../runtime/seed.js';
import { Handler } from '../runtime/stack.js';
import type { SampleSite, Trace } from '../runtime/trace.js';
import { warn } from '../runtime/warn.js';
import { type CompiledDraws, compiledDraws, type Drawn, isCompile } from './compiled/draws.js';
import type { InferenceProgram } from './elbo/elbo.js';
import { running } from './running.js';

/** Values by site, each [numSamples, ...]. */
type Samples = Readonly<Record<string, tf.Tensor>>;

export interface PredictiveOptions<Args extends unknown[]> {
  /** Latent variables are drawn from here. Without it, and without `posteriorSamples`, from the prior. */
  guide?: InferenceProgram<Args>;
  /** Draws of latent variables by site, each [numSamples, ...]. A name that the model lacks is warned of. */
  posteriorSamples?: Samples;
  /** Number of draws; that of `posteriorSamples` when those are given. */
  numSamples?: number;
  /** Which sites to return. @default all sites of the model that are not given as posterior samples */
  returnSites?: readonly string[];
  /** Draw all at once along a plate at dim -1 - maxPlateNesting. Programs must broadcast. */
  parallel?: boolean;
  /** Number of plate dimensions of the programs; needed with `parallel`. */
  maxPlateNesting?: number;
  /** Where the parameters live. */
  params?: ParamStore;
  seed?: number | string;
  /**
   * Whether draws are compiled: one is recorded, each time that `draw` is called, and becomes generated code for the others. What can't be compiled is
   * an error (`true`), or a warning, and all draws run as they are (`'auto'`). Not with `parallel`, where there is one draw. @default false
   */
  compile?: boolean | 'auto';
}

const keys: (keyof PredictiveOptions<never[]>)[] = [
  'guide',
  'posteriorSamples',
  'numSamples',
  'returnSites',
  'parallel',
  'maxPlateNesting',
  'params',
  'seed',
  'compile',
];

const PLATE = 'numSamplesVectorized';

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
    rejectUnknownKeys('Predictive', options, keys);
    const { guide, posteriorSamples, numSamples, parallel, maxPlateNesting, compile = false } = options;
    if (!isCompile(compile))
      throw new OptionError(`Predictive: compile is "${compile}"; it must be true, false or "auto".`);
    if (parallel && compile === true)
      throw new OptionError('Predictive: parallel draws all at once; there is nothing to compile.');
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
    const stream = new RandomStream(seed);
    const draw = () => (parallel ? this.drawAtOnce(stream, args) : this.drawInTurn(stream, args));
    return running(this.model, () => tf.tidy(() => params.run(draw)));
  }

  private drawInTurn(stream: RandomStream, args: Args): Record<string, tf.Tensor> {
    const draw = (own: RandomStream, samples: Samples): Record<string, tf.Tensor> => {
      const drawn = new SeedHandler(own).run(() =>
        this.once(this.model, this.options.guide, args, new SamplesHandler(samples)),
      );
      return Object.fromEntries(this.returned(drawn).map((name) => [name, wholeValue(drawn.get(name)).clone()]));
    };
    const plan = compiledDraws(this.asProgram(draw, stream), this.options.compile ?? false, this.numSamples);
    if (plan) return this.drawCompiled(plan, stream);
    const draws = new Map<string, tf.Tensor[]>();
    for (let i = 0; i < this.numSamples; i++) {
      const values = tf.tidy(() => draw(stream.fork(i), this.samplesAt(i)));
      for (const [name, value] of Object.entries(values)) {
        const before = draws.get(name);
        if (before) before.push(value);
        else draws.set(name, [value]);
      }
    }
    return Object.fromEntries([...draws].map(([name, values]) => [name, tf.stack(values)]));
  }

  /** One draw as a program that can be compiled, whose inputs are the posterior samples. */
  private asProgram(draw: (own: RandomStream, samples: Samples) => Record<string, tf.Tensor>, stream: RandomStream) {
    const names = Object.keys(this.options.posteriorSamples ?? {});
    const samplesOf = (inputs: readonly tf.Tensor[]) => Object.fromEntries(names.map((name, k) => [name, inputs[k]]));
    const plain = (index: number): Map<string, ArrayLike<number>> => {
      const numbers = new Map<string, ArrayLike<number>>();
      tf.tidy(() => {
        for (const [name, value] of Object.entries(draw(stream.fork(index), this.samplesAt(index)))) {
          numbers.set(name, Float32Array.from(value.dataSync()));
        }
      });
      return numbers;
    };
    return {
      what: 'Predictive',
      inputs: Object.values(this.samplesAt(0)),
      body: (own: RandomStream, inputs: readonly tf.Tensor[]) => draw(own, samplesOf(inputs)),
      plain,
      load: (plan: CompiledDraws, index: number) => this.load(plan, index),
      seedOf: (index: number) => `${stream.seed}/${index}`,
    };
  }

  private drawCompiled(plan: CompiledDraws, stream: RandomStream): Record<string, tf.Tensor> {
    const all = new Map(
      [...plan.outputs].map(([name, { numbers }]) => [name, new Float32Array(this.numSamples * numbers.length)]),
    );
    for (let i = 0; i < this.numSamples; i++) {
      this.load(plan, i);
      plan.run(`${stream.seed}/${i}`);
      for (const [name, { numbers }] of plan.outputs) all.get(name)?.set(numbers, i * numbers.length);
    }
    const tensorOf = (name: string, { shape, dtype }: Drawn) =>
      tf.cast(tf.tensor(all.get(name) ?? [], [this.numSamples, ...shape]), dtype);
    return Object.fromEntries([...plan.outputs].map(([name, drawn]) => [name, tensorOf(name, drawn)]));
  }

  /** Gives the plan the posterior samples of one draw. */
  private load(plan: CompiledDraws, index: number): void {
    Object.values(this.options.posteriorSamples ?? {}).forEach((samples, k) => {
      this.hosted[k] ??= samples.dataSync();
      const size = samples.size / this.numSamples;
      plan.inputs[k]?.set(this.hosted[k].subarray(index * size, (index + 1) * size));
    });
  }
  /** The posterior samples' numbers. */
  private readonly hosted: (Float32Array | Int32Array | Uint8Array)[] = [];

  private drawAtOnce(stream: RandomStream, args: Args): Record<string, tf.Tensor> {
    const nesting = this.options.maxPlateNesting as number;
    const inPlate =
      (program: InferenceProgram<Args>): InferenceProgram<Args> =>
      (...inner) =>
        plate(PLATE, this.numSamples, { dim: -nesting - 1 }, () => program(...inner));
    const { guide, posteriorSamples = {} } = this.options;
    const drawn = new SeedHandler(stream).run(() =>
      this.once(inPlate(this.model), guide && inPlate(guide), args, new SamplesHandler(posteriorSamples, nesting)),
    );
    const names = this.returned(drawn);
    const single = names.some((name) => isWholeEvent(drawn.get(name)))
      ? this.singleShapes(stream.fork('shapes'), args)
      : undefined;
    const drawsOf = (site: SampleSite): tf.Tensor => {
      const shape = isWholeEvent(site) ? single?.get(site.name) : undefined;
      return shape ? withDraws(site, this.numSamples, shape) : withoutPadding(site);
    };
    return Object.fromEntries(names.map((name) => [name, drawsOf(drawn.get(name))]));
  }

  /** The shape of each site's value in one draw by itself. */
  private singleShapes(stream: RandomStream, args: Args): Map<string, number[]> {
    const shapes = new Map<string, number[]>();
    tf.tidy(() => {
      const samples = new SamplesHandler(this.samplesAt(0));
      const drawn = new SeedHandler(stream).run(() => this.once(this.model, this.options.guide, args, samples));
      for (const site of drawn.sampleSites) shapes.set(site.name, wholeValue(site).shape);
    });
    return shapes;
  }

  private once(
    model: InferenceProgram<Args>,
    guide: InferenceProgram<Args> | undefined,
    args: Args,
    samples: SamplesHandler,
  ): Trace {
    if (guide) return trace(replay(model, trace(guide).getTrace(...args))).getTrace(...args);
    const drawn = trace.with(() => samples.run(() => model(...args)));
    for (const name of Object.keys(this.options.posteriorSamples ?? {})) {
      if (drawn.has(name)) continue;
      const names = drawn.latentSites.map((site) => site.name);
      warn(`Predictive: posteriorSamples has "${name}", and the model has no such site.${didYouMean(name, names)}`);
    }
    return drawn;
  }

  private samplesAt(i: number): Samples {
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

/** Gives latent sites their samples; with `nesting`, all of them at once, left of that many plate dimensions. */
class SamplesHandler extends Handler {
  constructor(
    private readonly samples: Samples,
    private readonly nesting?: number,
  ) {
    super();
  }

  override process(message: Message): void {
    if (message.type !== 'sample' || message.isSubsample || message.isObserved) return;
    if (!Object.hasOwn(this.samples, message.name)) return;
    const { name } = message;
    message.value = this.aligned(name, this.samples[name], message.fn.eventShape.length);
  }

  private aligned(name: string, value: tf.Tensor, eventDim: number): tf.Tensor {
    if (this.nesting === undefined) return value;
    const [count, ...rest] = value.shape;
    const padding = this.nesting - (rest.length - eventDim);
    if (padding >= 0) return tf.reshape(value, [count, ...new Array<number>(padding).fill(1), ...rest]);
    throw new ShapeError(
      `Predictive: posteriorSamples of "${name}" has shape ${formatShape(value.shape)}, of which ${rest.length - eventDim} are plate dimensions, ` +
        `but maxPlateNesting is ${this.nesting}. Make maxPlateNesting larger.`,
      name,
    );
  }
}

/** A site's value, broadcast where only its distribution has the full shape. */
function wholeValue(site: SampleSite): tf.Tensor {
  const { fn, value } = site;
  const shape = fn.shape();
  return sizeOf(value.shape) < sizeOf(shape) && !isWholeEvent(site) ? expandTo(value, shape) : value;
}

/** Whether a deterministic site says of none of its dimensions which are plates'. */
const isWholeEvent = ({ fn, value, infer }: SampleSite): boolean =>
  !!infer.isDeterministic && value.rank > 0 && fn.eventShape.length === value.rank;

/** The value of such a site, drawn at once: [numDraws, ...shape], where `shape` is that of one draw. */
function withDraws({ name, value }: SampleSite, numDraws: number, shape: readonly number[]): tf.Tensor {
  const target = [numDraws, ...shape];
  if (value.size === sizeOf(target)) return tf.reshape(value, target).clone();
  if (value.size === sizeOf(shape)) return expandTo(tf.reshape(value, [1, ...shape]), target).clone();
  throw new ShapeError(
    `Predictive: deterministic site "${name}" has shape ${formatShape(value.shape)} with all ${numDraws} draws at once and ${formatShape(shape)} in ` +
      'one draw, so its entries cannot be told apart by draw. Write it so that it broadcasts (keep plate dimensions, e.g. sums with keepDims), or ' +
      'set parallel: false.',
    name,
  );
}

/** A vectorised site's value as the same program gives it in turn: without the dimensions of size 1 between draws and plates. */
function withoutPadding(site: SampleSite): tf.Tensor {
  const value = wholeValue(site);
  const split = value.rank - site.fn.eventShape.length;
  const drawsDim = site.frames.find((f) => f.name === PLATE)?.dim ?? -split;
  const inPlates = Math.max(0, ...site.frames.map((f) => (f.name === PLATE || f.dim === undefined ? 0 : -f.dim)));
  const shape = value.shape.slice(split + drawsDim);
  const eventRank = site.fn.eventShape.length;
  let keep = shape.length - eventRank - 1;
  while (keep > inPlates && shape[shape.length - eventRank - keep] === 1) keep--;
  return tf.reshape(value, [shape[0], ...shape.slice(shape.length - eventRank - keep)]).clone();
}
