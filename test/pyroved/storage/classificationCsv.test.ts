/** The CSV of a classification, read back by another library. */
import { parse } from 'csv-parse/sync';
import { classificationCsv, RunError } from 'pyroved';
import { describe, expect, it } from 'vitest';

describe('classificationCsv', () => {
  const names = ['clubs', 'odd, "class"'];

  it('has no negative zero among the angles', () => {
    const angles = [-0.04, 0.04, -0.06].map((angleDegrees) => ({
      ...{ file: 'a.png', classIndex: 0, probabilities: [1, 0], unsure: false },
      angleDegrees,
    }));
    const rows: { angle_deg: string }[] = parse(classificationCsv(angles, names), { columns: true });
    expect(rows.map((row) => row.angle_deg)).toEqual(['0.0', '0.0', '-0.1']);
  });

  it('has one row an image, with any file and class name', () => {
    const text = classificationCsv(
      [
        { file: 'a.png', classIndex: 0, probabilities: [0.97, 0.03], unsure: false, angleDegrees: -12.34 },
        { file: 'dir, two/"b"\n.png', classIndex: 1, probabilities: Float32Array.of(0.45, 0.55), unsure: true },
      ],
      names,
    );
    expect(parse(text, { columns: true })).toEqual([
      {
        file: 'a.png',
        class: 'clubs',
        probability: '0.9700',
        unsure: 'no',
        angle_deg: '-12.3',
        'p(clubs)': '0.9700',
        'p(odd, "class")': '0.0300',
      },
      {
        file: 'dir, two/"b"\n.png',
        class: 'odd, "class"',
        probability: '0.5500',
        unsure: 'yes',
        angle_deg: '',
        'p(clubs)': '0.4500',
        'p(odd, "class")': '0.5500',
      },
    ]);
  });

  it('has no cell that a spreadsheet runs, and numbers stay numbers', () => {
    const formulas = ['=HYPERLINK("http://x")', '+1+1', '-1+1', '@SUM(1)', '\t=1', '\r=1', '＝1'];
    const row = { classIndex: 0, probabilities: [1, 0, 0], unsure: false, angleDegrees: -12.34 };
    const text = classificationCsv(
      formulas.map((file) => ({ ...row, file })),
      ['=cmd', '-3', 'plain'],
    );
    const [, ...rows] = parse(text) as string[][];
    expect(rows.map(([file]) => file)).toEqual(formulas.map((file) => `'${file}`));
    expect(rows[0]!.slice(1, 5)).toEqual(["'=cmd", '1.0000', 'no', '-12.3']);
    expect(classificationCsv([{ ...row, file: '-3' }], ['-3', 'a', 'b'])).toContain('\n-3,-3,1.0000');
  });

  it('has no column for the angle where the model has none', () => {
    const text = classificationCsv([{ file: 'a', classIndex: 0, probabilities: [1, 0], unsure: false }], names);
    expect(text.split('\n')[0]).toBe('file,class,probability,unsure,p(clubs),"p(odd, ""class"")"');
  });

  it('rejects a row that does not fit the classes', () => {
    const row = { file: 'a.png', classIndex: 2, probabilities: [0.5, 0.5], unsure: false };
    expect(() => classificationCsv([row], names)).toThrow(RunError);
    expect(() => classificationCsv([{ ...row, classIndex: 0, probabilities: [1] }], names)).toThrow(
      /a.png: class 0 with 1 probabilities does not match 2 classes/,
    );
  });
});
