/**
 * pyro-ts in miniature: a whole probabilistic programming language in one file, to be read from top to bottom.
 *
 * It has programs made of `sample`, `param` and `plate`, effect handlers, stochastic variational inference, exact
 * enumeration of one discrete variable, and Adam. The packages do all of this with more checks, more distributions
 * and more speed; names and meanings are the same. The file depends on TensorFlow.js alone, for tensors and
 * gradients. It is modelled on Pyro's `contrib/minipyro.py`.
 *
 * Run the example at the end with `npm run mini`.
 */
import * as tf from '@tensorflow/tfjs';

// ---- 1. Distributions -------------------------------------------------------------------------------------
// A distribution draws values and computes their log density. Its batch shape says how many independent copies of it
// there are; `expand` makes more copies, which is how a plate turns one variable into many.

export interface Distribution {
  readonly batchShape: readonly number[];
  sample(seed?: number): tf.Tensor;
  logProb(value: tf.Tensor): tf.Tensor;
  expand(batchShape: readonly number[]): Distribution;
  /** All values, for a discrete distribution; shape [number of values]. */
  enumerateSupport?(): tf.Tensor;
}

type Numbers = number | number[] | tf.Tensor;
const toTensor = (x: Numbers): tf.Tensor => (x instanceof tf.Tensor ? x : tf.tensor(x));
const broadcast = tf.broadcast_util.assertAndGetBroadcastShape;

/** The normal distribution. */
export function normal(loc: Numbers, scale: Numbers, batchShape?: readonly number[]): Distribution {
  const [mean, deviation] = [toTensor(loc), toTensor(scale)];
  const shape = [...(batchShape ?? broadcast(mean.shape, deviation.shape))];
  return {
    batchShape: shape,
    // The draw is a differentiable function of the parameters and of noise that does not depend on them
    // ("reparameterised"): gradients pass through it.
    sample: (seed) => mean.add(deviation.mul(tf.randomNormal(shape, 0, 1, 'float32', seed))),
    logProb: (value) => {
      const standardised = value.sub(mean).div(deviation);
      const logNormaliser = tf.log(deviation).add(0.5 * Math.log(2 * Math.PI));
      return tf.square(standardised).mul(-0.5).sub(logNormaliser).add(tf.zeros(shape)); // one value for each copy
    },
    expand: (newShape) => normal(mean, deviation, newShape),
  };
}

/** The distribution on 0, 1, ..., K - 1 with the probabilities `probs`, of shape [..., K]. */
export function categorical(probs: Numbers, batchShape?: readonly number[]): Distribution {
  const table = toTensor(probs);
  const numValues = table.shape[table.rank - 1];
  const shape = [...(batchShape ?? table.shape.slice(0, -1))];
  return {
    batchShape: shape,
    sample: (seed) => {
      const logits = tf.broadcastTo(tf.log(table), [...shape, numValues]).as2D(-1, numValues);
      return tf.multinomial(logits, 1, seed).reshape(shape);
    },
    logProb: (value) => select(tf.log(table), value).add(tf.zeros(shape)),
    expand: (newShape) => categorical(table, newShape),
    enumerateSupport: () => tf.range(0, numValues, 1, 'int32'),
  };
}

/** `table[..., index]`, elementwise over an index of any shape, with gradients of the table. */
export function select(table: tf.Tensor, index: tf.Tensor): tf.Tensor {
  const oneHot = tf.oneHot(index.toInt(), table.shape[table.rank - 1]);
  return oneHot.toFloat().mul(table).sum(-1);
}

// ---- 2. Messages and the stack of handlers ----------------------------------------------------------------
// A program does not decide what `sample` and `param` do. Each call sends a message, and the handlers that are active
// at that moment decide. This is what lets one program be drawn from, scored, conditioned and trained. The stack is
// the only global state, and it is empty whenever no program runs.

export interface SampleMessage {
  readonly type: 'sample';
  readonly name: string;
  distribution: Distribution;
  value?: tf.Tensor;
  readonly isObserved: boolean;
  /** The dimensions of the plates around the site, from the right: -1, -2. */
  readonly plates: number[];
  isEnumerated: boolean;
  seed?: number;
}

