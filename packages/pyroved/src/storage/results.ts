/** Results of `classify` as CSV, one row per image. */
import { csvText } from '../csv.js';
import { RunError } from './errors.js';

/** The classification of one image. */
export interface Classification {
  readonly file: string;
  /** The index of the most probable class. */
  readonly classIndex: number;
  /** The probability of each class; they sum to 1. */
  readonly probabilities: ArrayLike<number>;
  /** Whether the probability of the most probable class is below the threshold. */
  readonly unsure: boolean;
  /** Entropy of the probabilities in nats, and difference between the two largest probabilities, if computed. */
  readonly entropy?: number;
  readonly margin?: number;
  /** Degrees counter-clockwise relative to the class's upright pose, for models with an angle. */
  readonly angleDegrees?: number;
  /** For a template model: log p(image) in nats. */
  readonly evidence?: number;
  /** Outlier score (0 or less; lower is less typical), and whether the image is an outlier, if the run has them. */
  readonly outlierScore?: number;
  readonly outlier?: boolean;
}

/**
 * A CSV table with the columns `file, class, probability, unsure, entropy, margin, angle_deg, evidence, outlier_score, outlier` (those that any row
 * has), followed by `p(NAME)` for each class.
 * @throws {RunError} when the class or the probabilities of a row do not match `classNames`.
 * @example classificationCsv(classifyImages(trained, set), trained.classNames)
 */
export function classificationCsv(rows: readonly Classification[], classNames: readonly string[]): string {
  const withAngle = rows.some((row) => row.angleDegrees !== undefined);
  const measures = (['entropy', 'margin'] as const).filter((name) => rows.some((row) => row[name] !== undefined));
  const header = ['file', 'class', 'probability', 'unsure', ...measures];
  if (withAngle) header.push('angle_deg');
  const withEvidence = rows.some((row) => row.evidence !== undefined);
  if (withEvidence) header.push('evidence');
  const withScore = rows.some((row) => row.outlierScore !== undefined);
  if (withScore) header.push('outlier_score', 'outlier');
  header.push(...classNames.map((name) => `p(${name})`));
  const table = rows.map((row) => {
    const { file, classIndex, probabilities, unsure, angleDegrees } = row;
    const name = classNames[classIndex];
    if (name === undefined || probabilities.length !== classNames.length)
      throw new RunError(
        `${file}: class ${classIndex} with ${probabilities.length} probabilities does not match ${classNames.length} classes.`,
      );
    const angle = withAngle ? [angleDegrees === undefined ? '' : degreesText(angleDegrees)] : [];
    const each = Array.from(probabilities, (p) => p.toFixed(4));
    return [
      file,
      name,
      each[classIndex]!,
      unsure ? 'yes' : 'no',
      ...measures.map((m) => row[m]?.toFixed(4) ?? ''),
      ...angle,
      ...(withEvidence ? [row.evidence?.toFixed(2) ?? ''] : []),
      ...(withScore ? [row.outlierScore?.toFixed(3) ?? '', row.outlier ? 'yes' : 'no'] : []),
      ...each,
    ];
  });
  return csvText([header, ...table]);
}

/** Formats degrees for tables: "-45.6", and "0.0" instead of "-0.0". */
export const degreesText = (degrees: number): string => (Math.round(10 * degrees) / 10 || 0).toFixed(1);
