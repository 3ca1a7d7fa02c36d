/**
 * Known factors of images (`ImageSet.factors`): which ones a model is conditioned on or predicts, and how they are
 * scaled for its networks.
 */
import * as tf from '@tensorflow/tfjs';
import { OptionError } from 'pyro-ts';
import type { ImageSet, StreamedSet } from '../../data/index.js';
import { DataError } from '../../errors.js';
import { lookUp } from '../../lookup.js';
import { type OptionTable, resolveOptions } from '../../options.js';

/** One known factor of each image. The networks see (value - centre) / scale. */
export interface Factor {
  /** A key of `ImageSet.factors`. */
  readonly name: string;
  /** @default 0 */
  readonly centre?: number;
  /** @default 1 */
  readonly scale?: number;
}

const factorTable = {
  name: { required: true },
  centre: { default: 0 },
  scale: { default: 1 },
} satisfies OptionTable<Factor>;

type Set = ImageSet | StreamedSet;

/**
 * The factors of one model, in order, and the conversion between the units of the data and those of the networks.
 * @example
 * const factors = new Factors([{ name: 'length', centre: 10, scale: 2 }], 'targets');
 * factors.toNetwork([12]); // [1]
 */
export class Factors {
  readonly list: readonly Required<Factor>[];

  /** @param option name in error messages, such as "iVAE: condition" */
  constructor(
    factors: readonly (string | Factor)[],
    private readonly option: string,
  ) {
    if (!Array.isArray(factors)) {
      throw new OptionError(`${option} must be a list of factor names; got ${JSON.stringify(factors)}.`);
    }
    this.list = factors.map((one: string | Factor) => {
      const factor = typeof one === 'string' ? { name: one } : one;
      const { name, centre, scale } = resolveOptions(option, factor, factorTable);
      if (typeof name !== 'string' || name === '') throw new OptionError(`${option}: a factor must have a name.`);
      if (!Number.isFinite(centre) || !(scale > 0 && Number.isFinite(scale))) {
        throw new OptionError(
          `${option}: "${name}" must have a finite centre and a positive scale; got ${centre} and ${scale}.`,
        );
      }
      return { name, centre, scale };
    });
    const names = this.names;
    const duplicate = names.find((name, i) => names.indexOf(name) !== i);
    if (duplicate !== undefined) throw new OptionError(`${option}: "${duplicate}" is listed more than once.`);
  }

  get dim(): number {
    return this.list.length;
  }

  get names(): string[] {
    return this.list.map(({ name }) => name);
  }

  /**
   * The values of the factors in the units of the data, [set.count, dim] row major.
   * @throws {DataError} when the set lacks a factor.
   */
  of(set: Set): Float32Array {
    const columns = this.list.map(({ name }) => lookUp(set.factors, name) ?? this.missing(name, set));
    return Float32Array.from(
      { length: set.count * this.dim },
      (_, i) => columns[i % this.dim][Math.floor(i / this.dim)],
    );
  }

  /**
   * Checks that all values are known and finite; `what` names the images in error messages.
   * @throws {DataError} when a value is NaN or infinite.
   */
  check(set: Set, what: string): void {
    const values = this.of(set);
    const wrong = values.findIndex((v) => !Number.isFinite(v));
    if (wrong < 0) return;
    const image = Math.floor(wrong / this.dim);
    throw new DataError(
      `Image ${image} of ${what} has "${this.names[wrong % this.dim]}" = ${values[wrong]}. Every image needs a finite value.`,
    );
  }

  /** Converts rows from the units of the data to those of the networks. */
  toNetwork(rows: ArrayLike<number>): Float32Array {
    return Float32Array.from(rows, (v, i) => (v - this.at(i).centre) / this.at(i).scale);
  }

  /** Converts rows from the units of the networks to those of the data. */
  fromNetwork(rows: ArrayLike<number>): Float32Array {
    return Float32Array.from(rows, (v, i) => v * this.at(i).scale + this.at(i).centre);
  }

  /** `toNetwork` for a tensor [..., dim]. */
  tensorToNetwork(x: tf.Tensor): tf.Tensor {
    return tf.div(tf.sub(x, tf.tensor1d(this.list.map((f) => f.centre))), tf.tensor1d(this.list.map((f) => f.scale)));
  }

  /** `fromNetwork` for a tensor [..., dim]. */
  tensorFromNetwork(x: tf.Tensor): tf.Tensor {
    return tf.add(tf.mul(x, tf.tensor1d(this.list.map((f) => f.scale))), tf.tensor1d(this.list.map((f) => f.centre)));
  }

  private at(i: number): Required<Factor> {
    return this.list[i % this.dim];
  }

  private missing(name: string, { factors = {} }: Set): never {
    const known = Object.keys(factors);
    const has = known.length > 0 ? `Their factors: ${known.join(', ')}.` : 'They have no factors.';
    throw new DataError(`The images have no factor "${name}", which ${this.option} requires. ${has}`);
  }
}

/**
 * The named factors, centred on their mean over a set and scaled by their standard deviation. Unknown values (NaN) are
 * ignored.
 * @throws {DataError} when the set lacks a factor, or it has the same value for all images.
 * @example const vae = new SSRegIVAE({ shape: [32, 32], targets: standardised(labelled, ['length', 'width']) });
 */
export function standardised(set: Set, names: readonly string[]): Required<Factor>[] {
  const values = new Factors(names, 'standardised').of(set);
  return names.map((name, k) => {
    const known = values.filter((v, i) => i % names.length === k && Number.isFinite(v));
    const centre = known.reduce((a, b) => a + b, 0) / known.length;
    const scale = Math.sqrt(known.reduce((s, v) => s + (v - centre) ** 2, 0) / known.length);
    if (!(scale > 0)) {
      const why = known.length === 0 ? 'unknown for all images' : `the same for all images, ${centre}`;
      throw new DataError(`"${name}" is ${why}, so it carries no information.`);
    }
    return { name, centre, scale };
  });
}
