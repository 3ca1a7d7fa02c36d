/** The overview of a run: its curves as they grow, accuracy by class, pictures, settings, and the buttons that stop and resume it. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { RunDetail, RunEntry } from '../../api.js';
import { follow, get, getImage, post } from '../client.js';
import { colourOf } from '../colours.js';
import { useLoaded } from '../hooks.js';
import { accuracyText, epochsText, Message, percent } from '../parts.js';
import { Curves } from './curves.js';

export function Overview({ entry }: { entry: RunEntry }): JSX.Element {
  const { value: run, error } = useLoaded(JSON.stringify(entry), () => get<RunDetail>(`/runs/${entry.id}`));
  const [shown, setShown] = useState<RunDetail>();
  useEffect(() => {
    // Until the next version is loaded, the one before stays.
    if (run) setShown(run);
  }, [run]);
  if (error !== undefined && !shown) return <Message title="The run could not be loaded" text={error} />;
  if (!shown) return <p role="status">Loading.</p>;
  const curves = [{ name: entry.name, metrics: shown.metrics, colour: colourOf(0) }];
  return (
    <>
      <Controls entry={entry} />
      <dl class="figures">
        <Figure name="Epochs" value={epochsText(entry)} />
        <Figure name="Accuracy" value={accuracyText(entry)} />
        <Figure name="Model" value={entry.model} />
        <Figure name="Images" value={entry.source} />
        <Figure name="Seed" value={String(entry.seed)} />
      </dl>
      {shown.metrics.length === 0 && <p>No epoch has ended yet; the curves appear after the first.</p>}
      <div class="pair">
        <Curves metric="loss" title="Loss, nats per image" curves={curves} />
        <Curves metric="accuracy" title="Accuracy on validation images" curves={curves} />
        <Curves metric="recognitionLoss" title="Recognition loss, nats per image" curves={curves} />
      </div>
      <ClassAccuracy run={shown} />
      <Pictures run={shown} />
      <Log id={entry.id} first={shown.log} />
      <details>
        <summary>Settings</summary>
        <dl class="settings">
          {Object.entries(shown.settings).map(([name, value]) => (
            <Figure key={name} name={name} value={value} />
          ))}
        </dl>
      </details>
    </>
  );
}

const Figure = ({ name, value }: { name: string; value: string }): JSX.Element | null =>
  value === '' ? null : (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );

/** Stop and resume, whichever applies. */
function Controls({ entry }: { entry: RunEntry }): JSX.Element {
  const [note, setNote] = useState('');
  const send = (what: 'stop' | 'resume', done: string): void => {
    setNote('');
    post(`/runs/${entry.id}/${what}`).then(
      () => setNote(done),
      (error: Error) => setNote(error.message),
    );
  };
  const canResume = entry.state === 'stopped' || (entry.state === 'failed' && entry.hasModel);
  return (
    <p class="controls">
      {entry.state === 'running' && (
        <button type="button" onClick={() => send('stop', 'Saving and stopping after the current step.')}>
          Stop
        </button>
      )}
      {canResume && (
        <button type="button" onClick={() => send('resume', 'Resuming.')}>
          Resume
        </button>
      )}
      <span role="status">{note}</span>
      {entry.problem !== undefined && <span class="problem">{entry.problem}</span>}
    </p>
  );
}

function ClassAccuracy({ run: { classAccuracy, classNames } }: { run: RunDetail }): JSX.Element | null {
  if (!classAccuracy || classAccuracy.length === 0) return null;
  return (
    <section aria-label="Accuracy by class">
      <h2>Accuracy by class</h2>
      <ul class="bars">
        {classAccuracy.map((share, k) => (
          <li key={classNames[k] ?? k}>
            <span>{classNames[k] ?? `class ${k + 1}`}</span>
            <meter min={0} max={1} value={share} aria-label={`Accuracy of ${classNames[k] ?? `class ${k + 1}`}`} />
            <span>{Number.isNaN(share) ? 'no images' : percent(share)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Pictures({ run: { id, pictures } }: { run: RunDetail }): JSX.Element | null {
  if (pictures.length === 0) return null;
  return (
    <details>
      <summary>Pictures ({pictures.length})</summary>
      <div class="pictures">
        {pictures.map((name) => (
          <Picture key={name} id={id} name={name} />
        ))}
      </div>
    </details>
  );
}

function Picture({ id, name }: { id: string; name: string }): JSX.Element {
  const { value } = useLoaded(`${id}/${name}`, () => getImage(`/runs/${id}/pictures/${encodeURIComponent(name)}`));
  return (
    <figure>
      {value !== undefined && <img src={value} alt={name} />}
      <figcaption>{name}</figcaption>
    </figure>
  );
}

/** What the training has written, as it grows. */
function Log({ id, first }: { id: string; first: readonly string[] }): JSX.Element | null {
  const [more, setMore] = useState<readonly string[]>([]);
  useEffect(() => setMore([]), [first]);
  useEffect(
    () => follow({ line: (event) => event.id === id && setMore((lines) => [...lines, event.line]) }, () => {}),
    [id],
  );
  const lines = [...first, ...more].slice(-200);
  if (lines.length === 0) return null;
  return (
    <details open>
      <summary>Output of the training</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: scrolled with the keyboard */}
      <pre class="log" tabIndex={0}>
        {lines.join('\n')}
      </pre>
    </details>
  );
}
