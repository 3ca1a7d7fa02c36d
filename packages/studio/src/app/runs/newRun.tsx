/** The form that starts a training. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { StudioInfo, TrainingField, TrainingStatus } from '../../api.js';
import { get, post } from '../client.js';

const OWN = 'own images';
/** The fields that only your own images have. */
const OF_OWN = ['unlabelled', 'labelled', 'labels'];

export function NewRunPage({ info }: { info: StudioInfo }): JSX.Element {
  const [values, setValues] = useState<Readonly<Record<string, string>>>({ source: OWN });
  const [error, setError] = useState('');
  const [started, setStarted] = useState<string>();
  const submit = (event: Event): void => {
    event.preventDefault();
    setError('');
    const isOwn = values.source === OWN;
    const given = Object.fromEntries(Object.entries(values).filter(([name]) => isOwn || !OF_OWN.includes(name)));
    post<{ readonly id: string }>('/trainings', given).then(
      ({ id }) => setStarted(id),
      (failure: Error) => setError(failure.message),
    );
  };
  if (started !== undefined)
    return (
      <Starting
        id={started}
        onFailure={(failure) => {
          setStarted(undefined);
          setError(failure);
        }}
      />
    );
  return (
    <form onSubmit={submit} class="form">
      <h1>New training</h1>
      <p class="quiet">
        Empty fields have defaults that fit the images. Relative paths start where the studio was started. All other
        options: <code>pyroved train --help</code>.
      </p>
      {info.fields
        .filter(({ name }) => values.source === OWN || !OF_OWN.includes(name))
        .map((field) => (
          <Field
            key={field.name}
            field={field}
            value={values[field.name] ?? ''}
            onInput={(value) => setValues((before) => ({ ...before, [field.name]: value }))}
          />
        ))}
      {error !== '' && (
        <p class="problem" role="alert">
          {error}
        </p>
      )}
      <button type="submit">Start training</button>
    </form>
  );
}

interface FieldProps {
  readonly field: TrainingField;
  readonly value: string;
  readonly onInput: (value: string) => void;
}

function Field({
  field: { name, label, help, kind, choices = [], placeholder },
  value,
  onInput,
}: FieldProps): JSX.Element {
  const id = `field-${name}`;
  const common = { id, name, value, 'aria-describedby': `${id}-help` };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {kind === 'choice' ? (
        <select {...common} onChange={({ currentTarget }) => onInput(currentTarget.value)}>
          {choices.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      ) : (
        <input
          {...common}
          type="text"
          inputMode={kind === 'number' ? 'numeric' : 'text'}
          autocomplete="off"
          required={name === 'out'}
          {...(placeholder !== undefined && { placeholder })}
          onInput={({ currentTarget }) => onInput(currentTarget.value)}
        />
      )}
      <small id={`${id}-help`}>{help}</small>
    </div>
  );
}

/** Waits until the run exists or its training has failed. */
function Starting({ id, onFailure }: { id: string; onFailure: (failure: string) => void }): JSX.Element {
  const [line, setLine] = useState('');
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const look = async (): Promise<void> => {
      const { active, exists, log, failure } = await get<TrainingStatus>(`/trainings/${id}`);
      setLine(log.at(-1) ?? '');
      if (failure !== undefined) return onFailure(failure);
      if (exists) location.hash = `#/runs/${id}`;
      else if (active) timer = setTimeout(look, 300);
      else onFailure('The training ended before it began. Its output is in the terminal of the studio.');
    };
    look().catch((error: Error) => onFailure(error.message));
    return () => clearTimeout(timer);
  }, [id]);
  return (
    <section role="status">
      <h1>Starting</h1>
      <p>Reading the images.</p>
      <p class="quiet">{line}</p>
    </section>
  );
}
