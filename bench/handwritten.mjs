/** The mixture of bench/coreModels.mjs as one would write its step by hand: a loop over typed arrays, gradients and Adam included. */
import { points } from './coreModels.mjs';

/** A step that returns the loss, at the parameters that the program begins with. */
export function handwrittenMixture() {
  const x = points(50);
  const [K, halfLog2Pi] = [3, 0.5 * Math.log(2 * Math.PI)];
  // Logits of the weights, means, log of the scale.
  const values = new Float32Array([0, 0, 0, -1, 0, 1, 0]);
  const gradient = new Float64Array(7);
  const [mean, square] = [new Float32Array(7), new Float32Array(7)];
  const [logWeights, weights, terms] = [new Float64Array(K), new Float64Array(K), new Float64Array(K)];
  let [decay1, decay2] = [1, 1];
  return () => {
    let total = 0;
    for (let k = 0; k < K; k++) {
      weights[k] = Math.exp(values[k]);
      total += weights[k];
    }
    for (let k = 0; k < K; k++) {
      weights[k] /= total;
      logWeights[k] = Math.log(weights[k]) - values[6] - halfLog2Pi;
    }
    const precision = Math.exp(-2 * values[6]);
    gradient.fill(0);
    let loss = 0;
    for (let i = 0; i < x.length; i++) {
      let largest = -Infinity;
      for (let k = 0; k < K; k++) {
        const d = x[i] - values[3 + k];
        terms[k] = logWeights[k] - 0.5 * precision * d * d;
        if (terms[k] > largest) largest = terms[k];
      }
      let sum = 0;
      for (let k = 0; k < K; k++) {
        terms[k] = Math.exp(terms[k] - largest);
        sum += terms[k];
      }
      loss -= largest + Math.log(sum);
      for (let k = 0; k < K; k++) {
        const r = terms[k] / sum;
        const d = x[i] - values[3 + k];
        gradient[k] += weights[k] - r;
        gradient[3 + k] -= r * precision * d;
        gradient[6] -= r * (precision * d * d - 1);
      }
    }
    decay1 *= 0.9;
    decay2 *= 0.999;
    const [stepSize, unbias] = [0.01 / (1 - decay1), 1 / Math.sqrt(1 - decay2)];
    for (let i = 0; i < 7; i++) {
      mean[i] = 0.9 * mean[i] + 0.1 * gradient[i];
      square[i] = 0.999 * square[i] + 0.001 * gradient[i] * gradient[i];
      values[i] -= (stepSize * mean[i]) / (Math.sqrt(square[i]) * unbias + 1e-8);
    }
    return loss;
  };
}
