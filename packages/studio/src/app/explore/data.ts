/** The latents and the images of a run, as the server sends them. */
import { readSafetensors } from 'pyro-ts';
import type { ExploreMetadata } from '../../api.js';
import { getBytes } from '../client.js';

/** Images that the server sends at once. */
const BLOCK = 256;

/** What the model infers from each image, row major. */
export interface Latents {
  readonly about: ExploreMetadata;
  readonly content: Float32Array;
  readonly angle?: Float32Array;
  readonly angleBins?: Float32Array;
  readonly shift?: Float32Array;
  readonly scale?: Float32Array;
  readonly shear?: Float32Array;
  readonly classes?: Int32Array;
  readonly probabilities?: Float32Array;
  readonly entropy?: Float32Array;
  readonly labels?: Int32Array;
  /** The upright angle of each class, radians. */
  readonly classAngles?: Float32Array;
}

/** Loads the latents of a run, which the server may have to compute first. */
export async function loadLatents(id: string): Promise<Latents> {
  const { tensors, metadata } = readSafetensors(await getBytes(`/runs/${id}/latents`), 'The latents');
  const about: ExploreMetadata = JSON.parse(metadata.about ?? '{}');
  const floats = (name: string): Float32Array | undefined => {
    const data = tensors.get(name)?.data;
    return data instanceof Float32Array ? data : undefined;
  };
  const integers = (name: string): Int32Array | undefined => {
    const data = tensors.get(name)?.data;
    return data instanceof Int32Array ? data : undefined;
  };
  const optional = {
    ...{ angle: floats('angle'), angleBins: floats('angleBins'), shift: floats('shift'), scale: floats('scale') },
    ...{ shear: floats('shear'), probabilities: floats('probabilities'), entropy: floats('entropy') },
    ...{ classAngles: floats('classAngles'), classes: integers('classes'), labels: integers('labels') },
  };
  const present = Object.fromEntries(Object.entries(optional).filter(([, data]) => data !== undefined));
  return { about, content: floats('content') ?? new Float32Array(0), ...present };
}

/** The images of a run, fetched in blocks when they are needed. */
export class Images {
  readonly #blocks = new Map<number, Promise<Uint8Array>>();
  readonly size: number;

  constructor(
    private readonly id: string,
    shape: readonly number[],
    channels: number,
  ) {
    this.size = shape.reduce((n, side) => n * side, channels);
  }

  /** The values of image `i` in [0, 1], channel by channel. */
  async at(i: number): Promise<Float32Array> {
    const block = Math.floor(i / BLOCK);
    const loading = this.#blocks.get(block) ?? getBytes(`/runs/${this.id}/images/${block}`);
    this.#blocks.set(block, loading);
    loading.catch(() => this.#blocks.delete(block));
    const from = (i % BLOCK) * this.size;
    return Float32Array.from((await loading).subarray(from, from + this.size), (value) => value / 255);
  }
}

/** The part of row `i` in an array of `count` rows. */
export const rowOf = (data: Float32Array, i: number, count: number): Float32Array => {
  const width = data.length / count;
  return data.subarray(i * width, (i + 1) * width);
};
