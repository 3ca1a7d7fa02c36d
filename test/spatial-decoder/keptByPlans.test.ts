/** What a compiled step keeps of the decoder's activations between its passes: those that its backward pass needs, and no others. */
import { stopGradient } from '@pyro-ts/engine';
import { type Kernel, selectKernel, spatialDecoder } from '@pyro-ts/spatial-decoder';
import { type HostKernel, hostKernelOf, onHost } from '@pyro-ts/spatial-decoder/internal';
import * as tf from '@tensorflow/tfjs';
import { Adam, normal, param, SVI, sample, TraceELBO } from 'pyro-ts';
import { IVAE } from 'pyroved-ts';
import { expect, it } from 'vitest';

/** A small decoder whose weights are parameters, for three rows. */
function decoderOf(kernel: Kernel): tf.Tensor {
  const weight = param('weight', tf.fill([4, 4], 0.1)) as tf.Tensor2D;
  return spatialDecoder(
    {
      grid: tf.tensor2d([0, 0.5, 1, -0.5], [2, 2]),
      pose: tf.fill([3, 4, 2], 0.3),
      code: tf.zeros([3, 4]),
      hidden: [{ weight, bias: tf.zeros([4]) }],
      output: { weight: tf.ones([4, 1]), bias: tf.zeros([1]) },
    },
    { kernel },
  );
}

it('the backward pass of a compiled step gets the activations, also after passes that have none', async () => {
  const selected = await selectKernel({ kernel: 'wasm', threads: 1 });
  const host = hostKernelOf(selected) as HostKernel;
  const calls: string[] = [];
  const kernel = onHost({
    ...{ name: host.name, detail: host.detail, threads: host.threads, dispose: () => host.dispose() },
    forward: (problem, operands, keep, to) => {
      const result = host.forward(problem, operands, keep, to);
      calls.push(`forward ${result.saved ? 'kept' : 'not kept'}`);
      return result;
    },
    backward: (problem, operands, upstream, saved) => {
      calls.push(`backward ${saved ? 'kept' : 'not kept'}`);
      return host.backward(problem, operands, upstream, saved);
    },
  });
  const vae = new IVAE({ shape: [6, 6], invariances: ['r'], hiddenEncoder: [4], hiddenDecoder: [4], kernel });
  const images = tf.fill([3, 36], 0.5);
  const options = { params: vae.params, compile: true };
  const svi = new SVI<[tf.Tensor]>(
    (x) => vae.model(x),
    (x) => vae.guide(x),
    new Adam(),
    vae.elbo(),
    options,
  );
  // The first steps are compared with the program.
  svi.run(5, images);
  calls.length = 0;
  svi.run(2, images);
  expect(calls).toEqual(['forward kept', 'backward kept', 'forward kept', 'backward kept']);
  // On the gradient tape, but without a gradient.
  const decoded = new SVI<[tf.Tensor]>(
    (x) => {
      const mean = stopGradient(decoderOf(kernel));
      const offset = param('offset', 0.1);
      sample('x', normal(tf.add(tf.mean(mean), offset), 1), { obs: x });
    },
    () => {},
    new Adam(),
    new TraceELBO(),
    { compile: true },
  );
  decoded.run(1, tf.scalar(0.3));
  calls.length = 0;
  decoded.run(2, tf.scalar(0.3));
  expect(calls).toEqual(['forward not kept', 'forward not kept']);
  decoded.params.dispose();
  images.dispose();
  vae.dispose();
  selected.dispose();
});
