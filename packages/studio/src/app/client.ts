/** Requests to the server, each with the token that the address of the page contained. */
import type { Failure, StudioEvents } from '../api.js';

const KEPT = 'pyroved-studio-token';

/** Takes the token out of the address, where it would be copied with it, and keeps it for other tabs of the same studio. */
function takeToken(): string {
  const found = /^#token=([\w-]+)$/.exec(location.hash)?.[1];
  if (found === undefined) return localStorage.getItem(KEPT) ?? '';
  localStorage.setItem(KEPT, found);
  history.replaceState(null, '', `${location.pathname}#/`);
  return found;
}

const token = takeToken();

/** A request that failed; the message is for the person at the page. */
export class RequestError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { ...init.headers, Authorization: `Bearer ${token}` };
  const response = await fetch(`/api${path}`, { ...init, headers }).catch(() => {
    throw new RequestError(
      'The studio does not answer. Start it again with pyroved studio, and open the address that it prints.',
      0,
    );
  });
  if (response.ok) return response;
  const failure: Partial<Failure> = await response.json().catch(() => ({}));
  throw new RequestError(failure.error ?? `The studio answered with status ${response.status}.`, response.status);
}

/** The JSON answer of a GET request. */
export const get = async <T>(path: string, signal?: AbortSignal): Promise<T> =>
  (await request(path, signal ? { signal } : {})).json();

/** The bytes of a GET request. */
export const getBytes = async (path: string): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await (await request(path)).arrayBuffer());

/** The content of a GET request as the address of an image, valid as long as the page is open. */
export const getImage = async (path: string): Promise<string> =>
  URL.createObjectURL(await (await request(path)).blob());

/** Sends JSON and returns the JSON answer. */
export const post = async <T>(path: string, body: unknown = {}): Promise<T> =>
  (
    await request(path, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } })
  ).json();

/** Receives the events of the server. */
export type Listener = {
  readonly [Name in keyof StudioEvents]?: (data: StudioEvents[Name]) => void;
};

/**
 * Follows the events of the server until the returned function is called, and connects again after an interruption.
 * `EventSource` could not send the token.
 * @param onState whether the server answers
 */
export function follow(listener: Listener, onState: (isConnected: boolean) => void): () => void {
  const controller = new AbortController();
  const handlers = new Map(Object.entries(listener)) as Map<string, (data: unknown) => void>;
  const run = async (): Promise<void> => {
    while (!controller.signal.aborted) {
      try {
        const { body } = await request('/events', { signal: controller.signal });
        onState(true);
        if (body) await readEvents(body, (event, data) => handlers.get(event)?.(data));
      } catch {
        // Reported by the state; other requests say why.
      }
      if (controller.signal.aborted) return;
      onState(false);
      await new Promise((resolve) => setTimeout(resolve, 1500));
    }
  };
  void run();
  return () => controller.abort();
}

async function readEvents(body: ReadableStream<Uint8Array<ArrayBuffer>>, tell: (event: string, data: unknown) => void) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    const messages = text.split('\n\n');
    text = messages.pop() ?? '';
    for (const message of messages) {
      const event = /^event: (.*)$/m.exec(message)?.[1];
      const data = [...message.matchAll(/^data: ?(.*)$/gm)].map(([, line]) => line).join('\n');
      if (event !== undefined && data !== '') tell(event, JSON.parse(data));
    }
  }
}
