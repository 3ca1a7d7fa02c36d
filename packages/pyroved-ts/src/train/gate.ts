/** The gate: the weight of the evidence of classes, from its accuracy on labelled images at random poses. */

/** Accuracies between which the weight rises from 0 to 1. */
const [NOTHING_BELOW, EVERYTHING_FROM] = [0.9, 0.99];

/** Candidate temperatures. */
const TEMPERATURES = [1, 2, 4, 8, 16, 32, 64, 128];

/** Assumed probability of a wrong label, so that a single image cannot determine the temperature. */
const MISTAKES = 0.1;

/** The result of `fitEvidence`. */
export interface EvidenceFit {
  /** Fraction of the images whose evidence is largest for their true class. */
  readonly accuracy: number;
  /** The temperature of at least 1 under which the labels are most likely. */
  readonly temperature: number;
}

/**
 * Fits the temperature of the evidence on labelled images.
 * @param evidence nats, [count, numClasses]
 * @example fitEvidence([0, -30, -20, 0], [0, 1]) // { accuracy: 1, temperature: 1 }
 */
export function fitEvidence(evidence: ArrayLike<number>, labels: ArrayLike<number>): EvidenceFit {
  const classes = evidence.length / labels.length;
  let right = 0;
  const losses = TEMPERATURES.map(() => 0);
  for (let i = 0; i < labels.length; i++) {
    const row = Array.from({ length: classes }, (_, k) => evidence[i * classes + k]);
    const most = Math.max(...row);
    if (row[labels[i]] === most) right++;
    TEMPERATURES.forEach((temperature, t) => {
      const total = row.reduce((sum, e) => sum + Math.exp((e - most) / temperature), 0);
      const p = Math.exp((row[labels[i]] - most) / temperature) / total;
      losses[t] -= Math.log((1 - MISTAKES) * p + MISTAKES / classes);
    });
  }
  return { accuracy: right / labels.length, temperature: TEMPERATURES[losses.indexOf(Math.min(...losses))] };
}

/** The weight of the evidence, from 0 to 1, given its accuracy on labelled images. */
export const gateWeight = (accuracy: number): number =>
  Math.min(1, Math.max(0, (accuracy - NOTHING_BELOW) / (EVERYTHING_FROM - NOTHING_BELOW)));
