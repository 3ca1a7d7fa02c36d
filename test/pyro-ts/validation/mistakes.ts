/** Sixty-odd mistakes in programs: wrong shapes, ranks, types, gradients, freed tensors, arguments. Each is a body that must end in an error of ours that says these words. */
import * as tf from '@tensorflow/tfjs';
import * as pyro from 'pyro-ts';
import {
  Adam,
  normal,
  param,
  plate,
  RandomStream,
  SVI,
  sample,
  TraceELBO,
  TraceEnumELBO,
  TraceMeanFieldELBO,
} from 'pyro-ts';

export type Mistake = readonly [what: string, body: () => unknown, words: RegExp];

const nothing = () => {};
const step = (model: () => unknown, guide: () => unknown = nothing, elbo: pyro.ELBO = new TraceELBO()) =>
  new SVI(model, guide, new Adam({ lr: 0.01 }), elbo).step();
const enumerated = { infer: { enumerate: 'parallel' } } as const;
const wrong = <T>(x: unknown) => x as T;
/** A latent and an observation whose location is `f` of it, trained for a step. */
const through = (f: (z: tf.Tensor) => tf.Tensor) => () => {
  const draw = () => sample('z', normal(param('m', [1, 2, 3]), 1).toEvent(1));
  return step(() => {
    const z = sample('z', normal([0, 0, 0], 1).toEvent(1));
    sample('x', normal(f(z).sum(), 1), { obs: 1 });
  }, draw);
};
const freed = () => {
  const x = tf.tensor1d([1, 2, 3]);
  x.dispose();
  return x;
};

const shapes: readonly Mistake[] = [
  [
    'operands that do not broadcast',
    through((z) => z.add(tf.zeros([2]))),
    /after site "z".*operation add.*broadcast.*expandDims/s,
  ],
  [
    'a product of matrices that do not fit',
    through((z) => tf.matMul(z.reshape([1, 3]), tf.ones([2, 2]))),
    /after site "z".*matMul.*inner.*transpose/s,
  ],
  ['a reshape to another size', through((z) => z.reshape([2, 2])), /after site "z".*reshape.*as many entries/s],
  ['a transpose of the wrong rank', through((z) => tf.transpose(z, [1, 0])), /after site "z".*transpose/s],
  ['a sum over an axis that does not exist', through((z) => z.sum(2)), /after site "z".*axis/s],
  ['a concatenation of different ranks', through((z) => tf.concat([z, tf.ones([1, 3])])), /after site "z".*concat/s],
  ['a stack of different shapes', through((z) => tf.stack([z, tf.ones([2])])), /after site "z".*stack/s],
  ['a slice beyond the end', through((z) => z.slice([2], [4])), /after site "z".*slice/s],
  ['a split that does not come out even', through((z) => tf.split(z, 2)[0]), /after site "z".*split/s],
  [
    'a squeeze of a dimension that is not 1',
    through((z) => z.squeeze([0])),
    /after site "z".*squeeze|after site "z".*dimension/s,
  ],
  ['a tile of the wrong rank', through((z) => z.tile([2, 2])), /after site "z".*tile/s],
  [
    'a pad of the wrong rank',
    through((z) =>
      z.pad([
        [1, 1],
        [0, 0],
      ]),
    ),
    /after site "z".*2 paddings for a tensor of shape \[3\]/s,
  ],
  [
    'a product of a vector with a matrix by matMul',
    through((z) => tf.matMul(z, tf.ones([3, 3]))),
    /after site "z".*matMul/s,
  ],
  ['softmax off the last axis', through((z) => tf.softmax(z.reshape([3, 1]), 0)), /softmax\(x, axis\) of pyro-ts/],
  [
    'logSoftmax off the last axis',
    through((z) => tf.logSoftmax(z.reshape([3, 1]), 0)),
    /tf\.logSumExp\(x, axis, true\)/,
  ],
  [
    'a convolution of a vector',
    through((z) => tf.conv2d(wrong(z), tf.ones([1, 1, 1, 1]), 1, 'same')),
    /after site "z".*conv2d/s,
  ],
  ['an einsum that does not fit', through((z) => tf.einsum('ij->i', z)), /einsum/],
  [
    'parameters that do not broadcast',
    () => step(() => sample('x', normal([0, 0], [1, 1, 1]), { obs: 0 })),
    /loc \[2\], scale \[3\]/,
  ],
  [
    'an observation of another size than its plate',
    () => step(() => plate('data', 3, () => sample('x', normal(0, 1), { obs: [1, 2] }))),
    /site "x".*plate "data" has 3 elements/s,
  ],
  [
    'a batch without a plate',
    () => step(() => sample('x', normal([0, 0, 0], 1), { obs: [1, 2, 3] })),
    /site "x".*enclose the site in a plate of size 3/s,
  ],
  [
    'a value of another event shape',
    () => step(() => sample('x', normal([0, 0], 1).toEvent(1), { obs: [1, 2, 3] })),
    /site "x"/,
  ],
  [
    'toEvent of too many dimensions',
    () => step(() => sample('x', normal([0, 0], 1).toEvent(2), { obs: [1, 2] })),
    /there are only 1/,
  ],
  ['expand of a size that is not 1', () => normal([0, 0], 1).expand([3]), /only dimensions of size 1 grow/],
  [
    'a mask of another shape',
    () => normal([0, 0], 1).mask(tf.tensor1d([true, false, true], 'bool')),
    /mask of shape \[3\]/,
  ],
  ['a probability vector that is a number', () => pyro.categorical(0.5), /last dimension that holds the classes/],
  ['a covariance that is no square', () => pyro.multivariateNormal([0, 0], { covariance: [[1, 0]] }), /./],
  [
    'two plates at one dimension',
    () =>
      step(() => plate('a', 2, () => plate('b', 3, { dim: -1 }, () => sample('x', normal(0, 1), { obs: [1, 2, 3] })))),
    /plate/,
  ],
  [
    'values of a site as indices of gather',
    () => step(() => normal(tf.gather(tf.tensor1d([1, 2]), sample('z', pyro.categorical([0.5, 0.5]))), 1)),
    /gather.*take\(x, z\)/s,
  ],
  [
    'brackets around an index',
    () => step(() => normal(wrong<Record<string, number>>(tf.tensor1d([1, 2]))[0], 1)),
    /x\[z\] is take\(x, z\)/,
  ],
  ['an index that is out of range', through((z) => pyro.take(z, tf.tensor1d([3], 'int32'))), /no entry 3/],
  ['an index that is no whole number', through((z) => pyro.take(z, tf.tensor1d([0.5]))), /no entry 0.5/],
  [
    'a place that is out of range',
    through((z) => tf.gatherND(z, tf.tensor2d([[7]], [1, 1], 'int32'))),
    /no entry 7 in a dimension of size 3/,
  ],
  [
    'an index of gather that is out of range',
    through((z) => tf.gather(z, tf.tensor1d([7], 'int32'))),
    /gather.*7|index/is,
  ],
  ['too many indices', through((z) => pyro.vindex(z, [0, 0])), /too many for a tensor of shape \[3\]/],
];

