/** Labelling: one image at a time, the most informative first, with one key for each class. A label is on the disk before the next image is shown. */
import type { JSX } from 'preact';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { LabellingState, RunDetail, RunEntry } from '../../api.js';
import { get, post } from '../client.js';
import { Images } from '../explore/data.js';
import { Picture } from '../explore/picture.js';
import { useLoaded } from '../hooks.js';
import { Message, percent } from '../parts.js';

export function Label({ entry }: { entry: RunEntry }): JSX.Element {
  const first = useLoaded(entry.id, () => get<LabellingState>(`/runs/${entry.id}/labels`));
  const detail = useLoaded(entry.id, () => get<RunDetail>(`/runs/${entry.id}`));
  const error = first.error ?? detail.error;
  if (error !== undefined) return <Message title="The images cannot be labelled" text={error} />;
  if (!first.value || !detail.value)
    return <p role="status">Inferring the classes of all images. This takes a while for large sets.</p>;
  return <Labeller entry={entry} first={first.value} settings={detail.value.settings} />;
}

interface LabellerProps {
  readonly entry: RunEntry;
  readonly first: LabellingState;
  readonly settings: RunDetail['settings'];
}

function Labeller({ entry, first, settings }: LabellerProps): JSX.Element {
  const [state, setState] = useState(first);
  const [note, setNote] = useState('');
  const busy = useRef(false);
  const shape = useMemo((): number[] => JSON.parse(settings['model.shape'] ?? '[1,1]'), [settings]);
  const channels = Number(settings['model.channels'] ?? 1);
  const images = useMemo(() => new Images(entry.id, shape, channels), [entry.id, shape, channels]);
  const image = state.next?.image;
  const picture = useLoaded(`${entry.id}/${image}`, async () => (image === undefined ? undefined : images.at(image)));
  const send = useCallback(
    async (path: string, body: object, done: string): Promise<void> => {
      // A key that is held down labels one image only.
      if (busy.current) return;
      busy.current = true;
      try {
        setState(await post<LabellingState>(`/runs/${entry.id}/labels${path}`, body));
        setNote(done);
      } catch (error) {
        setNote(error instanceof Error ? error.message : String(error));
        await get<LabellingState>(`/runs/${entry.id}/labels`).then(setState, () => {});
      } finally {
        busy.current = false;
      }
    },
    [entry.id],
  );
  const label = useCallback(
    (name: string): void => {
      if (image !== undefined) void send('', { image, label: name }, `Image ${image + 1}: ${name || 'none of these'}.`);
    },
    [image, send],
  );
  const undo = useCallback(() => void send('/undo', {}, 'The last label was removed.'), [send]);
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const isTyping = event.target instanceof HTMLElement && event.target.matches('input, select, textarea');
      if (isTyping || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
      const name = state.classes[KEYS.indexOf(event.key)]?.name;
      if (name !== undefined) label(name);
      else if (event.key === '0') label('');
      else if (event.key === 'u' || event.key === 'Backspace') undo();
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [state.classes, label, undo]);
  return (
    <div class="explorer">
      <section aria-label="Next image">
        {state.next === undefined ? (
          <Message title="All images are labelled" text="There is nothing left to label." />
        ) : (
          <>
            <Picture
              title={`Image ${state.next.image + 1}`}
              values={picture.value}
              shape={shape}
              channels={channels}
              size={288}
            />
            <p class="quiet">{state.next.name}</p>
          </>
        )}
        <div class="keys">
          {state.classes.map(({ name, count }, k) => (
            <button key={name} type="button" disabled={image === undefined} onClick={() => label(name)}>
              {KEYS[k] !== undefined && <kbd>{KEYS[k]}</kbd>} {name}{' '}
              <small>
                {count}
                {state.next?.probabilities[k] !== undefined && `, p ${percent(state.next.probabilities[k])}`}
              </small>
            </button>
          ))}
          <button type="button" class="plain" disabled={image === undefined} onClick={() => label('')}>
            <kbd>0</kbd> None of these <small>{state.none}</small>
          </button>
          <button type="button" class="plain" disabled={state.added === 0} onClick={undo}>
            <kbd>U</kbd> Undo
          </button>
        </div>
        <p role="status">{note}</p>
        <p class="quiet">
          {state.added} added, {state.left} without a label. Each label is in <code>{state.file}</code> before the next
          image is shown.
        </p>
      </section>
      <Classes
        state={state}
        onLabel={label}
        onMerge={(from, to) => void send('/merge', { from, to }, `${from} is now ${to}.`)}
        entry={entry}
      />
    </div>
  );
}

/** The key of each class. */
const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', 'q', 'w', 'e', 'r', 't'];

interface ClassesProps {
  readonly entry: RunEntry;
  readonly state: LabellingState;
  readonly onLabel: (name: string) => void;
  readonly onMerge: (from: string, to: string) => void;
}

/** New classes, merged ones, and a training on all labels. */
function Classes({ entry, state, onLabel, onMerge }: ClassesProps): JSX.Element {
  const [name, setName] = useState('');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [out, setOut] = useState(`${entry.name}-labelled`);
  const [error, setError] = useState('');
  const train = (): void => {
    post<{ readonly id: string }>(`/runs/${entry.id}/labels/train`, { out }).then(
      () => {
        location.hash = '#/';
      },
      (failure: Error) => setError(failure.message),
    );
  };
  return (
    <section aria-label="Classes">
      <h2>New class</h2>
      <p class="controls">
        <label>
          Name <input value={name} onInput={({ currentTarget }) => setName(currentTarget.value)} />
        </label>
        <button
          type="button"
          disabled={name.trim() === '' || state.next === undefined}
          onClick={() => {
            onLabel(name.trim());
            setName('');
          }}
        >
          Label this image so
        </button>
      </p>
      <h2>Rename or merge</h2>
      <p class="controls">
        <label>
          Class{' '}
          <select value={from} onChange={({ currentTarget }) => setFrom(currentTarget.value)}>
            <option value="">choose</option>
            {state.classes.map((one) => (
              <option key={one.name}>{one.name}</option>
            ))}
          </select>
        </label>
        <label>
          becomes <input value={to} onInput={({ currentTarget }) => setTo(currentTarget.value)} />
        </label>
        <button type="button" disabled={from === '' || to.trim() === ''} onClick={() => onMerge(from, to.trim())}>
          Change all
        </button>
      </p>
      <h2>Train again</h2>
      <p class="controls">
        <label>
          Name of the run <input value={out} onInput={({ currentTarget }) => setOut(currentTarget.value)} />
        </label>
        <button type="button" disabled={out.trim() === ''} onClick={train}>
          Train on all labels
        </button>
      </p>
      {error !== '' && (
        <p class="problem" role="alert">
          {error}
        </p>
      )}
    </section>
  );
}
