/**
 * The layout of a model's latents: the columns of the joint latent that belong to each part of the pose, and the parts
 * with a separate site.
 */
import * as tf from '@tensorflow/tfjs';
import type { PoseTensors } from '../coordinates/transform.js';
import type { Modes, OwnSite, PoseKind, PosePart } from './posePart.js';

/** A part with a separate site. */
export interface OwnPart extends PosePart {
  readonly source: OwnSite;
}

/** Samples or point estimates of the parts with a separate site, by part. */
export type OwnDraws = Partial<Record<PoseKind, tf.Tensor>>;

/**
 * The latents of one model. Order of the joint latent: angle, shift (one column per axis), scale, shear, content.
 * @see pyroVED's `split_latent`, which has no shear
 */
export class Latents {
  readonly own: readonly OwnPart[];
  /** Number of columns of the joint latent. */
  readonly jointSize: number;

  constructor(
    readonly parts: readonly PosePart[],
    readonly contentSize: number,
  ) {
    this.own = parts.filter((part): part is OwnPart => part.source.site === 'own');
    this.jointSize = parts.reduce((n, { source }) => n + (source.site === 'joint' ? source.columns : 0), contentSize);
  }

  /** Whether the model infers a pose and so requires a decoder that is evaluated at coordinates. */
  get hasPose(): boolean {
    return this.parts.length > 0;
  }

  /** The modes of the guide, if a part has them. */
  get modes(): Modes | undefined {
    return this.own.find(({ source }) => source.modes)?.source.modes;
  }

  /** The part that has modes. */
  get modal(): PoseKind | undefined {
    return this.own.find(({ source }) => source.modes)?.kind;
  }

  /**
   * Names of the columns of the joint latent: "angle", "shift 1", "shift 2", "scale", "shear 1", "shear 2", "z1", ...
   */
  get columnNames(): string[] {
    const pose = this.parts.flatMap(({ kind, source }) => {
      if (source.site === 'own') return [];
      return source.columns === 1 ? [kind] : Array.from({ length: source.columns }, (_, i) => `${kind} ${i + 1}`);
    });
    return [...pose, ...Array.from({ length: this.contentSize }, (_, i) => `z${i + 1}`)];
  }

  /**
   * Splits samples into the pose and the content.
   * @param joint [..., jointSize]
   * @param own samples of the parts with a separate site, with the same leading dimensions
   * @returns content [..., contentSize]
   */
  split(joint: tf.Tensor, own: OwnDraws): { pose: PoseTensors; content: tf.Tensor } {
    const pose: Partial<Record<PoseKind, tf.Tensor>> = {};
    let from = 0;
    for (const part of this.parts) {
      if (part.source.site === 'own') {
        pose[part.kind] = part.toPose(own[part.kind] as tf.Tensor);
      } else {
        pose[part.kind] = part.toPose(columns(joint, from, part.source.columns));
        from += part.source.columns;
      }
    }
    return { pose, content: columns(joint, from, this.contentSize) };
  }
}

/** Columns from..from+size of the last dimension. */
function columns(x: tf.Tensor, from: number, size: number): tf.Tensor {
  if (from === 0 && size === x.shape[x.rank - 1]) return x;
  const lead = x.shape.slice(0, -1);
  return tf.slice(x, [...lead.map(() => 0), from], [...lead, size]);
}
