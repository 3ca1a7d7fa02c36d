/** Errors of run folders. */
import * as files from 'pyroved-data/internal';
import { PyrovedError } from 'pyroved-ts';

/** Thrown when a run folder or one of its files cannot be created, written or read. */
export class RunError extends PyrovedError {}

/** Thrown when another process uses a folder. */
export class LockedError extends RunError {}

/** Calls `action` and converts file system errors to errors whose message starts with `what`. @throws {RunError} */
export const explained = <T>(what: string, action: () => T): T => files.explained(what, action, RunError);
