/** Models with enumerated variables written with vectorised and with sequential plates. */
import * as tf from '@tensorflow/tfjs';
import { normal, param, plate, sample, sequentialPlate } from 'pyro-ts';
import { at, parallel } from './helpers.js';
import { data, logits, pair, x } from './pairs.js';

pair(
  'a variable outside, observations inside',
  () => {
    const a = sample('a', logits('w_a'), parallel);
    plate('n', 3, () => sample('x', normal(at(param('locs'), a), 1), { obs: x() }));
  },
  () => {
    const a = sample('a', logits('w_a'), parallel);
    sequentialPlate('n', 3, (i) => sample(`x${i}`, normal(at(param('locs'), a), 1), { obs: data[i] }));
  },
);

pair(
  'variables inside',
  () =>
    plate('n', 3, () => {
      const b = sample('b', logits('w_b0'), parallel);
      sample('x', normal(at(param('locs'), b), 1), { obs: x() });
    }),
  () =>
    sequentialPlate('n', 3, (i) => {
      const b = sample(`b${i}`, logits('w_b0'), parallel);
      sample(`x${i}`, normal(at(param('locs'), b), 1), { obs: data[i] });
    }),
);

pair(
  'a variable outside and variables inside that depend on it',
  () => {
    const a = sample('a', logits('w_a'), parallel);
    plate('n', 3, () => {
      const b = sample('b', logits('w_b', a), parallel);
      sample('x', normal(at(param('locs'), b), at(param('deviations'), a)), { obs: x() });
    });
  },
  () => {
    const a = sample('a', logits('w_a'), parallel);
    sequentialPlate('n', 3, (i) => {
      const b = sample(`b${i}`, logits('w_b', a), parallel);
      sample(`x${i}`, normal(at(param('locs'), b), at(param('deviations'), a)), { obs: data[i] });
    });
  },
);

pair(
  'observations outside and inside',
  () => {
    const a = sample('a', logits('w_a'), parallel);
    sample('outer', normal(0, at(param('deviations'), a)), { obs: 1.1 });
    plate('n', 3, () => {
      const b = sample('b', logits('w_b0'), parallel);
      sample('x', normal(at(param('locs'), b), at(param('deviations'), a)), { obs: x() });
    });
  },
  () => {
    const a = sample('a', logits('w_a'), parallel);
    sample('outer', normal(0, at(param('deviations'), a)), { obs: 1.1 });
    sequentialPlate('n', 3, (i) => {
      const b = sample(`b${i}`, logits('w_b0'), parallel);
      sample(`x${i}`, normal(at(param('locs'), b), at(param('deviations'), a)), { obs: data[i] });
    });
  },
);

pair(
  'two plates beside each other under one variable',
  () => {
    const a = sample('a', logits('w_a'), parallel);
    plate('n', 3, () => {
      const b = sample('b', logits('w_b', a), parallel);
      sample('x', normal(at(param('locs'), b), 1), { obs: x() });
    });
    plate('m', 2, () => sample('y', normal(at(param('deviations'), a), 1), { obs: tf.tensor1d([0.2, 0.9]) }));
  },
  () => {
    const a = sample('a', logits('w_a'), parallel);
    sequentialPlate('n', 3, (i) => {
      const b = sample(`b${i}`, logits('w_b', a), parallel);
      sample(`x${i}`, normal(at(param('locs'), b), 1), { obs: data[i] });
    });
    sequentialPlate('m', 2, (i) => sample(`y${i}`, normal(at(param('deviations'), a), 1), { obs: [0.2, 0.9][i] }));
  },
);

const grid = [
  [0.4, -1.2, 2.1],
  [-0.3, 0.6, 1.4],
];
const y = (): tf.Tensor => tf.tensor2d(grid);

pair(
  'nested plates, a variable at each level',
  () => {
    const a = sample('a', logits('w_a'), parallel);
    plate('i', 2, { dim: -2 }, () => {
      const b = sample('b', logits('w_b', a), parallel);
      plate('j', 3, { dim: -1 }, () => sample('y', normal(at(param('table'), a, b), 1), { obs: y() }));
    });
  },
  () => {
    const a = sample('a', logits('w_a'), parallel);
    sequentialPlate('i', 2, (i) => {
      const b = sample(`b${i}`, logits('w_b', a), parallel);
      sequentialPlate(`j${i}`, 3, (j) => sample(`y${i}${j}`, normal(at(param('table'), a, b), 1), { obs: grid[i][j] }));
    });
  },
  [2, 0],
);

pair(
  'nested plates, the outer one vectorised in both',
  () =>
    plate('i', 2, { dim: -2 }, () => {
      const a = sample('a', logits('w_a'), parallel);
      plate('j', 3, { dim: -1 }, () => {
        const b = sample('b', logits('w_b', a), parallel);
        sample('y', normal(at(param('table'), a, b), 1), { obs: y() });
      });
    }),
  () =>
    plate('i', 2, { dim: -1 }, () => {
      const a = sample('a', logits('w_a'), parallel);
      sequentialPlate('j', 3, (j) => {
        const b = sample(`b${j}`, logits('w_b', a), parallel);
        sample(`y${j}`, normal(at(param('table'), a, b), 1), { obs: tf.tensor1d(grid.map((row) => row[j])) });
      });
    }),
  [2, 1],
);

pair(
  'crossing plates, a variable in one of them',
  () => {
    const b = plate('i', 2, { dim: -2 }, () => sample('b', logits('w_b0'), parallel));
    plate('i', 2, { dim: -2 }, () =>
      plate('j', 3, { dim: -1 }, () => sample('y', normal(at(param('locs'), b), 1), { obs: y() })),
    );
  },
  () =>
    sequentialPlate('i', 2, (i) => {
      const b = sample(`b${i}`, logits('w_b0'), parallel);
      sequentialPlate(`j${i}`, 3, (j) => sample(`y${i}${j}`, normal(at(param('locs'), b), 1), { obs: grid[i][j] }));
    }),
  [2, 0],
);
