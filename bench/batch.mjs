/** The images of the benchmark's training step: noise by a fixed seed, and a file of it, so that another program can be given the same. */
import { readFileSync, writeFileSync } from 'node:fs';
import { RandomStream } from 'pyro-ts';

/** `images` images of `side` x `side` pixels from 0 to 1. */
export function drawBatch({ images = 64, side = 48 } = {}) {
  const stream = new RandomStream('batch');
  return Float32Array.from({ length: images * side * side }, () => stream.next());
}

/** The numbers as they lie in memory: float32, little-endian. */
export function writeBatch(file, sizes) {
  writeFileSync(file, drawBatch(sizes));
}

export function readBatch(file) {
  const bytes = readFileSync(file);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}
