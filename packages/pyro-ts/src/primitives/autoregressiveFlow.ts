/** An autoregressive flow that registers its own parameters. */
import {
  type AffineAutoregressiveTransform,
  type AutoregressiveOptions,
  affineAutoregressive,
} from '../distributions/transforms/autoregressive.js';
import { type DenseLayer, initAutoregressive } from '../distributions/transforms/masks.js';
import { OptionError } from '../errors.js';
import { param } from './param.js';

export interface AutoregressiveFlowOptions extends AutoregressiveOptions {
  /** Widths of the hidden layers. @default one of `dim` units, at least 2 */
  hidden?: readonly number[];
}

/**
 * An affine autoregressive flow of vectors of `dim` entries whose network is learned: its weights are the parameters `NAME.0.weight`, `NAME.0.bias`,
 * `NAME.1.weight`, ... of the run. Source: pyro.distributions.transforms.affine_autoregressive, with pyro.module.
 * @throws {OptionError} for a width that is no positive integer
 * @example
 * const guide = () => {
 *   const base = normal([0, 0], 1).toEvent(1);
 *   sample('z', new TransformedDistribution(base, [autoregressiveFlow('flow', 2, { hidden: [16] })]));
 * };
 */
export function autoregressiveFlow(
  name: string,
  dim: number,
  options: AutoregressiveFlowOptions = {},
): AffineAutoregressiveTransform {
  const { hidden = [Math.max(2, dim)], ...others } = options;
  if (![dim, ...hidden].every((n) => Number.isInteger(n) && n > 0)) {
    throw new OptionError(
      `autoregressiveFlow "${name}": dim and the widths of hidden must be positive integers; they are ${dim} and [${hidden.join(', ')}].`,
    );
  }
  const part = (layer: number, key: keyof DenseLayer) =>
    param(`${name}.${layer}.${key}`, (rng) => initAutoregressive(dim, hidden, rng)[layer][key]);
  const layers = [...hidden, dim].map((_, layer) => ({ weight: part(layer, 'weight'), bias: part(layer, 'bias') }));
  return affineAutoregressive(layers, others);
}
