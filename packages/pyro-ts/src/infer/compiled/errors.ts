/** The error of steps that can't be compiled. */
import { PyroError } from '../../errors.js';

/** A step that can't be compiled, or whose compiled form no longer computes what the program does. The message names the operation and the site. */
export class CompileError extends PyroError {}
