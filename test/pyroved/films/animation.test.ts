/** Films: an animation holds the frames that it was made of, as another decoder reads it, and a training leaves a frame per epoch. */
import fs from 'node:fs';
import path from 'node:path';
import { decode, decodeApng, encode } from 'fast-png';
import { animatedPng } from 'pyroved/internal';
import { expect, it } from 'vitest';
import { runCommandLine } from '../../../packages/pyroved/dist/cli/commandLine.js';
import { temporaryFolder } from '../storage/helpers.js';

const frame = (seed: number, width = 5) =>
  encode({
    ...{ width, height: 3, channels: 3, depth: 8 },
    data: Uint8Array.from({ length: 9 * width }, (_, i) => (i * 7 + seed * 31) % 256),
  });

it('joins frames that a decoder takes apart again', () => {
  const frames = [1, 2, 3].map((seed) => frame(seed));
  const animation = animatedPng(frames, { frame: 100, last: 900 });
  const decoded = decodeApng(animation);
  expect(decoded.frames.map(({ data }) => Array.from(data))).toEqual(frames.map((one) => Array.from(decode(one).data)));
  expect(decoded.frames.map(({ delayNumber, delayDenominator }) => delayNumber / delayDenominator)).toEqual([
    0.1, 0.1, 0.9,
  ]);
  expect(Array.from(decode(animation).data)).toEqual(Array.from(decode(frames[0]).data));
});

it('rejects frames of different sizes, and none', () => {
  expect(() => animatedPng([frame(1), frame(2, 6)])).toThrow('Frame 2 has another size');
  expect(() => animatedPng([])).toThrow('at least one frame');
  expect(() => animatedPng([new Uint8Array(20)])).toThrow('not a PNG');
});

it('is recorded by train --film', async () => {
  const folder = temporaryFolder();
  try {
    const out = path.join(folder, 'run');
    const counts = ['--labelled-per-class', '4', '--unlabelled-per-class', '6', '--validation-per-class', '3'];
    const model = ['--recognition', 'off', '--epochs', '2', '--size', '16', '--hidden', '8,8'];
    const machine = ['--engine', 'wasm', '--kernel', 'wasm', '--no-report'];
    expect(await runCommandLine(['train', 'cards', ...counts, ...model, ...machine, '--film', '--out', out])).toBe(0);
    const { frames, width, height } = decodeApng(fs.readFileSync(path.join(out, 'film.png')));
    expect(frames).toHaveLength(2);
    // Four manifolds beside each other, and no two frames alike.
    expect(width).toBeGreaterThan(4 * 150);
    expect(height).toBeGreaterThan(200);
    expect(frames[0].data).not.toEqual(frames[1].data);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});
