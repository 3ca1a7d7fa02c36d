/** Loads the tensors of a state dictionary into the parameters of a model with the same names. */
import type { ParamStore } from 'pyro-ts';
import { formatShape } from 'pyro-ts/internal';
import { ImportError } from '../../export/errors.js';
import type { StateDict } from './layout.js';
import type { LoadedTensor } from './stateDict.js';

/**
 * Loads the values of all parameters. PyTorch's layout is [outputs, inputs, ...sides]; here it is [...sides, inputs,
 * outputs].
 * @throws {ImportError} when names or shapes differ from those of the model.
 */
export function loadWeights(params: ParamStore, dict: StateDict, source: string): void {
  const missing = params.names.filter((name) => !dict.has(name));
  const foreign = [...dict.keys()].filter((name) => !params.has(name));
  if (missing.length > 0 || foreign.length > 0) {
    const parts = [
      ...(missing.length > 0 ? [`it lacks ${missing.join(', ')}`] : []),
      ...(foreign.length > 0 ? [`it holds ${foreign.join(', ')}, which the model does not have`] : []),
    ];
    throw new ImportError(`${source} does not hold one of pyroVED's models: ${parts.join('; ')}.`);
  }
  const turned = new Map([...dict].map(([name, tensor]) => [name, outputsLast(tensor)]));
  for (const name of params.names) {
    const [expected, found] = [params.get(name).shape, (turned.get(name) as LoadedTensor).shape];
    if (expected.join() !== found.join()) {
      throw new ImportError(
        `${source}: "${name}" has the shape ${formatShape(found)} where the other weights need ${formatShape(expected)}.`,
      );
    }
  }
  params.loadData(turned);
}

function outputsLast(tensor: LoadedTensor): LoadedTensor {
  const { shape, data } = tensor;
  if (shape.length < 2) return tensor;
  const [outputs, inputs, ...sides] = shape;
  const places = sides.reduce((n, d) => n * d, 1);
  const turned = new Float32Array(data.length);
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) {
      for (let p = 0; p < places; p++) turned[(p * inputs + i) * outputs + o] = data[(o * inputs + i) * places + p];
    }
  }
  return { shape: [...sides, inputs, outputs], data: turned };
}
