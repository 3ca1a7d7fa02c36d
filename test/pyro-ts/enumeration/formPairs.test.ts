/** Models with enumerated variables written in other words: masks, chains, forms of values, sums by hand, scales. */
import * as tf from '@tensorflow/tfjs';
import {
  bernoulli,
  categorical,
  factor,
  markov,
  mask,
  normal,
  oneHotCategorical,
  param,
  plate,
  sample,
  scale,
  sequentialPlate,
} from 'pyro-ts';
import { at, parallel } from './helpers.js';
import { data, logits, pair, x } from './pairs.js';

pair(
  'a mask over the observations of a variable',
  () =>
    plate('n', 3, () => {
      const b = sample('b', logits('w_b0'), parallel);
      mask.with(tf.tensor1d([true, false, true], 'bool'), () =>
        sample('x', normal(at(param('locs'), b), 1), { obs: x() }),
      );
    }),
  () =>
    sequentialPlate('n', 3, (i) => {
      const b = sample(`b${i}`, logits('w_b0'), parallel);
      if (i !== 1) sample(`x${i}`, normal(at(param('locs'), b), 1), { obs: data[i] });
    }),
);

pair(
  'a mask over variables and observations alike drops them',
  () =>
    plate('n', 3, () =>
      mask.with(tf.tensor1d([true, false, true], 'bool'), () => {
        const b = sample('b', logits('w_b0'), parallel);
        sample('x', normal(at(param('locs'), b), 1), { obs: x() });
      }),
    ),
  () =>
    sequentialPlate('n', 3, (i) => {
      if (i === 1) return;
      const b = sample(`b${i}`, logits('w_b0'), parallel);
      sample(`x${i}`, normal(at(param('locs'), b), 1), { obs: data[i] });
    }),
);

pair(
  'a masked distribution counts each value with weight 1, as in Pyro',
  () =>
    plate('n', 3, () => {
      const keep = tf.tensor1d([true, false, true], 'bool');
      const b = sample('b', logits('w_b0').mask(keep), parallel);
      sample('x', normal(at(param('locs'), b), 1).mask(keep), { obs: x() });
    }),
  () =>
    sequentialPlate('n', 3, (i) => {
      if (i === 1) return void factor('three values', Math.log(3));
      const b = sample(`b${i}`, logits('w_b0'), parallel);
      sample(`x${i}`, normal(at(param('locs'), b), 1), { obs: data[i] });
    }),
);

pair(
  'markov and none',
  () => {
    let b: tf.Tensor = tf.scalar(0);
    markov(3, (t) => {
      b = sample(`b${t}`, categorical({ logits: at(param('table'), tf.minimum(b, 1)) }), parallel);
      sample(`x${t}`, normal(at(param('locs'), b), 1), { obs: data[t] });
    });
  },
  () => {
    let b: tf.Tensor = tf.scalar(0);
    for (let t = 0; t < 3; t++) {
      b = sample(`b${t}`, categorical({ logits: at(param('table'), tf.minimum(b, 1)) }), parallel);
      sample(`x${t}`, normal(at(param('locs'), b), 1), { obs: data[t] });
    }
  },
  [0, 0],
);

pair(
  'markov of history 2 and none',
  () => {
    let [before, last]: tf.Tensor[] = [tf.scalar(0), tf.scalar(0)];
    markov(4, { history: 2 }, (t) => {
      const next = sample(`a${t}`, bernoulli({ logits: at(param('table'), before, last) }), parallel);
      sample(`x${t}`, normal(at(param('deviations'), next), 1), { obs: data[t % 3] });
      [before, last] = [last, next];
    });
  },
  () => {
    let [before, last]: tf.Tensor[] = [tf.scalar(0), tf.scalar(0)];
    for (let t = 0; t < 4; t++) {
      const next = sample(`a${t}`, bernoulli({ logits: at(param('table'), before, last) }), parallel);
      sample(`x${t}`, normal(at(param('deviations'), next), 1), { obs: data[t % 3] });
      [before, last] = [last, next];
    }
  },
  [0, 0],
);

pair(
  'a chain inside a plate, over a variable outside',
  () => {
    const a = sample('a', logits('w_a'), parallel);
    plate('n', 3, () => {
      let c: tf.Tensor = a;
      markov(3, (t) => {
        c = sample(`c${t}`, categorical({ logits: at(param('w_c'), c) }), parallel);
        sample(`x${t}`, normal(at(param('deviations'), c), 1), { obs: x() });
      });
    });
  },
  () => {
    const a = sample('a', logits('w_a'), parallel);
    sequentialPlate('n', 3, (i) => {
      let c: tf.Tensor = a;
      markov(3, (t) => {
        c = sample(`c${t}_${i}`, categorical({ logits: at(param('w_c'), c) }), parallel);
        sample(`x${t}_${i}`, normal(at(param('deviations'), c), 1), { obs: data[i] });
      });
    });
  },
);

pair(
  'values expanded and thin',
  () =>
    plate('n', 3, () => {
      const b = sample('b', logits('w_b0'), { infer: { enumerate: 'parallel', expand: true } });
      sample('x', normal(at(param('locs'), b), 1), { obs: x() });
    }),
  () =>
    plate('n', 3, () => {
      const b = sample('b', logits('w_b0'), parallel);
      sample('x', normal(at(param('locs'), b), 1), { obs: x() });
    }),
  [1, 1],
);

