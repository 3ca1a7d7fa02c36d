/** A small trained run on image files: bars and squares at any angle, some of them labelled. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { trainRun } from 'pyroved';

export const SIDE = 12;

/** A bar or a square at the angle `turn`, as PNG. */
export function shapePng(kind: 'bar' | 'square', turn: number): Uint8Array {
  const data = Uint8Array.from({ length: SIDE * SIDE }, (_, at) => {
    const [row, column] = [Math.floor(at / SIDE) - 5.5, (at % SIDE) - 5.5];
    const across = Math.abs(row * Math.cos(turn) + column * Math.sin(turn));
    const along = Math.abs(column * Math.cos(turn) - row * Math.sin(turn));
    const isInside = kind === 'bar' ? across < 1.2 && along < 5 : across < 3 && along < 3;
    return isInside ? 255 : 0;
  });
  return encode({ width: SIDE, height: SIDE, data, channels: 1, depth: 8 });
}

/** Writes `images/` (unlabelled) and `examples/` (a folder per class) and trains `runs/small` on them. */
export async function trainSmallRun(folder: string, epochs = 2): Promise<string> {
  mkdirSync(join(folder, 'images'), { recursive: true });
  for (let i = 0; i < 40; i++)
    writeFileSync(join(folder, 'images', `${i}.png`), shapePng(i % 2 === 0 ? 'bar' : 'square', 0.7 * i));
  for (const kind of ['bar', 'square'] as const) {
    mkdirSync(join(folder, 'examples', kind), { recursive: true });
    for (let i = 0; i < 5; i++) writeFileSync(join(folder, 'examples', kind, `${i}.png`), shapePng(kind, 0.02 * i));
  }
  const run = join(folder, 'runs', 'small');
  await trainRun({
    folder: run,
    source: { kind: 'images', unlabelled: join(folder, 'images'), labelled: join(folder, 'examples'), size: SIDE },
    model: { recognition: false, hidden: [16] },
    train: { epochs, batchSize: 16 },
    report: false,
    threads: 1,
  });
  return run;
}