const types: readonly Mistake[] = [
  ['a condition that is no bool', through((z) => tf.where(wrong(z), z, z)), /after site "z".*where.*(bool|Cast)/s],
  ['a string in a tensor', through((z) => z.add(wrong(tf.tensor1d(['a', 'b', 'c'])))), /after site "z".*add/s],
  [
    'gather by numbers that are no integers',
    through((z) => tf.gather(z, wrong(tf.tensor1d([0.5])))),
    /after site "z".*gather|int32/s,
  ],
  ['oneHot of float indices', through((z) => tf.oneHot(wrong(z), 3)), /after site "z".*oneHot|int32/s],
  [
    'logicalAnd of numbers',
    through((z) => wrong<tf.Tensor>(tf.logicalAnd(wrong(z), wrong(z)))),
    /after site "z".*logicalAnd.*Cast/s,
  ],
  ['undefined as an operand', through((z) => z.add(wrong(undefined))), /after site "z".*add.*undefined/s],
  ['null as an operand', through((z) => tf.mul(z, wrong(null))), /after site "z".*mul/s],
  ['an object as an operand', through((z) => tf.mul(z, wrong({ x: 1 }))), /after site "z".*mul/s],
  ['a number for a tensor', through(() => tf.matMul(wrong(3), wrong(4))), /after site "z".*matMul/s],
  ['undefined as a parameter of a distribution', () => normal(wrong(undefined), 1), /Expected a number/],
  ['a string as a parameter of a distribution', () => normal(wrong('0'), 1), /Expected a number/],
  [
    'a promise as data',
    () => step(() => sample('x', normal(0, 1), { obs: wrong(Promise.resolve(1)) })),
    /Expected a number/,
  ],
  ['a value that is no tensor in logProb', () => normal(0, 1).logProb(wrong('1')), /Expected a number/],
  [
    'a vector for a matrix in logProb',
    () => pyro.dirichlet([1, 1, 1]).logProb([0.5, 0.5]),
    /value of shape \[2\] does not fit/,
  ],
];

