/** Entries of run folders and studies written under earlier names, read under those of today. */
import type { SavedTensor } from 'pyro-ts';
import type { Json, JsonObject } from './json.js';

const renamed: Readonly<Record<string, string>> = {
  scaleFactor: 'klWeight',
  discreteScaleFactor: 'discreteKlWeight',
  discreteDim: 'numClasses',
  heldOut: 'validationFraction',
  heldOutAccuracy: 'validationAccuracy',
  race: 'selectAfter',
};

/** The other side of a run on pairs, which was called targets; an ssRegIVAE still has targets. */
const renamedOfPairs: Readonly<Record<string, string>> = { targets: 'outputs', targetsDataset: 'outputsDataset' };

/**
 * `object` under the names of today, at any depth.
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
  // What a checkpoint keeps of the options that a run may not change.
  if (key === 'earlyStopping' && typeof value === 'string') return value.replace('"heldOut":', '"validationFraction":');
  if (Array.isArray(value)) return value.map((entry) => currentValue(key, entry));
  return typeof value === 'object' && value !== null ? withCurrentNames(value as JsonObject) : value;
}

/** Parameters of a checkpoint as models have them today: template models knew outliers by their evidence alone. */
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
