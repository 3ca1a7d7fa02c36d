/** The charts: the right marks at the right places, the same text each time, and words that cannot break out. */
import { asSvgFile, heatmapChart, histogramChart, lineChart, scatterChart } from 'pyroved';
import { classScores, confusionChart, trainingCharts } from 'pyroved/internal';
import { PyrovedError } from 'pyroved-ts';
import { describe, expect, it } from 'vitest';
import { assertWellFormed, numbersOf, pathsOf, piecesOf, textsOf } from './svg.js';

const NASTY = '<b>&"odd"</b>';

describe('lineChart', () => {
  const points = [0, 0.25, 0.5, 1].map((y, x) => ({ x, y }));

  it('draws each series to scale and names it', () => {
    const svg = lineChart({
      series: [
        { name: 'a', points },
        { name: NASTY, points: points.map(({ x, y }) => ({ x, y: 1 - y })) },
      ],
      title: 'Accuracy',
      xTitle: 'angle (deg)',
      yFormat: 'percent',
    });
    assertWellFormed(svg);
    const lines = pathsOf(svg, 'line').map((d) => piecesOf(d)[0]!);
    expect(lines).toHaveLength(2);
    const [a, b] = lines as [number[][], number[][]];
    const bottom = a[0]![1]!;
    const top = a[3]![1]!;
    expect(top).toBeLessThan(bottom);
    for (const line of [a, b])
      line.forEach(([x], i) => {
        expect(x! - line[0]![0]!).toBeCloseTo((i / 3) * (line[3]![0]! - line[0]![0]!), 2);
      });
    points.forEach(({ y }, i) => {
      expect(a[i]![1]).toBeCloseTo(bottom + y * (top - bottom), 2);
      expect(b[i]![1]).toBeCloseTo(top + y * (bottom - top), 2);
    });
    expect(textsOf(svg)).toEqual(expect.arrayContaining(['Accuracy', 'angle (deg)', '0%', '100%', 'a', NASTY]));
  });

  it('leaves a gap where there is no figure, and draws a level and a band', () => {
    const svg = lineChart({
      series: [
        {
          name: 'a',
          points: [
            ...points,
            { x: 4, y: null },
            { x: 5, y: 0.3, low: 0.2, high: 0.4 },
            { x: 6, y: 0.4, low: 0.2, high: 0.5 },
          ],
        },
      ],
      title: 'Accuracy',
      xTitle: 'epoch',
      levels: [{ value: 0.25, label: 'chance' }],
    });
    expect(piecesOf(pathsOf(svg, 'line')[0]!).map((piece) => piece.length)).toEqual([4, 2]);
    expect(pathsOf(svg, 'area')).toHaveLength(1);
    expect(textsOf(svg)).toContain('chance');
    expect(textsOf(svg)).not.toContain('a');
  });

  it('spaces powers of ten evenly on a logarithmic axis', () => {
    const svg = lineChart({
      series: [{ name: 'a', points: [0.01, 0.1, 1, 10].map((x) => ({ x, y: 0.5 })) }],
      ...{ title: 'accuracy', xTitle: 'noise', xScale: 'log', yFormat: 'percent' },
    });
    const [line] = piecesOf(pathsOf(svg, 'line')[0]!);
    const gaps = line!.slice(1).map(([x], i) => x! - line![i]![0]!);
    for (const gap of gaps) expect(gap).toBeCloseTo(gaps[0]!, 1);
    expect(textsOf(svg)).toEqual(expect.arrayContaining(['0.01', '0.1', '1', '10']));
  });

  it('shows a single point, equal values and no points at all', () => {
    for (const some of [
      [{ x: 1, y: 5 }],
      [
        { x: 1, y: 5 },
        { x: 2, y: 5 },
      ],
      [],
    ]) {
      const svg = lineChart({ series: [{ name: 'a', points: some }], title: 'Loss', xTitle: 'epoch' });
      assertWellFormed(svg);
      expect(svg).not.toContain('NaN');
    }
  });

  it('gives the same text each time, inked in the colour of the page', () => {
    const options = {
      series: [{ name: 'a', points }],
      title: 'Loss',
      xTitle: 'epoch',
      levels: [{ value: 0.5, label: 'half' }],
    };
    const first = lineChart(options);
    expect(lineChart(options)).toBe(first);
    expect(first).toContain('currentColor');
    expect(first).not.toMatch(/"(black|white|#000|#fff|#ddd|#888)"/);
    expect(asSvgFile(first)).toMatch(/^<svg style="background:#fff;color:#1f2328/);
    assertWellFormed(asSvgFile(first));
  });
});

describe('trainingCharts', () => {
  it('has a chart for each figure that any training has', () => {
    const epochs = [1, 2, 3].map((epoch) => ({
      epoch,
      loss: 100 / epoch,
      accuracy: epoch === 1 ? null : 0.5,
      labelledLoss: null,
    }));
    const charts = trainingCharts([{ name: 'run', epochs }], [{ value: 0.25, label: 'chance' }]);
    expect(charts.map(({ key }) => key)).toEqual(['loss', 'accuracy']);
    expect(textsOf(charts[0]!.svg)).toContain('Loss: negative ELBO per image (nats)');
    expect(textsOf(charts[1]!.svg)).toContain('chance');
    expect(textsOf(charts[0]!.svg)).not.toContain('chance');
  });
});

describe('the confusion matrix', () => {
  const classNames = ['clubs', NASTY, 'hearts'];
  const counts = [
    [150, 50, 0],
    [10, 288, 2],
    [0, 0, 0],
  ];

  it('writes shares of the row and counts', () => {
    const texts = textsOf(confusionChart({ classNames, counts }));
    expect(texts).toEqual(expect.arrayContaining(['75.0%', '150', '25.0%', '50', '3.3%', '96.0%', '288', '0.7%', '2']));
    expect(texts).toEqual(expect.arrayContaining(['true class', 'predicted class', ...classNames]));
    expect(texts.filter((text) => text === '0')).toHaveLength(4);
  });

  it('has a ground and a cell for each pair, and no text where there is no room', () => {
    const size = 24;
    const many = Array.from({ length: size }, (_, t) => Array.from({ length: size }, (_, p) => (t === p ? 9 : 1)));
    const svg = confusionChart({ classNames: many.map((_, c) => `class ${c}`), counts: many });
    expect(numbersOf(svg, 'ground', 'rect', ['x'])).toHaveLength(size * size);
    expect(numbersOf(svg, 'cell', 'rect', ['x'])).toHaveLength(size * size);
    expect(textsOf(svg).filter((text) => text.endsWith('%'))).toEqual([]);
  });

  it('scores each class as counted by hand', () => {
    const [clubs, odd, hearts] = classScores({ classNames, counts });
    expect(clubs).toEqual({
      name: 'clubs',
      images: 200,
      recall: 0.75,
      precision: 150 / 160,
      mistakenFor: { name: NASTY, images: 50 },
    });
    expect(odd).toMatchObject({
      images: 300,
      recall: 0.96,
      precision: 288 / 338,
      mistakenFor: { name: 'clubs', images: 10 },
    });
    expect(hearts).toEqual({ name: 'hearts', images: 0, recall: Number.NaN, precision: 0 });
  });

  it('rejects counts that do not fit the names', () => {
    expect(() => classScores({ classNames: ['a', 'b'], counts: [[1, 2]] })).toThrow(
      /2 classes requires 2 rows of 2 counts/,
    );
    expect(() =>
      confusionChart({
        classNames: ['a', 'a'],
        counts: [
          [1, 2],
          [3, 4],
        ],
      }),
    ).toThrow(/Class names must be distinct/);
    expect(() => confusionChart({ classNames: [], counts: [] })).toThrow(PyrovedError);
  });
});

describe('scatterChart', () => {
  it('fills the plot with the points', () => {
    const svg = scatterChart({ x: [3, 3.1, 3.2], y: [-50, 0, 50], size: 400 });
    const places = numbersOf(svg, 'dot', 'circle', ['cx', 'cy']);
    for (const axis of [0, 1]) {
      const values = places.map((place) => place[axis]!);
      expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(360);
    }
  });

  it('draws each point in the colour of its class, if wanted on one scale for both axes', () => {
    const svg = scatterChart({
      sameScale: true,
      x: [1, -2, 0.5, Number.NaN],
      y: [0, 1, -1, 0],
      classes: [0, 1, 0, 1],
      classNames: ['clubs', NASTY],
    });
    const places = numbersOf(svg, 'dot', 'circle', ['cx', 'cy']);
    expect(places).toHaveLength(3);
    const [[x0, y0], [x1, y1], [x2, y2]] = places as [number[], number[], number[]];
    expect((x0! - x1!) / 3).toBeCloseTo((x0! - x2!) / 0.5, 3);
    expect((y0! - y1!) / 1).toBeCloseTo((x0! - x1!) / 3, 3);
    expect((y2! - y0!) / 1).toBeCloseTo((x0! - x1!) / 3, 3);
    expect(textsOf(svg)).toEqual(expect.arrayContaining(['clubs', NASTY, 'z₁', 'z₂']));
  });

  it('keeps an even choice of many points, whatever the order of the classes', () => {
    const count = 5000;
    const colours = ['#4A84C4', '#EE6677', '#228833', '#BFA32B'];
    const svg = scatterChart({
      x: Float32Array.from({ length: count }, (_, i) => Math.sin(i)),
      y: Float32Array.from({ length: count }, (_, i) => Math.cos(i)),
      classes: Int32Array.from({ length: count }, (_, i) => i % 4),
      classNames: ['a', 'b', 'c', 'd'],
      maxPoints: 800,
    });
    const drawn = colours.map((colour) => svg.split(`fill="${colour}"`).length - 2);
    for (const points of drawn) expect(Math.abs(points - 200)).toBeLessThan(8);
  });

  it('rejects lengths that differ', () => {
    expect(() => scatterChart({ x: [1, 2], y: [1] })).toThrow(PyrovedError);
  });
});

describe('histogramChart', () => {
  it('has bars as high as there are values, the upper end in the last bar, nothing from outside', () => {
    const svg = histogramChart({
      values: [-180, -170, 0, 10, 20, 180, 200, Number.NaN],
      bins: 4,
      domain: [-180, 180],
      xTitle: 'angle (deg)',
    });
    const heights = numbersOf(svg, 'bar', 'rect', ['height']).map(([height]) => height!);
    const unit = heights[0]! / 2;
    expect(heights.map((height) => height / unit)).toEqual([2, 0, 3, 1].map((count) => expect.closeTo(count, 3)));
  });

  it('has a row for each class, and rejects lengths that differ', () => {
    const svg = histogramChart({
      values: [1, 2, 3],
      classes: [0, 1, 1],
      classNames: ['a', NASTY],
      xTitle: 'angle',
    });
    expect(textsOf(svg)).toEqual(expect.arrayContaining(['a', NASTY]));
    assertWellFormed(svg);
    expect(() => histogramChart({ values: [1, 2], classes: [1], classNames: ['a'], xTitle: 'x' })).toThrow(
      PyrovedError,
    );
  });

  it('shows equal values, and none', () => {
    for (const values of [[3, 3], []]) expect(histogramChart({ values, xTitle: 'x' })).not.toContain('NaN');
  });
});

describe('heatmapChart', () => {
  const options = {
    columns: [0, 10],
    rows: [0, 5, 15],
    xTitle: 'angle (deg)',
    yTitle: 'shear (deg)',
    valueTitle: 'accuracy',
    format: 'percent',
  } as const;

  it('puts the first row at the bottom and writes into cells that have room', () => {
    const svg = heatmapChart({
      ...options,
      values: [
        [1, 0.9],
        [0.8, 0.7],
        [0.6, 0.5],
      ],
    });
    expect(numbersOf(svg, 'cell', 'rect', ['x'])).toHaveLength(6);
    const cells = svg.split('<g aria-label="text"')[1]!.split('</g>')[0]!;
    const places = new Map(
      [...cells.matchAll(/x="([\d.]+)" y="([\d.]+)"[^>]*>(\d+%)<\/text>/g)].map(([, x, y, text]) => [
        text,
        [Number(x), Number(y)],
      ]),
    );
    expect(places.get('100%')![1]).toBeGreaterThan(places.get('60%')![1]!);
    expect(places.get('90%')![0]).toBeGreaterThan(places.get('80%')![0]!);
  });

  it('keeps the gradients of two charts on one page apart', () => {
    const ids = (value: number) =>
      [
        ...heatmapChart({
          ...options,
          values: [
            [1, 0.9],
            [0.8, 0.7],
            [0.6, value],
          ],
        }).matchAll(/id="([^"]+)"/g),
      ].map(([, id]) => id);
    const [first, second] = [ids(0.5), ids(0.4)];
    expect(first.length).toBeGreaterThan(0);
    expect(first.filter((id) => second.includes(id))).toEqual([]);
  });

  it('rejects values that do not fit the axes', () => {
    expect(() => heatmapChart({ ...options, values: [[1, 2]] })).toThrow(/3 rows and 2 columns/);
  });
});

describe('classes whose names every object has', () => {
  it.each(Object.getOwnPropertyNames(Object.prototype))('%s', (name) => {
    const classNames = [name, 'spades'];
    const drawn = [
      confusionChart({
        classNames,
        counts: [
          [3, 1],
          [0, 4],
        ],
      }),
      scatterChart({ x: [0, 1], y: [0, 1], classes: [0, 1], classNames }),
      histogramChart({ values: [0, 1, 1], classes: [0, 1, 1], classNames, xTitle: 'angle' }),
      lineChart({
        title: 'Loss',
        series: classNames.map((label) => ({
          name: label,
          points: [
            { x: 0, y: 0 },
            { x: 1, y: 1 },
          ],
        })),
        xTitle: 'x',
      }),
    ];
    for (const svg of drawn) {
      assertWellFormed(svg);
      expect(textsOf(svg)).toContain(name);
    }
  });
});
