/** One run: its parts as tabs. Parts that need the model are loaded when they are opened. */
import type { ComponentType, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { RunEntry } from '../../api.js';
import { Message, StateBadge } from '../parts.js';
import { Overview } from './overview.js';

type Part = ComponentType<{ readonly entry: RunEntry }>;

interface Tab {
  readonly title: string;
  readonly load: () => Promise<Part>;
}

const TABS: Readonly<Record<string, Tab>> = {
  overview: { title: 'Overview', load: async () => Overview },
  explore: { title: 'Explore', load: async () => (await import('../explore/explore.js')).Explore },
  label: { title: 'Label', load: async () => (await import('../label/label.js')).Label },
};

export function RunPage({ entry, part }: { entry: RunEntry; part: string }): JSX.Element {
  return (
    <>
      <h1>
        {entry.name} <StateBadge state={entry.state} />
      </h1>
      <nav class="tabs" aria-label="Parts of the run">
        {Object.entries(TABS).map(([name, { title }]) => (
          <a
            key={name}
            class="tab"
            href={name === 'overview' ? `#/runs/${entry.id}` : `#/runs/${entry.id}/${name}`}
            aria-current={part === name ? 'page' : undefined}
          >
            {title}
          </a>
        ))}
      </nav>
      <Loading key={`${entry.id}/${part}`} entry={entry} part={part} />
    </>
  );
}

function Loading({ entry, part }: { entry: RunEntry; part: string }): JSX.Element {
  const [Found, setFound] = useState<Part>();
  const [error, setError] = useState<string>();
  useEffect(() => {
    const tab = TABS[part];
    if (!tab) return setError('A run has no such part.');
    tab.load().then(
      (found) => setFound(() => found),
      (failure: Error) => setError(failure.message),
    );
    return undefined;
  }, [part]);
  if (error !== undefined) return <Message title="This part could not be loaded" text={error} />;
  return Found ? <Found entry={entry} /> : <p role="status">Loading.</p>;
}
