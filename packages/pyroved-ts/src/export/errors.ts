/** Errors of export and import. */
import { PyrovedError } from '../errors.js';

/**
 * A model or a network that cannot be exported.
 * @example try { modelGraphs({ model }) } catch (error) { if (error instanceof ExportError) console.error(error.message); }
 */
export class ExportError extends PyrovedError {}

/**
 * A file that cannot be imported: of another format, damaged, or of another model.
 * @example try { importPyroved(bytes) } catch (error) { if (error instanceof ImportError) console.error(error.message); }
 */
export class ImportError extends PyrovedError {}
