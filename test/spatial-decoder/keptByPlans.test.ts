/** What a compiled step keeps of the decoder's activations between its passes: those that its backward pass needs, and no others. */
import { selectKernel } from '@pyro-ts/spatial-decoder';
import { type HostKernel, hostKernelOf, onHost } from '@pyro-ts/spatial-decoder/internal';
import * as tf from '@tensorflow/tfjs';
import { Adam, Predictive, SVI } from 'pyro-ts';
import { IVAE } from 'pyroved-ts';
import { expect, it } from 'vitest';

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
  calls.length = 0;
  const { params } = vae;
  const draws = new Predictive((x: tf.Tensor) => vae.model(x), { params, numSamples: 3, compile: true }).draw(images);
  expect(new Set(calls)).toEqual(new Set(['forward not kept']));
  tf.dispose([images, draws]);
  vae.dispose();
  selected.dispose();
});
