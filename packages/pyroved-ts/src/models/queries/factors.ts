/** Known numbers of images (`ImageSet.factors`): which ones a model is told or predicts, and the units in which its networks see them. */
import * as tf from '@tensorflow/tfjs';
import { OptionError } from 'pyro-ts';
import { refuseUnknownKeys } from 'pyro-ts/internal';
import type { ImageSet, StreamedSet } from '../../data/index.js';
import { DataError } from '../../errors.js';
import { lookUp } from '../../lookup.js';

/** One known number of each image. A network sees (value - centre) / scale. */
export interface Factor {
  /** As in `ImageSet.factors`. */
  readonly name: string;
  /** 0. */
  readonly centre?: number;
  /** 1. */
  readonly scale?: number;
}

type Set = ImageSet | StreamedSet;

/** The factors of one model, in order. */
export class Factors {
  readonly list: readonly Required<Factor>[];

  /** @param option as in messages: "iVAE: condition" */
  constructor(
    given: readonly (string | Factor)[],
    private readonly option: string,
  ) {
    if (!Array.isArray(given)) {
      throw new OptionError(`${option} is a list of names of factors, not ${JSON.stringify(given)}.`);
    }
    this.list = given.map((one: string | Factor) => {
      const factor = typeof one === 'string' ? { name: one } : one;
      refuseUnknownKeys(option, factor, ['name', 'centre', 'scale']);
      const { name, centre = 0, scale = 1 } = factor;
      if (typeof name !== 'string' || name === '') throw new OptionError(`${option}: a factor has a name.`);
      if (!Number.isFinite(centre) || !(scale > 0 && Number.isFinite(scale))) {
        throw new OptionError(
          `${option}: "${name}" has centre ${centre} and scale ${scale}; they are a number and a positive number.`,
        );
      }
      return { name, centre, scale };
    });
    const names = this.names;
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) throw new OptionError(`${option}: "${twice}" is given twice. Give it once.`);
  }

  get dim(): number {
    return this.list.length;
  }

  get names(): string[] {
    return this.list.map(({ name }) => name);
  }

  /** Their values in the data's units, [set.count, dim] row major. @throws {DataError} for a factor that the set lacks. */
  of(set: Set): Float32Array {
    const columns = this.list.map(({ name }) => lookUp(set.factors, name) ?? this.refuse(name, set));
    return Float32Array.from(
      { length: set.count * this.dim },
      (_, i) => columns[i % this.dim][Math.floor(i / this.dim)],
    );
  }

  /** Refuses values that are not known (NaN) or not finite. `what` is how messages call the images. */
  check(set: Set, what: string): void {
    const values = this.of(set);
    const wrong = values.findIndex((v) => !Number.isFinite(v));
    if (wrong < 0) return;
    const image = Math.floor(wrong / this.dim);
    throw new DataError(
      `Image ${image} of ${what} has ${values[wrong]} for its "${this.names[wrong % this.dim]}". A number is needed for every image.`,
    );
  }

  /** Rows in the data's units as the networks see them. */
  toNetwork(rows: ArrayLike<number>): Float32Array {
    return Float32Array.from(rows, (v, i) => (v - this.at(i).centre) / this.at(i).scale);
  }

  /** The reverse. */
  fromNetwork(rows: ArrayLike<number>): Float32Array {
    return Float32Array.from(rows, (v, i) => v * this.at(i).scale + this.at(i).centre);
  }

  /** The same of a tensor [..., dim]. */
  tensorToNetwork(x: tf.Tensor): tf.Tensor {
    return tf.div(tf.sub(x, tf.tensor1d(this.list.map((f) => f.centre))), tf.tensor1d(this.list.map((f) => f.scale)));
  }

  /** The reverse. */
  tensorFromNetwork(x: tf.Tensor): tf.Tensor {
    return tf.add(tf.mul(x, tf.tensor1d(this.list.map((f) => f.scale))), tf.tensor1d(this.list.map((f) => f.centre)));
  }

  private at(i: number): Required<Factor> {
    return this.list[i % this.dim];
  }

  private refuse(name: string, { factors = {} }: Set): never {
    const known = Object.keys(factors);
    const has = known.length > 0 ? `They have: ${known.join(', ')}.` : 'They have none.';
    throw new DataError(`The images have no factor "${name}", which ${this.option} asks for. ${has}`);
  }
}

/**
 * The named factors with the mean of a set's values as centre and their standard deviation as scale, so that networks see them around 0 with a
 * spread of 1. Unknown values (NaN) are skipped.
 * @throws {DataError} for a factor that the set lacks, or that is the same for all images.
 */
export function standardised(set: Set, names: readonly string[]): Required<Factor>[] {
  const values = new Factors(names, 'standardised').of(set);
  return names.map((name, k) => {
    const known = values.filter((v, i) => i % names.length === k && Number.isFinite(v));
    const centre = known.reduce((a, b) => a + b, 0) / known.length;
    const scale = Math.sqrt(known.reduce((s, v) => s + (v - centre) ** 2, 0) / known.length);
    if (!(scale > 0)) {
      const why = known.length === 0 ? 'known for no image' : `the same for all images, ${centre}`;
      throw new DataError(`"${name}" is ${why}: there is nothing to learn from it.`);
    }
    return { name, centre, scale };
  });
}