export interface ParamMessage {
  readonly type: 'param';
  readonly name: string;
  readonly initialValue: tf.Tensor;
  readonly constraint: Constraint;
  value?: tf.Tensor;
}

export type Message = SampleMessage | ParamMessage;

/** A handler may change a message on its way out, before it has a value, and look at it on its way back. */
export interface Handler {
  process?(message: Message): void;
  postprocess?(message: Message): void;
  /** For plates, which take the dimension left of those around them. */
  readonly isPlate?: boolean;
}

const stack: Handler[] = [];

/** Runs `body` with `handler` on the stack. */
export function withHandler<T>(handler: Handler, body: () => T): T {
  stack.push(handler);
  try {
    return body();
  } finally {
    stack.pop();
  }
}

/**
 * Sends a message through the stack, from the innermost handler to the outermost; then it gets its value; then it
 * goes back.
 */
function applyStack(message: Message): tf.Tensor {
  const handlers = [...stack].reverse();
  for (const handler of handlers) handler.process?.(message);
  message.value ??= message.type === 'sample' ? message.distribution.sample(message.seed) : message.initialValue;
  for (const handler of handlers.reverse()) handler.postprocess?.(message);
  return message.value;
}

// ---- 3. Primitives: what programs are made of -------------------------------------------------------------

/** A random variable; with `obs`, one that has been observed. */
export function sample(name: string, distribution: Distribution, { obs }: { obs?: Numbers } = {}): tf.Tensor {
  const value = obs === undefined ? undefined : toTensor(obs);
  const isObserved = value !== undefined;
  return applyStack({ type: 'sample', name, distribution, value, isObserved, plates: [], isEnumerated: false });
}

/** A parameter to be learned. Inference moves it without bounds; the constraint maps it to where it belongs. */
export function param(name: string, initialValue: Numbers, constraint: Constraint = real): tf.Tensor {
  return applyStack({ type: 'param', name, initialValue: toTensor(initialValue), constraint });
}

export interface Constraint {
  readonly toConstrained: (x: tf.Tensor) => tf.Tensor;
  readonly toUnconstrained: (x: tf.Tensor) => tf.Tensor;
}
export const real: Constraint = { toConstrained: (x) => x, toUnconstrained: (x) => x };
export const positive: Constraint = { toConstrained: tf.exp, toUnconstrained: tf.log };

/**
 * Declares that what `body` samples is `size` independent variables. A plate is a handler: it gives each distribution
 * a dimension of that size, which costs nothing but broadcasting. The outermost plate has dimension -1, a plate
 * within it -2.
 */
export function plate<T>(size: number, body: () => T): T {
  const dim = -1 - stack.filter(({ isPlate }) => isPlate).length;
  const process = (message: Message) => {
    if (message.type !== 'sample') return;
    const { batchShape } = message.distribution;
    const shape = [...new Array(Math.max(0, -dim - batchShape.length)).fill(1), ...batchShape];
    shape[shape.length + dim] = size;
    message.distribution = message.distribution.expand(shape);
    message.plates.push(dim);
  };
  return withHandler({ process, isPlate: true }, body);
}

// ---- 4. Handlers ------------------------------------------------------------------------------------------

export type Program = () => unknown;
export type Trace = Map<string, SampleMessage & { value: tf.Tensor }>;

/**
 * Runs a program and records its sample sites. It records on the way back, when all other handlers have had their
 * say.
 */
export function trace(program: Program): Trace {
  const sites: Trace = new Map();
  const postprocess = (message: Message) => {
    if (message.type !== 'sample' || message.value === undefined) return;
    if (sites.has(message.name)) throw new Error(`Two sample sites are called "${message.name}".`);
    sites.set(message.name, { ...message, value: message.value });
  };
  withHandler({ postprocess }, program);
  return sites;
}

/** Runs a program with the values that another run recorded: its draws change, its distributions do not. */
export function replay<T>(recorded: Trace, program: () => T): T {
  const process = (message: Message) => {
    if (message.type === 'sample' && !message.isObserved) message.value ??= recorded.get(message.name)?.value;
  };
  return withHandler({ process }, program);
}

/** Makes draws reproducible: numbers the seeds of the sites, and goes on counting from one run to the next. */
export function seeded(firstSeed: number): Handler {
  let next = firstSeed;
  return {
    process: (message) => {
      if (message.type === 'sample' && message.value === undefined) message.seed = next++;
    },
  };
}

