/** The networks of an encoder-decoder as programs. */
import { BATCH, type Port, type Program } from '@pyro-ts/compile';
import * as tf from '@tensorflow/tfjs';
import { module } from 'pyro-ts';
import type { VED } from '../models/index.js';
import { meanOf } from './programs.js';

/** Encoder (from inputs to latents) and decoder (from latents to the mean of the outputs). */
export function vedPrograms(model: VED): Program[] {
  const { inputShape, inputChannels, outputShape, outputChannels, latentDim } = model.options;
  const input: Port = { name: 'input', shape: [BATCH, inputChannels, ...inputShape] };
  const inputSize = inputShape.reduce((n, d) => n * d, inputChannels);
  return [
    {
      name: 'encoder',
      inputs: [input],
      run: (x) =>
        model.params.run(() => {
          const rows = tf.reshape(x, [x.shape[0], inputSize]);
          const { loc, scale } = module('encoder_z', model.nets.encoder_z)([rows]);
          return { content: loc, content_scale: scale };
        }),
    },
    {
      name: 'decoder',
      inputs: [{ name: 'content', shape: [BATCH, latentDim] }],
      run: (content) =>
        model.params.run(() => {
          const output = module('decoder', model.nets.decoder)({ parts: [content], transform: {} });
          const mean = tf.transpose(meanOf(model.likelihood, output), [0, 2, 1]);
          return { target: tf.reshape(mean, [content.shape[0], outputChannels, ...outputShape]) };
        }),
    },
  ];
}
