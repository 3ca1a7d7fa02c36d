/**
 * What networks on [x, y] cost where y is enumerated: the product with x is not repeated for every class, forward or back, and on the wasm engine no
 * gradient multiplies by a transposed operand with the engine's own product, which is five times slower there.
 */
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { inChild } from '../../engine/child.js';

const [images, classes, inputs, hidden] = [16, 5, 100, 8];

/** Every kernel of a pass forward and back through each network, with the largest tensor that it makes and whether it multiplies by a transposed operand. */
const probe = `
  const { fcDecoder, fcEncoder, RandomStream, spatialNet } = { ...await import('pyro-ts'), ...await import('pyroved-ts') };
  const { selectKernel } = await import('@pyro-ts/spatial-decoder');
  // The plain operations that stand in for a kernel have tfjs's own gradients.
  const kernel = await selectKernel({ kernel: 'wasm', threads: 1 });
  const kernels = [];
  const engine = tf.engine();
  const run = engine.runKernel;
  engine.runKernel = (name, given, attrs) => {
    const made = run.call(engine, name, given, attrs);
    const size = Math.max(...[made].flat().map((tensor) => tensor.size));
    const turned = ['transposeA', 'transposeB'].some((key) => attrs?.[key]);
    kernels.push({ name, size, turned });
    return made;
  };
  const draw = (shape) => tf.randomUniform(shape, -1, 1, 'float32', 1);
  const [x, y] = [draw([${images}, ${inputs}]), tf.reshape(tf.eye(${classes}), [${classes}, 1, ${classes}])];
  const sizes = { inputs: [${inputs}, ${classes}], hidden: [${hidden}, ${hidden}], activation: 'tanh' };
  const encoder = fcEncoder({ ...sizes, joint: 3, own: { angle: 3 } });
  const coordinates = { shape: [2, 2], channels: 1 };
  const transform = { matrix: draw([${images}, 2, 2]), shift: draw([${classes}, ${images}, 2]) };
  const decode = (net) => [net, (weights) => net.apply(weights, { parts: [x, y], transform })];
  const passes = {
    fcEncoder: [encoder, (weights) => {
      const { loc, scale, own } = encoder.apply(weights, [x, y]);
      return tf.concat([loc, scale, own.angle], -1);
    }],
    fcDecoder: decode(fcDecoder({ ...sizes, ...coordinates })),
    spatialNet: decode(spatialNet({ ...sizes, ...coordinates, kernel })),
  };
  answer(Object.fromEntries(Object.entries(passes).map(([name, [net, apply]]) => {
    const names = Object.keys(net.parameters);
    const values = names.map((name) => net.parameters[name].init(new RandomStream(name)));
    kernels.length = 0;
    let rows;
    tf.grads((...weights) => {
      const output = apply(Object.fromEntries(names.map((name, i) => [name, weights[i]])));
      rows = output.shape.slice(0, 2);
      return tf.sum(tf.square(output));
    })(values);
    return [name, { rows, kernels: [...kernels] }];
  })));
  kernel.dispose();`;

interface Pass {
  readonly rows: readonly number[];
  readonly kernels: readonly { readonly name: string; readonly size: number; readonly turned: boolean }[];
}

const start = {
  'the running engine': `await selectEngine({ engine: '${tf.getBackend()}' });`,
  'wasm without our loops': `await import('@tensorflow/tfjs-backend-wasm'); await tf.setBackend('wasm');`,
};

describe.each(Object.entries(start))('on %s', (where, code) => {
  const passes = inChild(code + probe).answer as Record<string, Pass>;

  test.each(['fcEncoder', 'fcDecoder', 'spatialNet'])(
    '%s multiplies each image once, not once for every class',
    (net) => {
      const { rows, kernels } = passes[net];
      expect(rows).toEqual([classes, images]);
      const repeated = classes * images * inputs;
      expect(kernels.filter(({ size }) => size >= repeated)).toEqual([]);
      // The weight's gradient is among them, so the pass went all the way back.
      expect(kernels.map(({ size }) => size)).toContain((inputs + classes) * hidden);
    },
  );

  test.runIf(where !== 'the running engine' || tf.getBackend() === 'wasm')(
    'no product takes a slow transposed path',
    () => {
      // Our own loops read a transposed operand as fast as another.
      const ours = where === 'the running engine' ? ['PyroMatMul'] : [];
      for (const { kernels } of Object.values(passes)) {
        expect(kernels.some(({ name }) => /MatMul|Dense/.test(name))).toBe(true);
        expect(kernels.filter(({ name, turned }) => turned && !ours.includes(name))).toEqual([]);
      }
    },
  );
});
