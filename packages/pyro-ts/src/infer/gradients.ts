/** The value of a loss and its gradient for every parameter that it used. */
import { freeingTape } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { type ParamStore, ParamStoreHandler } from '../paramStore.js';

/**
 * Runs `loss` with its parameters in `store`. Returns gradients with respect to the unconstrained values, by name; a parameter that the loss
 * does not depend on has none. The caller disposes of what is returned.
 * @example const { value, gradients } = valueAndGradients(params, () => elbo.estimate(model, guide, [x]).surrogate);
 */
export function valueAndGradients(
  store: ParamStore,
  loss: () => tf.Scalar,
): { value: tf.Scalar; gradients: Map<string, tf.Tensor> } {
  const used: string[] = [];
  const compute = () => {
    // tfjs reads this list only after the loss has run, so parameters that are made or met on the way can still join it.
    const wrt: tf.Tensor[] = [tf.scalar(0)];
    const handler = new ParamStoreHandler(store, (name) => {
      if (used.includes(name)) return;
      used.push(name);
      wrt.push(store.unconstrained(name));
    });
    const { value, grads } = tf.engine().gradients(() => handler.run(loss), wrt, undefined, true);
    return { value: value as tf.Scalar, grads: grads.slice(1) };
  };
  const result = freeingTape(() => tf.tidy(compute));
  const gradients = new Map<string, tf.Tensor>();
  used.forEach((name, i) => {
    if (result.grads[i]) gradients.set(name, result.grads[i]);
  });
  return { value: result.value, gradients };
}
