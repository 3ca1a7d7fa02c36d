/** Rows of evidence and latents of a mixture of pictures: probabilities, the bound, and selections. */
import type { Explanations } from './explain.js';

/** Softmax of each row of evidences [n, pictures]. */
export function responsibilities(evidence: Float64Array, pictures: number): Float64Array {
  const out = new Float64Array(evidence.length);
  for (let at = 0; at < evidence.length; at += pictures) {
    const row = evidence.subarray(at, at + pictures);
    const most = Math.max(...row);
    const total = row.reduce((sum, e) => sum + Math.exp(e - most), 0);
    for (let k = 0; k < pictures; k++) out[at + k] = Math.exp(row[k] - most) / total;
  }
  return out;
}

/** Sum over the images of log p(image) in nats, with a uniform prior over pictures. */
export function boundOf(evidence: Float64Array, pictures: number): number {
  let sum = 0;
  for (let at = 0; at < evidence.length; at += pictures) {
    const row = evidence.subarray(at, at + pictures);
    const most = Math.max(...row);
    sum += most + Math.log(row.reduce((total, e) => total + Math.exp(e - most), 0) / pictures);
  }
  return sum;
}

/** The candidate with the largest evidence for each image and picture. */
export function bestOfCandidates({ evidence, theta, candidates, dim }: Explanations) {
  const groups = evidence.length / candidates;
  const best = { evidence: new Float64Array(groups), theta: new Float64Array(groups * dim) };
  for (let group = 0; group < groups; group++) {
    const own = evidence.subarray(group * candidates, (group + 1) * candidates);
    const at = group * candidates + own.indexOf(Math.max(...own));
    best.evidence[group] = evidence[at];
    best.theta.set(theta.subarray(at * dim, (at + 1) * dim), group * dim);
  }
  return best;
}

/** The largest evidence of each image. */
export const bestEvidence = (evidence: Float64Array, pictures: number): Float64Array =>
  Float64Array.from({ length: evidence.length / pictures }, (_, i) =>
    Math.max(...evidence.subarray(i * pictures, (i + 1) * pictures)),
  );

/** The entries `kept` of rows of `width` blocks of `size` numbers. */
export function columns<T extends Float32Array | Float64Array>(
  values: T,
  width: number,
  kept: readonly number[],
  size: number,
): T {
  const rows = values.length / (width * size);
  const out = values.slice(0, rows * kept.length * size) as T;
  for (let row = 0; row < rows; row++) {
    kept.forEach((from, to) => {
      const at = (row * width + from) * size;
      out.set(values.subarray(at, at + size), (row * kept.length + to) * size);
    });
  }
  return out;
}

export function joined(a: Float32Array, b: Float32Array): Float32Array {
  const out = new Float32Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
