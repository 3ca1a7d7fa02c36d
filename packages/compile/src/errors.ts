/** The error of this package. */
import { PyroError } from '@pyro-ts/engine';

/** A program that cannot be recorded as a graph. The message names the operation. */
export class GraphError extends PyroError {}

/** Generated code is forbidden, for instance by a content-security policy without 'unsafe-eval'. */
export class CodeGenerationError extends GraphError {}
