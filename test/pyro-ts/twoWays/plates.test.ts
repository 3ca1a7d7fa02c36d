/** Plates in two ways: at once or in turn, in either order, as event dimensions, subsampled, by hand. */
import { take } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import {
  bernoulli,
  normal,
  param,
  plate,
  plateStack,
  RenyiELBO,
  sample,
  scale,
  sequentialPlate,
  subsample,
  TraceELBO,
  TraceMeanFieldELBO,
} from 'pyro-ts';
import { describe } from 'vitest';
import { pair } from './pair.js';

const x = [0.3, -1.2, 2];
const noise = [0.5, -0.4, 1.1];
const each = (values: readonly number[], prefix = 'z') =>
  Object.fromEntries(values.map((v, i) => [`${prefix}${i}`, [v]]));
/** Entry `i` of a parameter. */
const entry = (t: tf.Tensor, i: number) => tf.squeeze(tf.slice(t, [i], [1]));

const local = {
  loc: [0.1, 0.2, 0.3],
  spread: 0.7,
  mean: 0.4,
};
const together = {
  model: () =>
    plate('data', 3, () => {
      const z = sample('z', normal(param('mean'), 1));
      sample('x', normal(z, 0.5), { obs: x });
    }),
  guide: () =>
    plate('data', 3, () => {
      sample('z', normal(param('loc'), param('spread')));
    }),
  noise: { z: noise },
};

describe('a plate', () => {
  const inTurn = {
    model: () =>
      sequentialPlate('data', 3, (i) => {
        const z = sample(`z${i}`, normal(param('mean'), 1));
        sample(`x${i}`, normal(z, 0.5), { obs: x[i] });
      }),
    guide: () =>
      sequentialPlate('data', 3, (i) => {
        sample(`z${i}`, normal(entry(param('loc'), i), param('spread')));
      }),
    noise: each(noise),
  };
  pair('at once and in turn', local, together, inTurn);
  pair('at once and as a loop without one', local, together, {
    model: () => {
      for (let i = 0; i < 3; i++)
        sample(`x${i}`, normal(sample(`z${i}`, normal(param('mean'), 1)), 0.5), { obs: x[i] });
    },
    guide: () => {
      for (let i = 0; i < 3; i++) sample(`z${i}`, normal(entry(param('loc'), i), param('spread')));
    },
    noise: each(noise),
  });
  pair('and an event dimension', local, together, {
    model: () => {
      const z = sample('z', normal(param('mean'), 1).expand([3]).toEvent(1));
      sample('x', normal(z, 0.5).toEvent(1), { obs: x });
    },
    guide: () => sample('z', normal(param('loc'), param('spread')).toEvent(1)),
    noise: { z: noise },
  });
  pair('at a chosen dimension', local, together, {
    model: () =>
      plate('data', 3, { dim: -3 }, () => {
        const z = sample('z', normal(param('mean'), 1));
        sample('x', normal(z, 0.5), { obs: tf.reshape(x, [3, 1, 1]) });
      }),
    guide: () =>
      plate('data', 3, { dim: -3 }, () => {
        sample('z', normal(param('loc').reshape([3, 1, 1]), param('spread')));
      }),
    noise: { z: noise },
  });
  pair('without a size, where distributions have it', local, together, {
    model: () =>
      plate('data', undefined, () => {
        const z = sample('z', normal(param('mean'), 1).expand([3]));
        sample('x', normal(z, 0.5), { obs: x });
      }),
    guide: () =>
      plate('data', undefined, () => {
        sample('z', normal(param('loc'), param('spread')));
      }),
    noise: { z: noise },
  });
  pair('that broadcasts, and distributions expanded by hand', local, together, {
    model: () =>
      plate('data', 3, () => {
        const z = sample('z', normal(param('mean'), 1).expand([3]));
        sample('x', normal(z, tf.fill([3], 0.5)), { obs: x });
      }),
    guide: () =>
      plate('data', 3, () => {
        sample('z', normal(param('loc'), param('spread')).expand([3]));
      }),
    noise: { z: noise },
  });
  pair('opened once and twice', local, together, {
    model: () => {
      const z = plate('data', 3, () => sample('z', normal(param('mean'), 1)));
      plate('data', 3, () => sample('x', normal(z, 0.5), { obs: x }));
    },
    guide: together.guide,
    noise: { z: noise },
  });
});

