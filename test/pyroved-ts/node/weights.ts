/** The files that fixtures/make/pyrovedWeights.py wrote with pyroVED and PyTorch, and what the models in them compute. */
import { readFileSync } from 'node:fs';

const folder = new URL('../../fixtures/pyrovedWeights/', import.meta.url);

export const pathOf = (name: string): string => new URL(`${name}.pt`, folder).pathname;
export const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(pathOf(name)));

type Rows = readonly (readonly number[])[];

export interface Expected {
  readonly shape: readonly number[];
  /** Columns of the latent that are the pose. */
  readonly coord: number;
  readonly x: readonly unknown[];
  readonly z: Rows;
  readonly pose: { readonly angle?: number; readonly shift?: readonly number[]; readonly scale?: number };
  readonly loc: Rows;
  readonly scale: Rows;
  readonly image: Rows;
  readonly classes?: readonly number[];
  readonly probabilities?: Rows;
  readonly targets?: Rows;
  readonly predicted?: Rows;
}

interface Others {
  readonly plain: { readonly weight: Rows; readonly bias: readonly number[] };
  readonly shared: {
    readonly turned: Rows;
    readonly strided: readonly number[];
    readonly first: readonly number[];
    readonly repeated: Rows;
  };
}

export const expected = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8')) as Others &
  Readonly<Record<string, Expected>>;
