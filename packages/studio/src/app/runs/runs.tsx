/** The list of runs, and the comparison of those that are selected: their settings where they differ, and their curves. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { RunDetail, RunEntry, StudioInfo } from '../../api.js';
import { get } from '../client.js';
import { colourOf } from '../colours.js';
import { accuracyText, epochsText, figure, Message, StateBadge } from '../parts.js';
import { Curves } from './curves.js';

export function RunsPage({ runs, info }: { runs: readonly RunEntry[]; info: StudioInfo }): JSX.Element {
  const [selected, setSelected] = useState<readonly string[]>([]);
  if (runs.length === 0)
    return (
      <Message title="No runs yet" text={`${info.folder} contains no runs.`}>
        <p>
          <a href="#/new">Start a training</a>, or run <code>pyroved train</code> in a terminal; it will appear here.
        </p>
      </Message>
    );
  const toggle = (id: string): void =>
    setSelected((before) => (before.includes(id) ? before.filter((other) => other !== id) : [...before, id]));
  return (
    <>
      <h1>Runs</h1>
      <p class="quiet">{info.folder}</p>
      <div class="wide">
        <table>
          <thead>
            <tr>
              <th scope="col">Compare</th>
              <th scope="col">Run</th>
              <th scope="col">State</th>
              <th scope="col">Model</th>
              <th scope="col">Images</th>
              <th scope="col">Epochs</th>
              <th scope="col">Loss</th>
              <th scope="col">Accuracy</th>
            </tr>
          </thead>
          <tbody>
            {runs.map((run) => (
              <tr key={run.id}>
                <td>
                  <input
                    type="checkbox"
                    aria-label={`Compare ${run.name}`}
                    checked={selected.includes(run.id)}
                    onChange={() => toggle(run.id)}
                  />
                </td>
                <th scope="row">
                  <a href={`#/runs/${run.id}`}>{run.name}</a>
                </th>
                <td>
                  <StateBadge state={run.state} />
                </td>
                {run.problem !== undefined && run.model === '' ? (
                  <td colSpan={5}>{run.problem}</td>
                ) : (
                  <>
                    <td>{run.model}</td>
                    <td>{run.source}</td>
                    <td>{epochsText(run)}</td>
                    <td>{figure(run.last?.loss)}</td>
                    <td>{accuracyText(run)}</td>
                  </>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Comparison runs={runs.filter(({ id }) => selected.includes(id))} />
    </>
  );
}

/** Curves and differing settings of the selected runs, which are loaded again when one of them changes. */
function Comparison({ runs }: { runs: readonly RunEntry[] }): JSX.Element | null {
  const [details, setDetails] = useState<readonly RunDetail[]>([]);
  const stamp = JSON.stringify(runs);
  useEffect(() => {
    const controller = new AbortController();
    Promise.all(runs.map(({ id }) => get<RunDetail>(`/runs/${id}`, controller.signal))).then(setDetails, () => {});
    return () => controller.abort();
  }, [stamp]);
  if (runs.length === 0) return <p class="quiet">Select runs to compare their settings and curves.</p>;
  const shown = details.filter(({ id }) => runs.some((run) => run.id === id));
  const curves = shown.map(({ name, metrics }, i) => ({ name, metrics, colour: colourOf(i) }));
  return (
    <section aria-label="Comparison">
      <h2>Comparison</h2>
      <div class="pair">
        <Curves metric="loss" title="Loss, nats per image" curves={curves} />
        <Curves metric="accuracy" title="Accuracy on validation images" curves={curves} />
      </div>
      <Differences details={shown} />
      <Worst details={shown} />
    </section>
  );
}

/** The settings that differ; all of them for a single run. */
function Differences({ details }: { details: readonly RunDetail[] }): JSX.Element {
  const names = [...new Set(details.flatMap(({ settings }) => Object.keys(settings)))].filter(
    (name) => details.length < 2 || new Set(details.map(({ settings }) => settings[name])).size > 1,
  );
  if (names.length === 0) return <p>All settings are the same.</p>;
  return (
    <div class="wide">
      <table>
        <caption>{details.length < 2 ? 'Settings' : 'Settings that differ'}</caption>
        <thead>
          <tr>
            <th scope="col">Setting</th>
            {details.map(({ id, name }) => (
              <th scope="col" key={id}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {names.map((name) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {details.map(({ id, settings }) => (
                <td key={id}>{settings[name] ?? 'default'}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Names the run with the lowest accuracy, since the mean of several seeds hides one that failed. */
function Worst({ details }: { details: readonly RunDetail[] }): JSX.Element | null {
  const measured = details.filter(({ accuracy }) => accuracy !== undefined);
  if (measured.length < 2) return null;
  const worst = measured.reduce((a, b) => ((b.accuracy ?? 1) < (a.accuracy ?? 1) ? b : a));
  return (
    <p>
      Lowest accuracy: <a href={`#/runs/${worst.id}`}>{worst.name}</a>, {accuracyText(worst)}, seed {worst.seed}.
    </p>
  );
}
