/** The report: one file, safe whatever the names, with what the data have and nothing else. */
import fs from 'node:fs';
import { decode } from 'fast-png';
import { type ReportData, RunFolder } from 'pyroved';
import { formatDuration, renderReport } from 'pyroved/internal';
import { shareInterval } from 'pyroved-ts/internal';
import { describe, expect, it } from 'vitest';
import { settings, temporaryFolder } from '../storage/helpers.js';
import { assertWellFormed } from './svg.js';

const NASTY = `<script>alert("1")</script> & 'co'\u0000`;
const classNames = ['clubs', NASTY];
const images = (count: number) => ({ data: new Float32Array(count * 16).fill(0.5), count, height: 4, width: 4 });

const everything: ReportData = {
  title: `Run ${NASTY}`,
  subtitle: NASTY,
  accuracy: { value: 0.879, images: 4000, measuredOn: NASTY, baseline: { value: 0.611, label: NASTY }, chance: 0.25 },
  warnings: [{ text: NASTY, items: [NASTY] }],
  facts: [
    {
      title: NASTY,
      rows: [
        [NASTY, NASTY],
        ['parameters', 659727],
      ],
    },
  ],
  curves: [
    {
      name: NASTY,
      epochs: [
        { epoch: 1, loss: 2, accuracy: 0.5 },
        { epoch: 2, loss: 1, accuracy: 0.6 },
      ],
    },
  ],
  confusion: {
    classNames,
    counts: [
      [9, 1],
      [2, 8],
    ],
  },
  manifolds: classNames.map((title) => ({
    images: images(4),
    columns: 2,
    x: [-2, 2] as const,
    y: [-2, 2] as const,
    title,
  })),
  latents: { x: [1, 2], y: [1, 2], classes: [0, 1], classNames },
  angles: { values: [1, 2], classes: [0, 1], classNames, xTitle: NASTY },
  latentTable: { title: NASTY, header: ['factor', NASTY], rows: [[NASTY, 1]] },
  reconstructions: {
    rows: ['input', NASTY, 'redrawn'].map((label) => ({ label, images: images(2) })),
    columnLabels: [NASTY, 'b'],
  },
  samples: { rows: [{ label: NASTY, images: images(2) }] },
  charts: [{ key: '../../etc/passwd', title: NASTY, caption: NASTY, svg: '<svg width="10"></svg>' }],
  sections: [
    {
      ...{ title: NASTY, text: [NASTY] },
      charts: [{ key: '../b', title: NASTY, caption: NASTY, svg: '<svg width="10"></svg>' }],
      tables: [{ title: NASTY, intro: NASTY, header: ['a', NASTY], rows: [[NASTY, 1]] }],
    },
  ],
  notes: [{ text: NASTY, items: Array.from({ length: 9 }, () => NASTY) }],
  commands: [{ command: `classify '${NASTY}'`, what: NASTY }],
};
const report = renderReport(everything);
const VOID = ['meta', 'br', 'img'];

describe('a report of everything', () => {
  it('is well-formed, escapes every name and runs no script', () => {
    const { html } = report;
    assertWellFormed(html, VOID);
    expect(html).not.toContain('<script');
    expect(html).not.toContain('\u0000');
    expect(html.split('&lt;script&gt;').length).toBeGreaterThan(20);
  });

  it('needs nothing but itself', () => {
    const { html } = report;
    const addresses = [...html.matchAll(/https?:[^"' )]+/g)].map(([address]) => address);
    expect(new Set(addresses)).toEqual(new Set(['http://www.w3.org/2000/svg']));
    for (const [, source] of html.matchAll(/\b(?:src|href)="([^"]*)"/g))
      expect(source).toMatch(/^data:image\/png;base64,/);
    expect(html).toContain(`content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"`);
  });

  it('uses each id once', () => {
    const ids = [...report.html.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('says the accuracy, what it means and what it is held against', () => {
    const { html } = renderReport({
      title: 'Cards',
      accuracy: {
        ...everything.accuracy!,
        measuredOn: 'test images',
        baseline: { value: 0.611, label: 'no rotation' },
      },
    });
    const words = html
      .replace(/<style>.*<\/style>/s, '')
      .replace(/<[^>]+>/g, ' ')
      .replace(/\s+/g, ' ');
    expect(words).toContain('87.9% of 4,000 test images classified correctly.');
    expect(words).toContain('26.8 points above no rotation');
    expect(words).toContain('this model 87.9% no rotation 61.1% chance 25.0%');
  });

  it('gives its pictures as files that a run folder takes', () => {
    const { pictures } = report;
    expect([...pictures.keys()]).toEqual([
      'loss.svg',
      'accuracy.svg',
      'confusion.svg',
      'latents.svg',
      'angles.svg',
      'manifold-1-clubs.svg',
      'manifold-1-clubs.png',
      'manifold-2-script-alert-1-script-co.svg',
      'manifold-2-script-alert-1-script-co.png',
      'reconstructions.svg',
      'reconstructions.png',
      'samples.svg',
      'samples.png',
      'chart-1-etc-passwd.svg',
      'figure-1-b.svg',
    ]);
    const folder = temporaryFolder();
    try {
      const run = RunFolder.create(folder, settings);
      for (const [name, content] of pictures) run.writePicture(name, content);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
    for (const [name, content] of pictures) {
      if (typeof content === 'string') assertWellFormed(content);
      else expect(decode(content).width, name).toBeGreaterThan(1);
    }
  });
});

describe('a report of little', () => {
  it('has no section without data', () => {
    const { html, pictures } = renderReport({ title: 'Signals' });
    expect(html).not.toMatch(/<section|<figure|<svg|<h2/);
    expect(pictures.size).toBe(0);
  });

  it('draws the level of the baseline unless it has a curve', () => {
    const { accuracy, curves } = everything;
    const baseline = { value: 0.6, label: 'no rotation' };
    const levels = (runs: number) => {
      const { pictures } = renderReport({
        title: '',
        accuracy: { ...accuracy!, baseline },
        curves: Array.from({ length: runs }, (_, i) => ({ ...curves![0]!, name: `run ${i}` })),
      });
      return String(pictures.get('accuracy.svg')).includes('no rotation');
    };
    expect([levels(1), levels(2)]).toEqual([true, false]);
  });
});

describe('figures', () => {
  it('have the interval of Wilson', () => {
    // Newcombe, Statistics in Medicine 17, 857 (1998), table I, method 3.
    const published = [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
      [0, 20, 0, 0.1611],
      [1, 29, 0.0061, 0.1718],
    ] as const;
    for (const [found, count, low, high] of published) {
      const [l, h] = shareInterval(found / count, count);
      expect(l).toBeCloseTo(low, 4);
      expect(h).toBeCloseTo(high, 4);
    }
  });

  it.each([
    [8.44, '8.4 s'],
    [9.99, '10 s'],
    [59.4, '59 s'],
    [59.7, '1 min 0 s'],
    [161, '2 min 41 s'],
    [3599.6, '1 h 0 min'],
    [3900, '1 h 5 min'],
    [Number.NaN, 'unknown'],
  ])('say %s seconds as %s', (seconds, words) => expect(formatDuration(seconds)).toBe(words));
});
