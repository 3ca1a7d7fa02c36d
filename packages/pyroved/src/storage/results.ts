/** What `classify` found, as CSV: one row an image, the certain and the unsure alike. */
import { csvText } from '../csv.js';
import { RunError } from './errors.js';

/** What the model says of one image. */
export interface Classification {
  readonly file: string;
  /** The index of the likeliest class. */
  readonly classIndex: number;
  /** The probability of each class; they sum to 1. */
  readonly probabilities: ArrayLike<number>;
  /** True where the likeliest class is not likely enough. */
  readonly unsure: boolean;
  /** Entropy of the probabilities in nats, and how much likelier the likeliest class is than the next; where they were worked out. */
  readonly entropy?: number;
  readonly margin?: number;
  /** Degrees counter-clockwise as seen, relative to the class's upright pose; where the model has an angle. */
  readonly angleDegrees?: number;
  /** Of a model with templates: log p(image) in nats, how typical the image is (0, and down), and whether the object is probably of none of the classes. */
  readonly evidence?: number;
  readonly outlierScore?: number;
  readonly outlier?: boolean;
}

/**
 * The table as text: `file, class, probability, unsure, entropy, margin, angle_deg, evidence, outlier_score, outlier` (these where any row has one), then `p(NAME)` for each class.
 * @throws RunError for a row whose class or whose probabilities do not fit `classNames`.
 */
export function classificationCsv(rows: readonly Classification[], classNames: readonly string[]): string {
  const withAngle = rows.some((row) => row.angleDegrees !== undefined);
  const measures = (['entropy', 'margin'] as const).filter((name) => rows.some((row) => row[name] !== undefined));
  const header = ['file', 'class', 'probability', 'unsure', ...measures];
  if (withAngle) header.push('angle_deg');
  const withEvidence = rows.some((row) => row.evidence !== undefined);
  if (withEvidence) header.push('evidence', 'outlier_score', 'outlier');
  header.push(...classNames.map((name) => `p(${name})`));
  const table = rows.map((row) => {
    const { file, classIndex, probabilities, unsure, angleDegrees } = row;
    const name = classNames[classIndex];
    if (name === undefined || probabilities.length !== classNames.length)
      throw new RunError(
        `${file}: class ${classIndex} with ${probabilities.length} probabilities does not fit ${classNames.length} classes.`,
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
      ...(withEvidence
        ? [row.evidence?.toFixed(2) ?? '', row.outlierScore?.toFixed(3) ?? '', row.outlier ? 'yes' : 'no']
        : []),
      ...each,
    ];
  });
  return csvText([header, ...table]);
}

/** Degrees as tables have them: -45.6, and 0.0 in place of -0.0. */
export const degreesText = (degrees: number): string => (Math.round(10 * degrees) / 10 || 0).toFixed(1);
