/** The errors of what goes out to other programs and comes in from them. */
import { PyrovedError } from '../errors.js';

/** A network or a model that cannot be written in the asked format. */
export class ExportError extends PyrovedError {}

/** A file of another program that cannot be read, is not what it should be, or holds something that is never loaded. */
export class ImportError extends PyrovedError {}
