/** Which process wrote a lock: its number alone does not say, since numbers are used again and differ between containers. */
import fs from 'node:fs';
import os from 'node:os';
import { errorCode } from 'pyroved-data/internal';
import { isJsonObject, type Json } from './json.js';

/** A process, distinguished from a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** Boot of the machine and the process's start in clock ticks after it; absent where the system does not tell (anything but Linux). */
  readonly started?: string;
  /** The namespace in which `pid` is a process's number; absent where the system has none. */
  readonly pidNamespace?: string;
}

/** This process. */
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

/** The process that `json` describes; undefined where it describes none. */
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

/** Whether a process is certain to have ended. One on another machine or in another container cannot be looked up, so it counts as alive. */
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
    // A process of another user's exists, but may not be signalled.
    return errorCode(error) === 'EPERM';
  }
}

/** Boot and start of a process as Linux tells them. Field 22 of its state; the name before it may hold spaces and parentheses. */
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
