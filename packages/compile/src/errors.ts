/** The error of this package. */

/** A program that cannot be written down as a graph. The message names the operation. */
export class GraphError extends Error {
  override readonly name = 'GraphError';
}
