/** The error of this package. */
import { PyroError } from '@pyro-ts/engine';

/** A program that cannot be written down as a graph. The message names the operation. */
export class GraphError extends PyroError {}
