/** Hooks of the pages: the route, values that are loaded, and the runs as they change. */
import { useCallback, useEffect, useState } from 'preact/hooks';
import type { RunEntry } from '../api.js';
import { follow, get } from './client.js';

/** The address behind #, e.g. ["runs", "1a2b", "explore"]. */
export function useRoute(): readonly string[] {
  const [route, setRoute] = useState(readRoute);
  useEffect(() => {
    const read = (): void => setRoute(readRoute());
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }, []);
  return route;
}

const readRoute = (): readonly string[] =>
  location.hash
    .replace(/^#\/?/, '')
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);

/** A value that is loaded, or why it could not be. */
export interface Loaded<T> {
  readonly value?: T;
  readonly error?: string;
  readonly reload: () => void;
}

/** Loads a value whenever `key` changes. */
export function useLoaded<T>(key: string, load: () => Promise<T>): Loaded<T> {
  const [state, setState] = useState<{ readonly key: string; readonly value?: T; readonly error?: string }>({ key });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let isCurrent = true;
    load().then(
      (value) => isCurrent && setState({ key, value }),
      (error: unknown) => isCurrent && setState({ key, error: error instanceof Error ? error.message : String(error) }),
    );
    return () => {
      isCurrent = false;
    };
  }, [key, turn]);
  const reload = useCallback(() => setTurn((n) => n + 1), []);
  const { value, error } = state.key === key ? state : {};
  return { reload, ...(value !== undefined && { value }), ...(error !== undefined && { error }) };
}

export interface LiveRuns {
  /** Undefined until they are loaded. */
  readonly runs?: readonly RunEntry[];
  readonly error?: string;
  readonly isConnected: boolean;
}

/** All runs, as they change. */
export function useRuns(): LiveRuns {
  const [runs, setRuns] = useState<readonly RunEntry[]>();
  const [error, setError] = useState<string>();
  const [isConnected, setConnected] = useState(true);
  const load = useCallback(() => {
    get<readonly RunEntry[]>('/runs').then(
      (found) => {
        setRuns(found);
        setError(undefined);
      },
      (failure: Error) => setError(failure.message),
    );
  }, []);
  useEffect(() => {
    load();
    return follow(
      {
        run: (entry) => setRuns((known) => known && [...known.filter(({ id }) => id !== entry.id), entry].sort(byName)),
        removed: (id) => setRuns((known) => known?.filter((entry) => entry.id !== id)),
      },
      (state) => {
        setConnected(state);
        if (state) load();
      },
    );
  }, [load]);
  return { isConnected, ...(runs && { runs }), ...(error !== undefined && { error }) };
}

const byName = (a: RunEntry, b: RunEntry): number => a.name.localeCompare(b.name, 'en', { numeric: true });