describe('score functions', () => {
  const draws = [0.9, 0.4, 0.6];
  pair(
    'weigh each element by what it shares with others only, at once and in turn',
    { q: [0.2, 0.5, 0.7], mean: 0.3 },
    {
      model: () => {
        const m = sample('m', normal(0, 1));
        plate('data', 3, () => sample('x', normal(sample('k', bernoulli(0.3)).add(m), 1), { obs: x }));
      },
      guide: () => {
        sample('m', normal(param('mean'), 0.5));
        plate('data', 3, () => sample('k', bernoulli(param('q'))));
      },
      noise: { k: draws, m: [0.7] },
    },
    {
      model: () => {
        const m = sample('m', normal(0, 1));
        sequentialPlate('data', 3, (i) =>
          sample(`x${i}`, normal(sample(`k${i}`, bernoulli(0.3)).add(m), 1), { obs: x[i] }),
        );
      },
      guide: () => {
        sample('m', normal(param('mean'), 0.5));
        sequentialPlate('data', 3, (i) => sample(`k${i}`, bernoulli(entry(param('q'), i))));
      },
      noise: { ...each(draws, 'k'), m: [0.7] },
    },
  );
});

describe('nested plates', () => {
  const data = [
    [1, 2, 3],
    [-1, 0, 0.5],
  ];
  const transposed = [0, 1, 2].map((j) => data.map((row) => row[j]));
  const flat = [0.1, -0.3, 0.7, 1.4, -0.9, 0.2];
  const flipped = [0, 1, 2].flatMap((j) => [flat[j], flat[3 + j]]);
  const parameters = { row: 0.5, cell: 0.2, spread: 0.6 };
  const outer = [0.8, -0.6];
  const atOnce = {
    model: () =>
      plate('rows', 2, { dim: -2 }, () => {
        const r = sample('r', normal(0, 1));
        plate('cells', 3, () => sample('x', normal(sample('z', normal(r, 1)), 0.5), { obs: data }));
      }),
    guide: () =>
      plate('rows', 2, { dim: -2 }, () => {
        sample('r', normal(param('row'), param('spread')));
        plate('cells', 3, () => {
          sample('z', normal(param('cell'), param('spread')));
        });
      }),
    noise: { r: outer, z: flat },
  };
  pair('at once and both in turn', parameters, atOnce, {
    model: () =>
      sequentialPlate('rows', 2, (i) => {
        const r = sample(`r${i}`, normal(0, 1));
        sequentialPlate('cells', 3, (j) =>
          sample(`x${i}${j}`, normal(sample(`z${i}${j}`, normal(r, 1)), 0.5), { obs: data[i][j] }),
        );
      }),
    guide: () =>
      sequentialPlate('rows', 2, (i) => {
        sample(`r${i}`, normal(param('row'), param('spread')));
        sequentialPlate('cells', 3, (j) => sample(`z${i}${j}`, normal(param('cell'), param('spread'))));
      }),
    noise: { ...each(outer, 'r'), ...Object.fromEntries(flat.map((v, k) => [`z${Math.floor(k / 3)}${k % 3}`, [v]])) },
  });
  pair('at once and the outer one in turn', parameters, atOnce, {
    model: () =>
      sequentialPlate('rows', 2, (i) => {
        const r = sample(`r${i}`, normal(0, 1));
        plate('cells', 3, () => sample(`x${i}`, normal(sample(`z${i}`, normal(r, 1)), 0.5), { obs: data[i] }));
      }),
    guide: () =>
      sequentialPlate('rows', 2, (i) => {
        sample(`r${i}`, normal(param('row'), param('spread')));
        plate('cells', 3, () => sample(`z${i}`, normal(param('cell'), param('spread'))));
      }),
    noise: { ...each(outer, 'r'), z0: flat.slice(0, 3), z1: flat.slice(3) },
  });
  pair('at once and the inner one in turn', parameters, atOnce, {
    model: () =>
      plate('rows', 2, () => {
        const r = sample('r', normal(0, 1));
        sequentialPlate('cells', 3, (j) =>
          sample(`x${j}`, normal(sample(`z${j}`, normal(r, 1)), 0.5), { obs: transposed[j] }),
        );
      }),
    guide: () =>
      plate('rows', 2, () => {
        sample('r', normal(param('row'), param('spread')));
        sequentialPlate('cells', 3, (j) => sample(`z${j}`, normal(param('cell'), param('spread'))));
      }),
    noise: { r: outer, ...Object.fromEntries([0, 1, 2].map((j) => [`z${j}`, [flat[j], flat[3 + j]]])) },
  });
  pair('with the dimensions the other way round', parameters, atOnce, {
    model: () =>
      plate('rows', 2, { dim: -1 }, () => {
        const r = sample('r', normal(0, 1));
        plate('cells', 3, { dim: -2 }, () => sample('x', normal(sample('z', normal(r, 1)), 0.5), { obs: transposed }));
      }),
    guide: () =>
      plate('rows', 2, { dim: -1 }, () => {
        sample('r', normal(param('row'), param('spread')));
        plate('cells', 3, { dim: -2 }, () => {
          sample('z', normal(param('cell'), param('spread')));
        });
      }),
    noise: { r: outer, z: flipped },
  });
  const shared = { spread: 0.6, cell: 0.2 };
  pair(
    'and a stack',
    shared,
    {
      model: () =>
        plate('p_0', 2, { dim: -2 }, () =>
          plate('p_1', 3, () => sample('x', normal(sample('z', normal(0, 1)), 0.5), { obs: data })),
        ),
      guide: () =>
        plate('p_0', 2, { dim: -2 }, () => plate('p_1', 3, () => sample('z', normal(param('cell'), param('spread'))))),
      noise: { z: flat },
    },
    {
      model: () => plateStack('p', [2, 3], () => sample('x', normal(sample('z', normal(0, 1)), 0.5), { obs: data })),
      guide: () => plateStack('p', [2, 3], () => sample('z', normal(param('cell'), param('spread')))),
      noise: { z: flat },
    },
  );
});

