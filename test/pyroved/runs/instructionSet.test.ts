/** The instruction set of a run: recorded, said where a run continues on another one, and pinned by an option. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SpatialDecoderError, selectKernel } from '@pyro-ts/spatial-decoder';
import { RunFolder, resumeRun, trainRun } from 'pyroved';
import { cardsConfig } from 'pyroved-data/internal';
import { afterAll, describe, expect, it } from 'vitest';
import { isas } from '../../spatial-decoder/nativeKernels.js';

const root = mkdtempSync(join(tmpdir(), 'isa-'));
afterAll(() => rmSync(root, { recursive: true }));
const counts = { labelledPerClass: 2, unlabelledPerClass: 3, validationPerClass: 2 };

describe.skipIf(isas.length === 0)('the instruction set', () => {
  it('is recorded, pinned, and a run that continues on another one says so', async () => {
    const folder = join(root, 'run');
    const stop = new AbortController();
    const hooks = { signal: stop.signal, onStep: () => stop.abort() };
    const source = { kind: 'cards', ...cardsConfig({ size: 12, ...counts }) } as const;
    const model = { hiddenEncoder: [8], hiddenDecoder: [8] };
    await trainRun({ folder, source, model, train: { batchSize: 4 }, kernel: 'native', isa: 'scalar' }, hooks);
    expect(RunFolder.open(folder).config.isa).toBe('scalar');
    const said: string[] = [];
    const say = (line: string) => void said.push(line);
    const warning =
      /instruction set scalar; with .* will differ in the last digits.*--isa scalar, .* to get the same numbers/;
    await resumeRun(folder, { isa: 'scalar' }, { ...hooks, say });
    expect(said.join()).not.toMatch(warning);
    if (isas.includes('avx2')) {
      await resumeRun(folder, { isa: 'avx2' }, { ...hooks, say });
      expect(said.join('\n')).toMatch(warning);
    }
    // A run of before it was recorded says nothing.
    const file = join(folder, 'config.json');
    const { isa: _, ...older } = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify(older));
    said.length = 0;
    await resumeRun(folder, {}, { ...hooks, say });
    expect(said.join()).not.toContain('instruction set');
  });

  it('that does not exist, or belongs to no such kernel, is an error', async () => {
    await expect(selectKernel({ isa: 'avx51' })).rejects.toThrow(SpatialDecoderError);
    await expect(selectKernel({ kernel: 'wasm', isa: 'scalar' })).rejects.toThrow(/no instruction sets to choose from/);
  });
});