pair(
  'one-hot and index',
  () =>
    plate('n', 3, () => {
      const b = sample('b', oneHotCategorical({ logits: param('w_b0') }), parallel);
      sample('x', normal(b.mul(param('locs')).sum(-1), 1), { obs: x() });
    }),
  () =>
    plate('n', 3, () => {
      const b = sample('b', logits('w_b0'), parallel);
      sample('x', normal(at(param('locs'), b), 1), { obs: x() });
    }),
  [1, 1],
);

pair(
  'a Bernoulli and a categorical of two',
  () =>
    plate('n', 3, () => {
      const a = sample('a', bernoulli({ logits: at(param('w_a'), 1).sub(at(param('w_a'), 0)) }), parallel);
      sample('x', normal(at(param('deviations'), a), 1), { obs: x() });
    }),
  () =>
    plate('n', 3, () => {
      const a = sample('a', logits('w_a'), parallel);
      sample('x', normal(at(param('deviations'), a), 1), { obs: x() });
    }),
  [1, 1],
);

pair(
  'a mixture and its sum by hand',
  () =>
    plate('n', 3, () => {
      const b = sample('b', logits('w_b0'), parallel);
      sample('x', normal(at(param('locs'), b), 1), { obs: x() });
    }),
  () => {
    const each = normal(param('locs'), 1)
      .logProb(tf.reshape(x(), [3, 1]))
      .add(tf.logSoftmax(param('w_b0')));
    factor('x', tf.logSumExp(each, 1).sum());
  },
  [1, 0],
);

pair(
  'a variable with one value counts for nothing',
  () =>
    plate('n', 3, () => {
      sample('k', categorical([1]), parallel);
      const b = sample('b', logits('w_b0'), parallel);
      sample('x', normal(at(param('locs'), b), 1), { obs: x() });
    }),
  () =>
    plate('n', 3, () => {
      const b = sample('b', logits('w_b0'), parallel);
      sample('x', normal(at(param('locs'), b), 1), { obs: x() });
    }),
  [1, 1],
);

pair(
  'plates of one element',
  () => {
    const a = sample('a', logits('w_a'), parallel);
    plate('i', 1, { dim: -2 }, () => {
      const b = sample('b', logits('w_b', a), parallel);
      plate('j', 1, { dim: -1 }, () => sample('y', normal(at(param('table'), a, b), 1), { obs: [[0.4]] }));
    });
  },
  () => {
    const a = sample('a', logits('w_a'), parallel);
    const b = sample('b', logits('w_b', a), parallel);
    sample('y', normal(at(param('table'), a, b), 1), { obs: 0.4 });
  },
  [2, 0],
);

pair(
  'unrelated plates of different scales',
  () => {
    scale.with(2, () =>
      plate('n', 3, () => {
        const b = sample('b', logits('w_b0'), parallel);
        sample('x', normal(at(param('locs'), b), 1), { obs: x() });
      }),
    );
    scale.with(0.5, () =>
      plate('m', 2, () => {
        const a = sample('a', logits('w_a'), parallel);
        sample('z', normal(at(param('deviations'), a), 1), { obs: tf.tensor1d([0.2, 0.9]) });
      }),
    );
  },
  () => {
    const sumOf = (weights: tf.Tensor, means: tf.Tensor, values: number[]): tf.Tensor => {
      const each = normal(means, 1)
        .logProb(tf.tensor(values, [values.length, 1]))
        .add(tf.logSoftmax(weights));
      return tf.logSumExp(each, 1).sum();
    };
    factor('n', sumOf(param('w_b0'), param('locs'), data).mul(2));
    factor('m', sumOf(param('w_a'), param('deviations'), [0.2, 0.9]).mul(0.5));
  },
);

pair(
  'a subsampled plate of variables',
  () =>
    plate('n', 6, { subsample: [1, 3] }, () => {
      const b = sample('b', logits('w_b0'), parallel);
      sample('x', normal(at(param('locs'), b), 1), { obs: [0.4, -1.2] });
    }),
  () =>
    scale.with(3, () =>
      plate('n', 2, () => {
        const b = sample('b', logits('w_b0'), parallel);
        sample('x', normal(at(param('locs'), b), 1), { obs: [0.4, -1.2] });
      }),
    ),
  [1, 1],
);

pair(
  'a partly observed variable',
  () =>
    plate('n', 3, () => {
      const b = sample('b', logits('w_b0'), {
        obs: tf.tensor1d([0, 2, 0]),
        obsMask: tf.tensor1d([false, true, false], 'bool'),
        ...parallel,
      });
      sample('x', normal(at(param('locs'), b), 1), { obs: x() });
    }),
  () =>
    sequentialPlate('n', 3, (i) => {
      const b = sample(`b${i}`, logits('w_b0'), i === 1 ? { obs: 2 } : parallel);
      sample(`x${i}`, normal(at(param('locs'), b), 1), { obs: data[i] });
    }),
);