describe('a subsample', () => {
  const all = [0.3, -1.2, 2, 0.9, -0.1, 1.4];
  const chosen = [4, 1, 2];
  const theta = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6];
  const globally = { loc: 0.3, spread: 0.5 };
  const guide = () => sample('m', normal(param('loc'), param('spread')));
  const withData = (body: (m: tf.Tensor) => unknown) => () => body(sample('m', normal(0, 1)));
  pair(
    'of the full size, and none',
    globally,
    {
      model: withData((m) => plate('data', 6, { subsampleSize: 6 }, () => sample('x', normal(m, 1), { obs: all }))),
      guide,
      noise: { m: [0.4] },
    },
    {
      model: withData((m) => plate('data', 6, () => sample('x', normal(m, 1), { obs: all }))),
      guide,
      noise: { m: [0.4] },
    },
  );
  pair(
    'of given elements, and a small plate scaled by hand',
    globally,
    {
      model: withData((m) =>
        plate('data', 6, { subsample: chosen }, (i) => sample('x', normal(m, 1), { obs: take(tf.tensor1d(all), i) })),
      ),
      guide,
      noise: { m: [0.4] },
    },
    {
      model: withData((m) =>
        scale.with(2, () => plate('small', 3, () => sample('x', normal(m, 1), { obs: chosen.map((i) => all[i]) }))),
      ),
      guide,
      noise: { m: [0.4] },
    },
  );
  pair(
    'of parameters, and rows picked by hand',
    { theta },
    {
      model: () =>
        plate('data', 6, { subsample: chosen }, () =>
          sample('x', normal(param('theta', undefined, { eventDim: 0 }), 1), { obs: subsample(tf.tensor1d(all)) }),
        ),
    },
    {
      model: () =>
        plate('data', 6, { subsample: chosen }, (i) =>
          sample('x', normal(take(param('theta'), i), 1), { obs: chosen.map((c) => all[c]) }),
        ),
    },
  );
});

describe('particles', () => {
  const drawn = [
    [0.5, -0.4, 1.1],
    [0.2, 0.8, -1.3],
  ];
  const programs = { model: together.model, guide: together.guide };
  const options = { numParticles: 2, maxPlateNesting: 1 };
  const ways = (Elbo: new (o: object) => TraceELBO | TraceMeanFieldELBO | RenyiELBO) => [
    { ...programs, elbo: new Elbo({ ...options, vectorizeParticles: true }), noise: { z: drawn.flat() } },
    { ...programs, elbo: new Elbo(options), noise: { z: drawn } },
  ];
  for (const Elbo of [TraceELBO, TraceMeanFieldELBO, RenyiELBO]) {
    const [atOnce, inTurn] = ways(Elbo as never);
    pair(`of ${Elbo.name}, at once and in turn`, local, atOnce, inTurn);
  }
  pair(
    'and a plate of copies whose loss is divided by their number',
    local,
    { ...programs, elbo: new TraceELBO({ ...options, vectorizeParticles: true }), noise: { z: drawn.flat() } },
    {
      model: () => scale.with(0.5, () => plate('copies', 2, { dim: -2 }, together.model)),
      guide: () => scale.with(0.5, () => plate('copies', 2, { dim: -2 }, together.guide)),
      noise: { z: drawn.flat() },
    },
  );
});
