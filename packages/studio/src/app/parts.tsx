/** Small parts that several pages use. */
import type { ComponentChildren, JSX } from 'preact';
import type { RunEntry, RunState } from '../api.js';

/** A page that has nothing else to show, and what to do about it. */
export function Message(props: { title: string; text: string; children?: ComponentChildren }): JSX.Element {
  return (
    <section class="message">
      <h1>{props.title}</h1>
      <p>{props.text}</p>
      {props.children}
    </section>
  );
}

const STATES: Readonly<Record<RunState, string>> = {
  running: 'Training',
  stopped: 'Stopped',
  finished: 'Finished',
  failed: 'Failed',
};

export const StateBadge = ({ state }: { state: RunState }): JSX.Element => (
  <span class={`badge ${state}`}>{STATES[state]}</span>
);

/** "3 of 10", or "3". */
export const epochsText = ({ last, epochs }: RunEntry): string =>
  epochs === undefined ? String(last?.epoch ?? 0) : `${last?.epoch ?? 0} of ${epochs}`;

export const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

/** A number with at most four significant digits. */
export const figure = (value: number | null | undefined): string =>
  value === null || value === undefined ? '' : Number(value.toPrecision(4)).toLocaleString('en');

/** Accuracy with its interval, or an empty text. */
export function accuracyText({ accuracy, accuracyInterval, last }: RunEntry): string {
  if (accuracy !== undefined)
    return accuracyInterval
      ? `${percent(accuracy)} (${percent(accuracyInterval[0])} to ${percent(accuracyInterval[1])})`
      : percent(accuracy);
  const latest = last?.accuracy;
  return typeof latest === 'number' ? `${percent(latest)} so far` : '';
}
