/** The address of a queue's server. User and password come from the environment or a file, since everyone on a machine can read its command lines. */
import fs from 'node:fs';
import { QueueError } from './taskQueue.js';

/** The variables of the environment that hold the address, or the name of a file that does. */
export const ADDRESS_VARIABLE = 'PYROVED_QUEUE';
export const ADDRESS_FILE_VARIABLE = 'PYROVED_QUEUE_FILE';

export interface QueueAddress {
  readonly backend: 'redis' | 'postgres';
  /** With user and password: must not be printed or stored. */
  readonly url: string;
  /** Without them. */
  readonly shown: string;
}

const backends: Readonly<Record<string, QueueAddress['backend']>> = {
  'redis:': 'redis',
  'rediss:': 'redis',
  'postgres:': 'postgres',
  'postgresql:': 'postgres',
};

const EXAMPLES = 'redis://host:6379, rediss://host:6379 (TLS) or postgres://host:5432/database';

/**
 * The address from the command line, the environment or a file.
 * @param typed the value of --queue; true if the option has none
 * @throws {QueueError} when there is none, it is not understood, or the command line has credentials
 * @example queueAddress('postgres://db:5432/studies')
 */
export function queueAddress(typed: string | true, environment: NodeJS.ProcessEnv = process.env): QueueAddress {
  if (typed === true) {
    const found = fromEnvironment(environment);
    if (found === undefined)
      throw new QueueError(
        `The address of the queue is missing: ${EXAMPLES}. Set ${ADDRESS_VARIABLE}, or write it to the file that ${ADDRESS_FILE_VARIABLE} names.`,
      );
    return parseAddress(found.text, found.from);
  }
  const address = parseAddress(typed, '--queue');
  if (address.url !== address.shown)
    throw new QueueError(
      `--queue ${address.shown} was given with a user, a password or other options, which everyone on this machine can read in the list of processes. Set ${ADDRESS_VARIABLE} to the whole address and use --queue without a value, or write it to the file that ${ADDRESS_FILE_VARIABLE} names.`,
    );
  // The same server with credentials.
  const found = fromEnvironment(environment);
  const whole = found && parseAddress(found.text, found.from);
  return whole?.shown === address.shown ? whole : address;
}

function fromEnvironment(environment: NodeJS.ProcessEnv): { readonly text: string; readonly from: string } | undefined {
  const text = environment[ADDRESS_VARIABLE];
  if (text !== undefined && text !== '') return { text, from: ADDRESS_VARIABLE };
  const file = environment[ADDRESS_FILE_VARIABLE];
  if (file === undefined || file === '') return undefined;
  try {
    return { text: fs.readFileSync(file, 'utf8').trim(), from: file };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new QueueError(`Could not read the address of the queue from ${file} (${ADDRESS_FILE_VARIABLE}): ${why}`);
  }
}

/** Messages never repeat `text`, which may have a password. */
function parseAddress(text: string, from: string): QueueAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const backend = url && Object.hasOwn(backends, url.protocol) ? backends[url.protocol] : undefined;
  if (!url || !backend || url.hostname === '')
    throw new QueueError(`The address of the queue (${from}) is not understood. Expected ${EXAMPLES}.`);
  return { backend, url: text, shown: `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}` };
}

/** The message of an error without the credentials of the address. */
export function withoutCredentials(message: string, { url }: QueueAddress): string {
  const { username, password, search } = new URL(url);
  const secrets = [url, password, decodeURIComponent(password), search].filter((secret) => secret !== '');
  const users = [username, decodeURIComponent(username)].filter((user) => user !== '');
  return [...secrets, ...users].reduce((text, secret) => text.replaceAll(secret, '***'), message);
}
