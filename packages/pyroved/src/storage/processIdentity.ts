/** Identity of the process that holds a lock. The process id is not sufficient, since ids are reused and differ between containers. */
import fs from 'node:fs';
import os from 'node:os';
import { errorCode } from 'pyroved-data/internal';
import { isJsonObject, type Json } from './json.js';

/** A process, distinguishable from a later one with the same id. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** Boot id of the machine and start time of the process in clock ticks since boot; only on Linux. */
  readonly started?: string;
  /** The namespace of `pid`; absent on systems without process namespaces. */
  readonly pidNamespace?: string;
}

/** The identity of this process. */
export function thisProcess(): ProcessIdentity {
  const started = startOf(process.pid);
  const pidNamespace = namespaceOf(process.pid);
  return {
    pid: process.pid,
    host: os.hostname(),
    ...(started !== undefined && { started }),
    ...(pidNamespace !== undefined && { pidNamespace }),
  };
}

/** Parses a process identity; undefined if it is invalid. */
export function processFrom(json: Json | undefined): ProcessIdentity | undefined {
  if (!isJsonObject(json)) return undefined;
  const { pid, host, started, pidNamespace } = json;
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0 || typeof host !== 'string') return undefined;
  return {
    pid,
    host,
    ...(typeof started === 'string' && { started }),
    ...(typeof pidNamespace === 'string' && { pidNamespace }),
  };
}

/** Whether a process has certainly ended. Processes on other machines or in other containers cannot be checked and count as running. */
export function hasEnded({ pid, host, started, pidNamespace }: ProcessIdentity): boolean {
  const self = thisProcess();
  if (host !== self.host) return false;
  if (pidNamespace !== undefined && self.pidNamespace !== undefined && pidNamespace !== self.pidNamespace) return false;
  if (!isAlive(pid)) return true;
  const now = startOf(pid);
  return started !== undefined && now !== undefined && started !== now;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: the process exists, but belongs to another user.
    return errorCode(error) === 'EPERM';
  }
}

/** Boot id and start time of a process on Linux: field 22 of its stat file, whose name field may contain spaces and parentheses. */
function startOf(pid: number): string | undefined {
  try {
    const state = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const ticks = state.slice(state.lastIndexOf(')') + 2).split(' ')[19];
    return `${fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${ticks}`;
  } catch {
    return undefined;
  }
}

function namespaceOf(pid: number): string | undefined {
  try {
    return fs.readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}
