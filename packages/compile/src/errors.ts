/** The error of this package. */
import { PyroError } from '@pyro-ts/engine';

/** A program that cannot be written down as a graph. The message names the operation. */
export class GraphError extends PyroError {}

/** Generated code is forbidden here: by a content-security policy without 'unsafe-eval', for instance. */
export class CodeGenerationError extends GraphError {}
