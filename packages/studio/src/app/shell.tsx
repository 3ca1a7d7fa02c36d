/** The frame of all pages: navigation, theme, connection, and which page is shown. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { StudioInfo } from '../api.js';
import { get } from './client.js';
import { useLoaded, useRoute, useRuns } from './hooks.js';
import { Message } from './parts.js';
import { NewRunPage } from './runs/newRun.js';
import { RunPage } from './runs/run.js';
import { RunsPage } from './runs/runs.js';

export function Shell(): JSX.Element {
  const route = useRoute();
  const live = useRuns();
  const info = useLoaded('studio', () => get<StudioInfo>('/studio'));
  const only = info.value?.run;
  useEffect(() => {
    // Opened with one run: its page is the first.
    if (only !== undefined && location.hash.length < 3) location.replace(`#/runs/${only}`);
  }, [only]);
  const main = useRef<HTMLElement>(null);
  const address = route.join('/');
  useEffect(() => {
    document.title = route.length === 0 ? 'Runs - pyroved studio' : `${titleOf(route)} - pyroved studio`;
    // A new page starts at its top, for readers of the screen too; not at the first view, which the browser places.
    if (address !== '') main.current?.focus();
  }, [address, route]);
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to content
      </button>
      <header class="bar">
        <a class="brand" href="#/">
          pyroved studio
        </a>
        <nav aria-label="Pages">
          <a class="tab" href="#/" aria-current={route.length === 0 ? 'page' : undefined}>
            Runs
          </a>
          <a class="tab" href="#/new" aria-current={route[0] === 'new' ? 'page' : undefined}>
            New training
          </a>
        </nav>
        <Theme />
      </header>
      {!live.isConnected && (
        <p class="offline" role="status">
          The studio does not answer; trying again. It may have been stopped in the terminal.
        </p>
      )}
      <main id="main" tabIndex={-1} ref={main}>
        <Page route={route} live={live} info={info} />
      </main>
    </>
  );
}

interface PageProps {
  readonly route: readonly string[];
  readonly live: ReturnType<typeof useRuns>;
  readonly info: ReturnType<typeof useLoaded<StudioInfo>>;
}

function Page({ route, live, info }: PageProps): JSX.Element {
  const [page, id, part] = route;
  if (live.error !== undefined && !live.runs) return <Message title="The runs could not be loaded" text={live.error} />;
  if (!live.runs || !info.value) return <Message title="Loading" text="Reading the runs." />;
  if (page === undefined) return <RunsPage runs={live.runs} info={info.value} />;
  if (page === 'new') return <NewRunPage info={info.value} />;
  const entry = live.runs.find((run) => run.id === id);
  if (page === 'runs' && entry) return <RunPage entry={entry} part={part ?? 'overview'} />;
  return (
    <Message title="There is no such page" text="The run may have been removed.">
      <a href="#/">Back to the runs</a>
    </Message>
  );
}

const titleOf = ([page, , part]: readonly string[]): string => {
  if (page === 'new') return 'New training';
  return part === undefined ? 'Run' : `${part.charAt(0).toUpperCase()}${part.slice(1)}`;
};

type ThemeName = 'system' | 'light' | 'dark';
const THEMES: readonly ThemeName[] = ['system', 'light', 'dark'];
const KEPT = 'pyroved-studio-theme';

/** Light, dark, or as the system; kept for the next visit. */
function Theme(): JSX.Element {
  const [theme, setTheme] = useState<ThemeName>(
    () => THEMES.find((name) => name === localStorage.getItem(KEPT)) ?? 'system',
  );
  useEffect(() => {
    localStorage.setItem(KEPT, theme);
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    // Canvases are drawn anew with the colours of the theme.
    dispatchEvent(new Event('themechange'));
  }, [theme]);
  return (
    <label class="theme">
      Theme{' '}
      <select
        value={theme}
        onChange={({ currentTarget }) => setTheme(THEMES.find((name) => name === currentTarget.value) ?? 'system')}
      >
        {THEMES.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
}