/**
 * Where parameters live: a handler that answers `param`. A training has its own, so that two of them do not share
 * weights by accident.
 */
export class ParamStore implements Handler {
  private readonly entries = new Map<string, { variable: tf.Variable; constraint: Constraint }>();

  process(message: Message): void {
    if (message.type !== 'param') return;
    const { name, initialValue, constraint } = message;
    let entry = this.entries.get(name);
    if (entry === undefined) {
      entry = { variable: tf.variable(constraint.toUnconstrained(initialValue)), constraint };
      this.entries.set(name, entry);
    }
    message.value = constraint.toConstrained(entry.variable);
  }

  /** The unconstrained values, which the optimiser moves. */
  get variables(): tf.Variable[] {
    return [...this.entries.values()].map(({ variable }) => variable);
  }

  /** The constrained value of a parameter. */
  get(name: string): tf.Tensor {
    const entry = this.entries.get(name);
    if (entry === undefined)
      throw new Error(`There is no parameter "${name}"; known: ${[...this.entries.keys()].join(', ')}.`);
    return entry.constraint.toConstrained(entry.variable);
  }
}

// ---- 5. Enumeration ---------------------------------------------------------------------------------------
// A discrete variable has no gradient, but it has few values. Instead of drawing one of them, the program runs once
// with all: the value gets a new dimension to the left of the plates, along which everything that depends on it
// broadcasts. Afterwards that dimension is summed out exactly.

const maxPlates = 2;

/** Gives a discrete site that has no value yet all of its values; shape [number of values, 1, 1]. */
export function enumerate<T>(program: () => T): T {
  let enumerated: string | undefined;
  const process = (message: Message) => {
    if (message.type !== 'sample' || message.value !== undefined) return;
    const { name, distribution } = message;
    const support = distribution.enumerateSupport?.();
    if (support === undefined) throw new Error(`"${name}" has no finite support: sample it in the guide.`);
    if (enumerated !== undefined)
      throw new Error(`Only one site can be enumerated; "${enumerated}" and "${name}" are two.`);
    enumerated = name;
    message.value = support.reshape([-1, ...new Array(maxPlates).fill(1)]);
    message.isEnumerated = true;
  };
  return withHandler({ process }, program);
}

/**
 * The sum of `factor` over the plates of its site that the enumerated site is not in; with dimensions of size 1 in
 * their place.
 */
function sumOverInnerPlates(factor: tf.Tensor, plates: readonly number[], enumerated: SampleMessage): tf.Tensor {
  const inner = plates.filter((dim) => !enumerated.plates.includes(dim)).map((dim) => factor.rank + dim);
  return factor.sum(inner, true);
}

/**
 * The log density of a trace, summed over the values of its enumerated site, if it has one. With z enumerated in a
 * plate over n,
 *
 *   log p = (terms without z) + sum_n log sum_z exp(all terms with z).
 *
 * Terms are added up within each copy of z before the sum over z, and copies of z are added up after it. pyro-ts does
 * the same for graphs of discrete variables, one variable after another ("tensor variable elimination").
 */
export function logDensity(sites: Trace): tf.Scalar {
  const enumerated = [...sites.values()].find(({ isEnumerated }) => isEnumerated);
  let total: tf.Tensor = tf.scalar(0);
  let joint: tf.Tensor = tf.scalar(0);
  for (const { distribution, value, plates } of sites.values()) {
    const factor = distribution.logProb(value);
    const dependsOnEnumerated = enumerated !== undefined && factor.rank > maxPlates;
    if (dependsOnEnumerated) joint = joint.add(sumOverInnerPlates(factor, plates, enumerated));
    else total = total.add(factor.sum());
  }
  if (enumerated !== undefined) total = total.add(tf.logSumExp(joint, 0).sum());
  return total.asScalar();
}

// ---- 6. The evidence lower bound --------------------------------------------------------------------------
// Variational inference looks for the guide q(z) closest to the posterior p(z | x). With z drawn from the guide,
//
//   log p(x)  >=  E[log p(x, z) - log q(z)],
//
// with equality where q is the posterior. Handlers do all the work: draw the latents by running the guide under
// `trace`, and run the model with these values under `replay`, so that both programs score the same z. Discrete sites
// that the guide does not draw are enumerated.

