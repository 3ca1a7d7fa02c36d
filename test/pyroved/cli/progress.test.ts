/** The progress display, on a terminal and elsewhere, with a clock of our own. */
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createProgress } from '../../../packages/pyroved/dist/cli/progress.js';

function display(isTTY: boolean, options: { start?: number; total: number }) {
  let written = '';
  let time = 0;
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 100 });
  stream.on('data', (chunk) => {
    written += chunk;
  });
  const progress = createProgress({ ...options, stream, now: () => time });
  return {
    progress,
    wait: (milliseconds: number) => {
      time += milliseconds;
    },
    written: () => written,
  };
}

describe('without a terminal', () => {
  it('writes a plain line now and then, and one at the end', () => {
    const { progress, wait, written } = display(false, { start: 100, total: 1100 });
    for (let step = 101; step <= 1100; step++) {
      wait(100);
      progress.update(step, step % 2 ? { loss: 1000 / step } : { accuracy: 0.5 });
      if (step === 300) progress.log('saved');
    }
    progress.stop();
    const lines = written().trim().split('\n');
    expect(lines).toHaveLength(12);
    expect(lines[0]).toBe('step 200/1100 (18%), loss 5.025, accuracy 50.0%, 1 min 30 s left');
    expect(lines[2]).toBe('saved');
    expect(lines.at(-1)).toBe('step 1100/1100 (100%), loss 0.9099, accuracy 50.0%');
    expect(written()).not.toContain('\u001b');
  });
});

describe('on a terminal', () => {
  it('draws a bar, keeps logged lines and ends with a plain one', () => {
    const { progress, wait, written } = display(true, { total: 10 });
    wait(1000);
    progress.update(5, { loss: 12345.6 });
    progress.log('saved');
    progress.stop();
    expect(written()).toContain('░');
    expect(written()).toContain('50% 5/10  loss 12346, 1.0 s left');
    expect(written()).toContain('saved\n');
    expect(written().endsWith('step 5/10 (50%), loss 12346, 1.0 s left\n')).toBe(true);
    expect(written()).toContain('\u001b[?25h');
  });

  it('does not fail where there is nothing to do', () => {
    const { progress, written } = display(true, { total: 0 });
    progress.stop();
    expect(written()).toContain('step 0/0 (100%)');
  });
});
