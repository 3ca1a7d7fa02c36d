/** The display of trainings side by side, as a terminal shows it and elsewhere. */
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createMultiProgress } from '../../../packages/pyroved/dist/cli/multiProgress.js';

function display(isTTY: boolean) {
  let written = '';
  let time = 0;
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 100 });
  stream.on('data', (chunk) => {
    written += chunk;
  });
  const race = createMultiProgress({ stream, now: () => time });
  return {
    race,
    wait: (milliseconds: number) => {
      time += milliseconds;
    },
    written: () => written,
  };
}

/** A command to the terminal, with its number and its letter; or a character. */
const controls = /(⎋\[\??(\d*)([A-Za-z]))|([^⎋])/g;

/** What stands on a terminal of 100 columns after all that was written, line by line; enough of it for bars. */
function screen(written: string): string[] {
  const rows: string[] = [''];
  let [row, column] = [0, 0];
  for (const [, control, count, command, other] of written.replaceAll('\u001b', '⎋').matchAll(controls)) {
    if (control) {
      if (command === 'A') row -= Number(count || 1);
      if (command === 'G') column = Number(count || 1) - 1;
      if (command === 'K') rows[row] = rows[row].slice(0, count === '2' ? 0 : column);
      if (command === 'J') rows.splice(row, rows.length, rows[row].slice(0, column));
    } else if (other === '\n') {
      row++;
      column = 0;
      rows[row] ??= '';
    } else {
      const line = rows[row].padEnd(column);
      rows[row] = line.slice(0, column) + other + line.slice(column + 1);
      column++;
    }
  }
  return rows.filter((line) => line !== '').map((line) => line.replace(/[█░]+/, 'BAR').replace(/ +/g, ' ').trim());
}

describe('on a terminal', () => {
  it('shows a bar for each run, lines above them, and at the end a line for each', () => {
    const { race, wait, written } = display(true);
    const normal = race.enter('normal, seed 1', { start: 0, total: 10 });
    wait(1000);
    normal.update(5, { loss: 12.5 });
    const mises = race.enter('von-mises, seed 1', { start: 0, total: 10 });
    wait(1000);
    mises.update(2, { accuracy: 0.5 });
    mises.log('saved');
    expect(screen(written())).toEqual([
      'saved',
      'normal, seed 1 BAR 50% loss 12.50, 2.0 s left',
      'von-mises, seed 1 BAR 20% accuracy 50.0%, 4.0 s left',
    ]);
    normal.update(10, { loss: 11 });
    normal.stop();
    mises.log('on');
    expect(screen(written())).toEqual([
      'saved',
      'on',
      'normal, seed 1 BAR 100% loss 11.00',
      'von-mises, seed 1 BAR 20% accuracy 50.0%, 4.0 s left',
    ]);
    mises.update(10);
    mises.stop();
    expect(screen(written())).toEqual([
      'saved',
      'on',
      'normal, seed 1: step 10/10 (100%), loss 11.00',
      'von-mises, seed 1: step 10/10 (100%), accuracy 50.0%',
    ]);
    expect(written().lastIndexOf('\u001b[?25h')).toBeGreaterThan(written().lastIndexOf('\u001b[?25l'));
  });

  it('begins anew with the next runs', () => {
    const { race, written } = display(true);
    for (const seed of [1, 2]) {
      const run = race.enter(`normal, seed ${seed}`, { start: 0, total: 2 });
      run.update(2);
      run.stop();
    }
    expect(screen(written())).toEqual([1, 2].map((seed) => `normal, seed ${seed}: step 2/2 (100%)`));
  });
});

describe('without a terminal', () => {
  it('writes plain lines that name the run', () => {
    const { race, wait, written } = display(false);
    const [normal, mises] = ['normal, seed 1', 'von-mises, seed 1'].map((name) =>
      race.enter(name, { start: 0, total: 100 }),
    );
    wait(20_000);
    normal.update(20, { loss: 3 });
    wait(20_000);
    mises.update(30);
    normal.stop();
    expect(written().split('\n')).toEqual([
      'normal, seed 1: step 20/100 (20%), loss 3.000, 1 min 20 s left',
      'von-mises, seed 1: step 30/100 (30%), 1 min 33 s left',
      'normal, seed 1: step 20/100 (20%), loss 3.000, 2 min 40 s left',
      '',
    ]);
  });
});
