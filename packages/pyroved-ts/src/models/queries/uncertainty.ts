/** Class probabilities and their uncertainty. */

/** Class probabilities of images, and their uncertainty. */
export interface Classified {
  /** [count, numClasses]; each row sums to 1. */
  readonly probabilities: Float32Array;
  /** The likeliest class of each image. */
  readonly classes: Int32Array;
  /** Entropy of each row in nats: 0 if the class is certain, log(numClasses) for a uniform distribution. */
  readonly entropy: Float32Array;
  /** Difference of the two largest probabilities: 1 if the class is certain, 0 for a tie. */
  readonly margin: Float32Array;
}

/** The likeliest class, entropy and margin of each row of probabilities. */
export function classified(probabilities: Float32Array, numClasses: number): Classified {
  const count = probabilities.length / numClasses;
  const classes = new Int32Array(count);
  const entropy = new Float32Array(count);
  const margin = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const row = probabilities.subarray(i * numClasses, (i + 1) * numClasses);
    const [first, second] = Float32Array.from(row).sort().reverse();
    classes[i] = row.indexOf(first);
    entropy[i] = row.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0);
    margin[i] = first - second;
  }
  return { probabilities, classes, entropy, margin };
}

/** The softmax of each row of `numClasses` logits. */
export function softmaxRows(logits: ArrayLike<number>, numClasses: number): Float32Array {
  const out = new Float32Array(logits.length);
  for (let at = 0; at < logits.length; at += numClasses) {
    let most = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < numClasses; k++) most = Math.max(most, logits[at + k]);
    let total = 0;
    for (let k = 0; k < numClasses; k++) total += Math.exp(logits[at + k] - most);
    for (let k = 0; k < numClasses; k++) out[at + k] = Math.exp(logits[at + k] - most) / total;
  }
  return out;
}