const gradients: readonly Mistake[] = [
  [
    'a gradient that does not exist',
    through((z) => tf.real(tf.spectral.fft(tf.complex(z, z)))),
    /[Gg]radient|not registered/,
  ],
  [
    'non-maximum suppression inside the loss',
    through((z) => tf.image.nonMaxSuppression(z.concat([z.slice(0, 1)]).reshape([1, 4]), tf.ones([1]), 1)),
    /gradient|nonMaxSuppression/i,
  ],
];

const lifetimes: readonly Mistake[] = [
  [
    'a freed observation',
    () => step(() => plate('data', 3, () => sample('x', normal(param('m', 0), 1), { obs: freed() }))),
    /disposed of/,
  ],
  ['a freed operand', through((z) => z.add(freed())), /disposed of/],
  ['a freed parameter of a distribution', () => normal(freed(), 1), /disposed of/],
  ['a freed value in logProb', () => normal(0, 1).logProb(freed()), /disposed of/],
  ['a freed index', through((z) => pyro.take(z, freed())), /disposed/],
  ['a freed table', through(() => pyro.vindex(freed(), [0])), /disposed/],
];

const args: readonly Mistake[] = [
  ['an observation by position', () => step(() => sample('x', normal(0, 1), wrong([1]))), /\{ obs: value \}/],
  ['no distribution', () => step(() => sample('x', wrong(3))), /must be a Distribution/],
  ['no name', () => step(() => sample(wrong(normal(0, 1)), wrong('x'))), /the first argument is the name/],
  [
    'a name twice',
    () => step(() => [sample('x', normal(0, 1), { obs: 1 }), sample('x', normal(0, 1), { obs: 1 })]),
    /two sample sites called "x"/,
  ],
  [
    'an option that does not exist',
    () => step(() => sample('x', normal(0, 1), wrong({ observed: 1 }))),
    /no option "observed"/,
  ],
  [
    'a constraint that is none',
    () => step(() => param('m', 1, { constraint: wrong('positive') })),
    /e\.g\. constraints\.positive/,
  ],
  ['a parameter without a value', () => step(() => param('m')), /m/],
  ['a plate of a negative size', () => step(() => plate('data', -1, nothing)), /plate|size/],
  ['a site of the guide that the model lacks', () => step(nothing, () => sample('z', normal(0, 1))), /z/],
  ['param outside of a run', () => param('m', 0), /param|store/i],
  [
    'an observation outside the support',
    () => step(() => sample('x', pyro.bernoulli(0.5), { obs: 2 })),
    /outside the support/,
  ],
  ['a scale that is negative', () => step(() => sample('x', normal(0, -1), { obs: 2 })), /scale/],
  [
    'enumeration of what is continuous',
    () => step(() => sample('z', normal(0, 1), enumerated), nothing, new TraceEnumELBO()),
    /enumerat/i,
  ],
  ['an optimiser option that does not exist', () => new Adam(wrong({ learningRate: 1 })), /no option "learningRate"/],
  [
    'an optimiser that is none',
    () => new SVI(nothing, nothing, wrong<Adam>({ lr: 1 }), new TraceELBO()).step(),
    /must be an optimiser/,
  ],
  ['a loss that is none', () => new SVI(nothing, nothing, new Adam(), wrong('elbo')).step(), /must be a loss/],
  [
    'draws without a stream',
    () => wrong<{ sample(): void }>(normal(0, 1)).sample(),
    /Normal\.sample: the first argument is a stream.*RandomStream.*undefined/s,
  ],
  [
    'draws of vectors from a seed in place of a stream',
    () => normal([0, 1], 1).toEvent(1).rsample(wrong(3)),
    /rsample: the first argument is a stream.*it is 3/s,
  ],
  ['a seed that is none', () => new RandomStream(wrong({})), /must be a number or a string/],
  [
    'a model that is no function',
    () => new SVI<[]>(wrong(3), nothing, new Adam(), new TraceELBO()).step(),
    /model must be a function/,
  ],
  [
    'an autoguide in place of its program',
    () => new SVI<[]>(nothing, wrong(new pyro.AutoNormal(nothing)), new Adam(), new TraceELBO()),
    /auto\.guide/,
  ],
  [
    'a mean-field bound of other sites',
    () =>
      step(
        () => sample('z', normal(0, 1)),
        () => sample('y', normal(0, 1)),
        new TraceMeanFieldELBO(),
      ),
    /./,
  ],
];

export const mistakes: readonly Mistake[] = [...shapes, ...types, ...gradients, ...lifetimes, ...args];