/** An estimate of minus the ELBO from one draw of the guide. */
export function negativeElbo(model: Program, guide: Program): tf.Scalar {
  const guideTrace = trace(guide);
  const modelTrace = trace(() => enumerate(() => replay(guideTrace, model)));
  return logDensity(guideTrace).sub(logDensity(modelTrace));
}

// ---- 7. Optimisation --------------------------------------------------------------------------------------

/** Adam (Kingma & Ba 2015, algorithm 1): steps of about `lr` in each coordinate, whatever the scale of its gradient. */
export class Adam {
  private readonly lr: number;
  private readonly moments = new Map<string, { mean: Float32Array; square: Float32Array; steps: number }>();

  constructor({ lr }: { lr: number }) {
    this.lr = lr;
  }

  update(variable: tf.Variable, gradient: tf.Tensor): void {
    const [beta1, beta2, eps] = [0.9, 0.999, 1e-8];
    const [values, slopes] = [variable.dataSync<'float32'>().slice(), gradient.dataSync<'float32'>()];
    const moments = this.moments.get(variable.name) ?? {
      mean: values.map(() => 0),
      square: values.map(() => 0),
      steps: 0,
    };
    this.moments.set(variable.name, moments);
    const { mean, square } = moments;
    const steps = ++moments.steps;
    for (let i = 0; i < values.length; i++) {
      mean[i] = beta1 * mean[i] + (1 - beta1) * slopes[i];
      square[i] = beta2 * square[i] + (1 - beta2) * slopes[i] ** 2;
      const [unbiasedMean, unbiasedSquare] = [mean[i] / (1 - beta1 ** steps), square[i] / (1 - beta2 ** steps)];
      values[i] -= (this.lr * unbiasedMean) / (Math.sqrt(unbiasedSquare) + eps);
    }
    tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
  }
}

/** Stochastic variational inference: each step draws from the guide and moves the parameters up the ELBO. */
export class SVI {
  readonly params = new ParamStore();
  private readonly loss: () => tf.Scalar;
  private readonly optimizer: Adam;

  constructor(model: Program, guide: Program, optimizer: Adam, { seed = 0 }: { seed?: number } = {}) {
    const draws = seeded(seed);
    this.loss = () => withHandler(draws, () => withHandler(this.params, () => negativeElbo(model, guide)));
    this.optimizer = optimizer;
    tf.tidy(() => {
      this.loss(); // creates the parameters
    });
  }

  /** One step; returns minus the ELBO before it. */
  step(): number {
    return tf.tidy(() => {
      const { value, grads } = tf.variableGrads(this.loss, this.params.variables);
      for (const variable of this.params.variables) this.optimizer.update(variable, grads[variable.name]);
      return value.dataSync()[0];
    });
  }
}

// ---- 8. An example: a mean, in spite of outliers ----------------------------------------------------------

export const measurements = [9.4, 10.6, 10.2, 8.9, 30.2, 11.1, 9.8, 41.0];

/**
 * Each measurement is good (standard deviation 1) or, one time in ten, bad (20). Which ones are bad is never drawn,
 * but summed out.
 */
export function robustMean(): void {
  const mean = sample('mean', normal(0, 20));
  plate(measurements.length, () => {
    const isBad = sample('isBad', categorical([0.9, 0.1]));
    sample('measurement', normal(mean, select(tf.tensor([1, 20]), isBad)), { obs: measurements });
  });
}

export function robustMeanGuide(): void {
  sample('mean', normal(param('loc', 8), param('scale', 0.5, positive)));
}

export function main(): void {
  const svi = new SVI(robustMean, robustMeanGuide, new Adam({ lr: 0.05 }));
  for (let step = 0; step <= 600; step++) {
    const loss = svi.step();
    if (step % 150 === 0) console.log(`step ${step}: loss ${loss.toFixed(1)}`);
  }
  const [loc, scale] = ['loc', 'scale'].map((name) => svi.params.get(name).dataSync()[0].toFixed(2));
  console.log(`mean ${loc}, standard deviation ${scale}`);
}
