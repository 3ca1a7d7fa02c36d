/** Compatibility: converts former names in run folders and studies to current ones. */
import type { SavedTensor } from 'pyro-ts';
import type { Json, JsonObject } from './json.js';

const renamed: Readonly<Record<string, string>> = {
  scaleFactor: 'klWeight',
  discreteScaleFactor: 'discreteKlWeight',
  discreteDim: 'numClasses',
  heldOut: 'validationFraction',
  heldOutAccuracy: 'validationAccuracy',
  race: 'selectAfter',
  centres: 'objects',
};

/** The outputs of a run on pairs were called targets; an ssRegIVAE still has targets. */
const renamedOfPairs: Readonly<Record<string, string>> = { targets: 'outputs', targetsDataset: 'outputsDataset' };

/**
 * `object` with current names, at any depth.
 * @example withCurrentNames({ train: { scaleFactor: 2 } }) // { train: { klWeight: 2 } }
 */
export function withCurrentNames(object: JsonObject): JsonObject {
  const isPairs = object.kind === 'pairs' || 'inputs' in object;
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [
      (Object.hasOwn(renamed, key) && renamed[key]) || (isPairs && renamedOfPairs[key]) || key,
      currentValue(key, value),
    ]),
  );
}

function currentValue(key: string, value: Json): Json {
  if (key === 'onBadFile' && value === 'refuse') return 'fail';
  // A checkpoint stores the options that a run may not change as text.
  if (key === 'earlyStopping' && typeof value === 'string') return value.replace('"heldOut":', '"validationFraction":');
  if (Array.isArray(value)) return value.map((entry) => currentValue(key, entry));
  return typeof value === 'object' && value !== null ? withCurrentNames(value as JsonObject) : value;
}

/** Converts parameters of older checkpoints: template models used to detect outliers by their evidence alone. */
export function withCurrentParameters(tensors: Map<string, SavedTensor>): Map<string, SavedTensor> {
  const [former, current] = ['param/evidence_quantiles', 'param/outlier_quantiles'];
  const evidence = tensors.get(former);
  if (!evidence || tensors.has(current)) return tensors;
  const { length } = evidence.data;
  const unused = new Float32Array(length).fill(-1e30);
  const scores = Float32Array.from(evidence.data, (_, i) => Math.log(Math.max(0.5, i) / (length - 1)));
  const data = Float32Array.from([evidence.data, unused, unused, scores].flatMap((table) => Array.from(table)));
  const others = [...tensors].filter(([name]) => name !== former);
  return new Map([...others, [current, { shape: [4, length], data }]]);
}
