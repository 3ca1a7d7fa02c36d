/** Ensembles of trained models: averaged class probabilities. */
import { PyrovedError } from 'pyroved-ts';
import { classified } from 'pyroved-ts/internal';
import type { Classification } from '../storage/index.js';

/** The classifications of one run. */
export interface RunClassification {
  /** The run's folder, for messages. */
  readonly run: string;
  readonly classNames: readonly string[];
  readonly rows: readonly Classification[];
}

/**
 * Averages the class probabilities of several runs for each image. Classes are matched by name and images by file; images missing from a run are
 * omitted. The angle is that of the run with the highest probability of the class; it is omitted if no run predicts this class.
 * @param threshold images whose most probable class is below this probability are marked unsure. @default 0.8
 * @returns rows in the order of the first run, with its classes
 * @throws {PyrovedError} when the runs have different classes or no image in common.
 * @example
 * const parts = [];
 * for (const folder of ['runs/1', 'runs/2']) {
 *   const trained = await loadModel(folder);
 *   const { set } = await imagesFor(trained, 'micrographs');
 *   parts.push({ run: folder, classNames: trained.classNames, rows: classifyImages(trained, set) });
 *   trained.model.dispose();
 * }
 * const rows = averagedClassifications(parts);
 */
export function averagedClassifications(parts: readonly RunClassification[], threshold = 0.8): Classification[] {
  const [first, ...others] = parts;
  if (!first) throw new PyrovedError('At least one run is required.');
  const orders = parts.map((part) => classOrder(first, part));
  const found = others.map(({ rows }) => new Map(rows.map((row) => [row.file, row])));
  const { classNames } = first;
  const averaged = first.rows.flatMap((row): Classification[] => {
    const rest = found.map((byFile) => byFile.get(row.file));
    if (rest.includes(undefined)) return [];
    const all = [row, ...(rest as Classification[])];
    const probabilities = new Float32Array(classNames.length);
    all.forEach((one, r) => {
      for (let k = 0; k < classNames.length; k++) probabilities[k] += one.probabilities[orders[r][k]] / all.length;
    });
    const { classes, entropy, margin } = classified(probabilities, classNames.length);
    const [classIndex] = classes;
    const angleDegrees = surestAngle(all, orders, classIndex);
    return [
      {
        file: row.file,
        classIndex,
        probabilities,
        unsure: probabilities[classIndex] < threshold,
        entropy: entropy[0],
        margin: margin[0],
        ...(angleDegrees !== undefined && { angleDegrees }),
      },
    ];
  });
  if (averaged.length > 0 || first.rows.length === 0) return averaged;
  throw new PyrovedError(
    `The runs have no image in common: ${parts.map(({ run, rows }) => `${run} has ${rows.length}`).join(', ')}.`,
  );
}

/** The index in `part` of each class of `first`. */
function classOrder(first: RunClassification, part: RunClassification): number[] {
  const order = first.classNames.map((name) => part.classNames.indexOf(name));
  if (!order.includes(-1) && part.classNames.length === first.classNames.length) return order;
  throw new PyrovedError(
    `The runs have different classes: ${first.run} has ${first.classNames.join(', ')}; ${part.run} has ${part.classNames.join(', ')}. ` +
      'Average runs that were trained on the same classes.',
  );
}

function surestAngle(
  all: readonly Classification[],
  orders: readonly number[][],
  classIndex: number,
): number | undefined {
  let surest: Classification | undefined;
  let most = 0;
  all.forEach((row, r) => {
    const own = orders[r][classIndex];
    if (row.classIndex !== own || row.angleDegrees === undefined || row.probabilities[own] <= most) return;
    surest = row;
    most = row.probabilities[own];
  });
  return surest?.angleDegrees;
}
