/** The error of everything that goes wrong with a run folder. */
import * as files from 'pyroved-data/internal';
import { PyrovedError } from 'pyroved-ts';

/** A run folder or one of its files that cannot be made, written or read. */
export class RunError extends PyrovedError {}

/** Calls `action`; a file system error becomes a message that starts with `what`. @throws {RunError} */
export const explained = <T>(what: string, action: () => T): T => files.explained(what, action, RunError);
