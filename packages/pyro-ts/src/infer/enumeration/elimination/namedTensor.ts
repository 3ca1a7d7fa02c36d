/** Tensors whose dimensions are named by what they stand for: a plate, or an enumerated variable. Size-1 dimensions have no name. */
import * as tf from '@tensorflow/tfjs';
import { EnumerationError, formatShape } from '../../../errors.js';
import type { SampleSite } from '../../../runtime/trace.js';

/** The name of a plate's or a variable's dimension. */
export type Dim = string;

export interface NamedTensor {
  /** One name for each dimension of `tensor`. */
  readonly dims: readonly Dim[];
  readonly tensor: tf.Tensor;
}

export const plateDim = (plate: string): Dim => `plate ${plate}`;
export const variableDim = (site: string): Dim => `variable ${site}`;

/** The dimension that a site's own values lie along, where it was enumerated in parallel. */
export const ownDim = (site: SampleSite): Dim | undefined =>
  site.enumeration?.own?.dim === undefined ? undefined : variableDim(site.name);

/** `x`, of the site's batch shape, with its dimensions named. */
export function pack(site: SampleSite, x: tf.Tensor): NamedTensor {
  const names = dimNames(site);
  const dims: Dim[] = [];
  const shape: number[] = [];
  x.shape.forEach((size, axis) => {
    if (size === 1) return;
    const dim = axis - x.rank;
    const name = names.get(dim);
    if (name === undefined || (site.enumeration?.variables.get(dim)?.total ?? size) !== size)
      throw unknownDim(site, x, dim, names);
    dims.push(name);
    shape.push(size);
  });
  return { dims, tensor: shape.length === x.rank ? x : tf.reshape(x, shape) };
}

/** `x` summed over those of `dims` that it has. */
export function sumOut(x: NamedTensor, dims: ReadonlySet<Dim>): NamedTensor {
  const axes = x.dims.flatMap((dim, axis) => (dims.has(dim) ? [axis] : []));
  if (axes.length === 0) return x;
  return { dims: x.dims.filter((dim) => !dims.has(dim)), tensor: tf.sum(x.tensor, axes) };
}

/** What each batch dimension of a site stands for. */
export function dimNames(site: SampleSite): Map<number, Dim> {
  const names = new Map<number, Dim>();
  for (const [dim, variable] of site.enumeration?.variables ?? []) names.set(dim, variableDim(variable.site));
  for (const frame of site.frames) if (frame.dim !== undefined) names.set(frame.dim, plateDim(frame.name));
  return names;
}

function unknownDim(site: SampleSite, x: tf.Tensor, dim: number, names: Map<number, Dim>): EnumerationError {
  const known = [...names].map(([d, name]) => `${d} (${name}, size ${knownSize(site, d)})`).join(', ') || 'none';
  return new EnumerationError(
    `At site "${site.name}": the log-probability has shape ${formatShape(x.shape)}, with size ${x.shape[x.rank + dim]} at dim ${dim}, which ` +
      `belongs to no plate around the site and to no enumerated variable that it can see. Dimensions that it can have: ${known}. If the site ` +
      'depends on a variable of a markov context, move it inside or increase the history; else check the shapes of its parameters and value.',
    site.name,
  );
}

const knownSize = (site: SampleSite, dim: number): number | undefined =>
  site.frames.find((frame) => frame.dim === dim)?.size ?? site.enumeration?.variables.get(dim)?.total;
