/** Evaluation results as text: accuracy, calibration and confusion matrix, or prediction errors. */
import type { Disentanglement, ReliabilityBin } from 'pyroved-ts';
import { disentanglementTable, type LikelihoodBounds, type ModelEvaluation } from '../runs/index.js';
import { posesText, type ValidationSummary } from '../runs/validation.js';
import { formatCount } from '../viz/index.js';
import { aligned } from './aligned.js';

interface Evaluated {
  /** Number of distinct images. */
  readonly count: number;
  readonly classNames?: readonly string[];
  /** Present if they are shown at random poses. */
  readonly validation?: ValidationSummary;
}

/** Lines for the terminal. If the model found its own classes, the `classNames` of the images are the true ones. */
export function judgementText(
  evaluation: ModelEvaluation,
  classNames: readonly string[],
  { count, classNames: trueNames = [], validation }: Evaluated,
): string {
  const poses = validation ? ` ${posesText(validation)}` : '';
  const images = `on ${formatCount(count)} images${poses}`;
  switch (evaluation.on) {
    case 'classes':
      return [
        `accuracy ${evaluation.accuracy.toFixed(4)} ${images}`,
        confusionTable(classNames, classNames, evaluation.confusion),
        `expected calibration error ${evaluation.calibrationError.toFixed(4)}`,
        reliabilityText(evaluation.reliability),
      ].join('\n');
    case 'found classes': {
      const names = classNames.map((name, k) => {
        const match = evaluation.matched[k];
        return match < 0 ? name : `${name} = ${trueNames[match] ?? match}`;
      });
      const rows = evaluation.confusion.map((_, y) => trueNames[y] ?? String(y));
      return [
        `accuracy ${evaluation.accuracy.toFixed(4)} ${images}, each found class matched with the true class it fits best`,
        confusionTable(rows, names, evaluation.confusion),
      ].join('\n');
    }
    case 'targets':
      return evaluation.targets
        .map(({ name, meanSquaredError, meanAbsoluteError, r2 }) => {
          const root = Math.sqrt(meanSquaredError).toPrecision(4);
          return `${name}: R2 ${r2.toFixed(4)}, mean squared error ${meanSquaredError.toPrecision(4)} (root ${root}), mean absolute error ${meanAbsoluteError.toPrecision(4)} ${images}`;
        })
        .join('\n');
  }
}

/** Two lower bounds on the log-likelihood. */
export const boundsText = ({ elbo, importanceWeighted, particles, images }: LikelihoodBounds): string =>
  `log-likelihood on ${formatCount(images)} images, nats per image: ELBO ${elbo.toFixed(3)}, importance-weighted bound ${importanceWeighted.toFixed(3)} (${particles} samples)`;

/** How well each latent variable predicts each known factor. */
export function disentanglementText(found: Disentanglement): string {
  const { header, rows } = disentanglementTable(found);
  return [`separated attribute predictability ${found.separation.toFixed(4)}`, aligned([header, ...rows])].join('\n');
}

/** Rows are true classes, columns predicted ones. */
export function confusionTable(
  rowNames: readonly string[],
  columnNames: readonly string[],
  confusion: readonly (readonly number[])[],
): string {
  const width = Math.max(...[...rowNames, ...columnNames].map((name) => name.length), 6) + 2;
  const row = (name: string, cells: readonly (string | number)[]) =>
    name.padEnd(width) + cells.map((c) => String(c).padStart(width)).join('');
  return [row('', columnNames), ...confusion.map((counts, i) => row(rowNames[i], counts))].join('\n');
}

/** Predicted probability against observed accuracy, per bin. */
function reliabilityText(table: readonly ReliabilityBin[]): string {
  const line = (cells: readonly string[]) => cells.map((cell) => cell.padStart(13)).join('');
  const share = (value: number) => value.toFixed(3);
  const rows = table
    .filter((bin) => bin.count > 0)
    .map((bin) => [
      `${share(bin.low)}-${share(bin.high)}`,
      String(bin.count),
      share(bin.confidence),
      share(bin.accuracy),
    ]);
  return [line(['probability', 'images', 'mean', 'accuracy']), ...rows.map(line)].join('\n');
}
