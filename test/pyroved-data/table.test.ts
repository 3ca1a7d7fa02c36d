/** Tables whose cells are quoted, as spreadsheets and pandas write them: the delimiter is found between the quotes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTable } from 'pyroved-data/internal';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'pyro-table-'));
afterAll(() => rmSync(folder, { recursive: true }));
const read = (text: string) => {
  const path = join(folder, 'table.csv');
  writeFileSync(path, text);
  return readTable(path).map(({ cells }) => cells);
};

describe('a table', () => {
  it.each([',', ';', '\t'])('of quoted cells between %j', (delimiter) => {
    const rows = [
      ['file', 'label', 'plate, "1"'],
      ['a.png', 'x;y', 'tab\there'],
    ];
    const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
    expect(read(rows.map((row) => row.map(quoted).join(delimiter)).join('\n'))).toEqual(rows);
  });
  it('of one quoted column', () => {
    expect(read('"file"\n"a.png"\n')).toEqual([['file'], ['a.png']]);
  });
  it('whose quotes do not close is an error that names it', () => {
    expect(() => read('"file,label\na.png,x\n')).toThrow(/table\.csv" cannot be read: Quote Not Closed/);
    expect(() => read('"file"x,"label"\n')).toThrow(/cannot be read: Invalid Closing Quote/);
  });
});
