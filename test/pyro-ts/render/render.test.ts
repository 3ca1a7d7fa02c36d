/** renderModel: nodes, shading, plates, and edges that follow how distributions were computed. */
import { greater, stopGradient, take } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import {
  bernoulli,
  categorical,
  deterministic,
  dirichlet,
  factor,
  mixtureSameFamily,
  normal,
  ParamStore,
  param,
  plate,
  renderModel,
  renderModelSvg,
  sample,
  scope,
  sequentialPlate,
} from 'pyro-ts';
import { AffineTransform, TransformedDistribution } from 'pyro-ts/distributions';
import { describe, expect, it } from 'vitest';
import { dotToSvg } from '../../../packages/pyro-ts/dist/render/svg.js';

/** The edges of a program, "from -> to". */
const edgesOf = (program: () => unknown, options = {}) =>
  [...renderModel(program, [], options).matchAll(/"(.+)" -> "(.+)";/g)].map(([, a, b]) => `${a} -> ${b}`).sort();

describe('renderModel', () => {
  const mixture = (x: tf.Tensor) => {
    const weights = sample('weights', dirichlet(tf.ones([3])));
    const means = plate('components', 3, () => sample('means', normal(0, 10)));
    plate('data', 100, { subsampleSize: 5 }, (i) => {
      const z = sample('z', categorical(weights));
      const mean = deterministic('mean', take(means, z.flatten().toInt() as tf.Tensor1D), 0);
      sample('x', normal(mean, 1), { obs: take(x, i) });
    });
  };
  it('draws sites in their plates, shaded by what they are', () => {
    expect(renderModel(mixture, [tf.zeros([100])])).toBe(`digraph {
  "weights" [label="weights", shape=ellipse, style=filled, fillcolor=white];
  subgraph cluster_0 {
    label="components: 3"; labeljust=r; labelloc=b;
    "means" [label="means", shape=ellipse, style=filled, fillcolor=white];
  }
  subgraph cluster_1 {
    label="data: 5 of 100"; labeljust=r; labelloc=b;
    "z" [label="z", shape=ellipse, style=filled, fillcolor=white];
    "mean" [label="mean", shape=ellipse, style=dashed];
    "x" [label="x", shape=ellipse, style=filled, fillcolor=lightgrey];
  }
  "weights" -> "z";
  "z" -> "mean";
  "means" -> "mean";
  "mean" -> "x";
}
`);
  });
  it('nests plates, and repeats the box of one that overlaps', () => {
    const program = () => {
      plate('rows', 2, { dim: -2 }, () => {
        sample('r', normal(0, 1));
        plate('cells', 3, () => sample('c', normal(0, 1)));
      });
      plate('cells', 3, () => sample('alone', normal(0, 1)));
      sequentialPlate('turns', 2, (i) => sample(`t${i}`, normal(0, 1)));
    };
    const boxes = renderModel(program, []).match(/label="\w+: \d+"|^ *"\w+" \[|\}/gm);
    expect(boxes?.map((s) => s.trim())).toEqual([
      'label="rows: 2"',
      '"r" [',
      'label="cells: 3"',
      '"c" [',
      '}',
      '}',
      'label="cells: 3"',
      '"alone" [',
      '}',
      'label="turns: 2"',
      '"t0" [',
      '"t1" [',
      '}',
      '}',
    ]);
  });
  it('shows parameters and distributions when asked', () => {
    const program = () => {
      const scale = param('scale', 2);
      sample('z', normal(0, scale).expand([2]).toEvent(1));
      param('scale');
    };
    const dot = renderModel(program, [], { showParams: true, showDistributions: true, params: new ParamStore() });
    expect(dot).toContain('"scale" [label="scale", shape=plain];');
    expect(dot).toContain('"z" [label="z\\n~ Normal.toEvent(1)", ');
    expect(dot.match(/"scale" -> "z"/g)?.length).toBe(1);
    expect(renderModel(program, [])).not.toContain('scale');
  });
  it('quotes names', () => {
    const program = scope(() => sample('a "b"\\', normal(0, 1)), 'part');
    expect(renderModel(program, [])).toContain('"part/a \\"b\\"\\\\" [');
  });
  it('rejects unknown options', () => {
    expect(() => renderModel(() => 0, [], { params_: 1 } as never)).toThrow('Did you mean "params"?');
  });
});

describe('edges', () => {
  it('pass through stopGradient and comparisons', () => {
    const program = () => {
      const a = sample('a', normal(0, 1));
      const b = sample('b', normal(stopGradient(a), 1));
      sample('c', normal(tf.cast(greater(b, 0), 'float32'), 1));
    };
    expect(edgesOf(program)).toEqual(['a -> b', 'b -> c']);
  });
  it('stop at the first site on the way', () => {
    const chain = () => {
      const a = sample('a', normal(0, 1));
      const b = deterministic('b', a.mul(2));
      const c = sample('c', normal(b, 1));
      sample('d', normal(c, tf.exp(a)));
    };
    expect(edgesOf(chain)).toEqual(['a -> b', 'a -> d', 'b -> c', 'c -> d']);
  });
  it('go through comparisons, host-made distributions and indexing, which have no gradient', () => {
    const program = () => {
      const a = sample('a', normal(0, 1));
      const b = sample('b', bernoulli(tf.cast(tf.greater(a, 0), 'float32').mul(0.5)));
      sample('c', normal(take(tf.tensor1d([1, 2]), b.reshape([1]).toInt() as tf.Tensor1D).squeeze(), 1));
    };
    expect(edgesOf(program)).toEqual(['a -> b', 'b -> c']);
  });
  it('come from every part of a distribution: mixtures, transforms, masks, factors', () => {
    const program = () => {
      const w = sample('w', dirichlet([1, 1]));
      const m = sample('m', normal(0, 1).expand([2]).toEvent(1));
      const s = sample('s', normal(0, 1));
      sample('mix', mixtureSameFamily(categorical(w), normal(m, 1)));
      sample('moved', new TransformedDistribution(normal(0, 1), [new AffineTransform(s, 1)]).mask(true));
      factor('bonus', s.square());
    };
    expect(edgesOf(program)).toEqual(['m -> mix', 's -> bonus', 's -> moved', 'w -> mix']);
  });
  it('come from what the program got, not from data that are used twice', () => {
    const x = tf.tensor1d([1, 2, 3]);
    const program = () =>
      plate('data', 3, () => {
        sample('covariate', normal(0, 1), { obs: x });
        sample('y', normal(x, 1), { obs: x });
        sample('z', normal(sample('again', normal(0, 1), { obs: x }), 1));
      });
    expect(edgesOf(program)).toEqual(['again -> z']);
  });
  it('leave no tensor behind', () => {
    const params = new ParamStore();
    const program = () => sample('z', normal(param('m', 0), 1));
    renderModel(program, [], { params });
    const before = tf.memory().numTensors;
    renderModel(program, [], { params });
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('renderModelSvg', () => {
  it('lays the graph out', async () => {
    const svg = await renderModelSvg(() => sample('x', normal(sample('z', normal(0, 1)), 1), { obs: 1 }), []);
    expect(svg).toMatch(/<svg[\s\S]*<title>z&#45;&gt;x<\/title>[\s\S]*<\/svg>/);
  });
  it('says which package is missing', async () => {
    await expect(dotToSvg('digraph {}', () => Promise.reject(new Error('no such package')))).rejects.toThrow(
      'renderModelSvg needs the package @viz-js/viz, which is not installed: npm install @viz-js/viz.',
    );
  });
});
