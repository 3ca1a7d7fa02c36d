/** The film of a training: its frames as an animated PNG and, where ffmpeg is installed, as MP4. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { explained } from '../storage/errors.js';
import { RUN_FILES, writeFileAtomic } from '../storage/index.js';
import { animatedPng } from './animation.js';

/** More frames are thinned out, evenly. */
const MOST_FRAMES = 150;

export interface Film {
  /** Path of the animated PNG. */
  readonly png: string;
  /** Path of the MP4 file; absent without ffmpeg. */
  readonly mp4?: string;
  readonly frames: number;
}

/** Makes `film.png` and, with ffmpeg, `film.mp4` of the frames in a run's folder; undefined if there are none. */
export function makeFilm(folder: string): Film | undefined {
  const frames = framesIn(folder);
  if (frames.length === 0) return undefined;
  const png = path.join(folder, RUN_FILES.filmPng);
  const pictures = frames.map((file) => explained(`Could not read ${file}`, () => fs.readFileSync(file)));
  writeFileAtomic(png, animatedPng(pictures));
  const mp4 = path.join(folder, RUN_FILES.filmMp4);
  return { png, frames: frames.length, ...(encodeMp4(frames, mp4) && { mp4 }) };
}

function framesIn(folder: string): string[] {
  const place = path.join(folder, RUN_FILES.film);
  if (!fs.existsSync(place)) return [];
  const files = fs
    .readdirSync(place)
    .filter((name) => /^epoch-\d+\.png$/.test(name))
    .sort()
    .map((name) => path.join(place, name));
  if (files.length <= MOST_FRAMES) return files;
  return Array.from({ length: MOST_FRAMES }, (_, i) => files[Math.round((i * (files.length - 1)) / (MOST_FRAMES - 1))]);
}

/** Whether ffmpeg wrote the file. */
function encodeMp4(frames: readonly string[], file: string): boolean {
  const list = frames.flatMap((frame) => [`file '${frame.replaceAll("'", "'\\''")}'`, 'duration 0.25']).join('\n');
  const { status } = spawnSync(
    'ffmpeg',
    [
      ...['-y', '-loglevel', 'error', '-f', 'concat', '-safe', '0', '-protocol_whitelist', 'file,pipe', '-i', 'pipe:0'],
      // Widths and heights of this format are even.
      ...['-vf', 'pad=ceil(iw/2)*2:ceil(ih/2)*2', '-pix_fmt', 'yuv420p', file],
    ],
    { input: list, stdio: ['pipe', 'ignore', 'ignore'] },
  );
  return status === 0;
}
