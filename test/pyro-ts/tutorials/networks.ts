/** Networks of the ported tutorials, with the weights from a formula that the programs in bench/reference/tutorials begin with. */
import * as tf from '@tensorflow/tfjs';
import type { Net } from 'pyro-ts';

/** The weights 0.3 sin(0), 0.3 sin(1), ... [inputs, outputs], and biases of 0. */
export const linear = (inputs: number, outputs: number): Net<[tf.Tensor], tf.Tensor> => ({
  parameters: {
    weight: {
      init: () =>
        tf
          .range(0, inputs * outputs)
          .sin()
          .mul(0.3)
          .reshape([inputs, outputs]),
    },
    bias: { init: () => tf.zeros([outputs]) },
  },
  apply: ({ weight, bias }, x) => tf.matMul(x, weight).add(bias),
});
