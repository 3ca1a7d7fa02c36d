/** One-dimensional signals as small curves, tiled like images. */
import { PyrovedError } from 'pyroved-ts';
import { CATEGORY_COLOURS } from '../theme.js';

/** Signals in one array, row-major [count, length]; NaN values are gaps. */
export interface SignalStack {
  readonly data: ArrayLike<number>;
  readonly count: number;
  readonly length: number;
}

/** Tiled curves as SVG, with the layout of the tiles as in `TiledImage`. */
export interface TiledCurves {
  readonly svg: string;
  readonly width: number;
  readonly height: number;
  readonly tileWidth: number;
  readonly tileHeight: number;
  readonly gap: number;
}

/** Tiles of curves with a common scale. @throws {PyrovedError} when data and shape do not match. */
export function tileSignals(stack: SignalStack, columns: number, tileWidth: number, gap = 6): TiledCurves {
  const { data, count, length } = stack;
  if (data.length !== count * length)
    throw new PyrovedError(`${count} signals of ${length} must have ${count * length} values; got ${data.length}.`);
  const tileHeight = Math.round(0.6 * tileWidth);
  const columnsUsed = Math.max(1, Math.min(columns, count));
  const rows = Math.max(1, Math.ceil(count / columnsUsed));
  const values = Array.from(data).filter(Number.isFinite);
  const low = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const height = (value: number) => tileHeight - 3 - ((value - low) / (high - low || 1)) * (tileHeight - 6);
  const tiles = Array.from({ length: count }, (_, s) => {
    const points = Array.from({ length }, (_, i) => {
      const value = data[s * length + i]!;
      if (!Number.isFinite(value)) return '';
      return `${((i / Math.max(1, length - 1)) * tileWidth).toFixed(1)},${height(value).toFixed(1)}`;
    });
    if (!points.some(Boolean)) return '';
    const left = (s % columnsUsed) * (tileWidth + gap);
    const top = Math.floor(s / columnsUsed) * (tileHeight + gap);
    return (
      `<g transform="translate(${left},${top})"><rect width="${tileWidth}" height="${tileHeight}" rx="2" ` +
      `fill="currentColor" opacity="0.06"/><polyline fill="none" stroke="${CATEGORY_COLOURS[0]}" stroke-width="1.5" ` +
      `stroke-linejoin="round" points="${points.filter(Boolean).join(' ')}"/></g>`
    );
  });
  return {
    svg: tiles.join(''),
    width: columnsUsed * (tileWidth + gap) - gap,
    height: rows * (tileHeight + gap) - gap,
    tileWidth,
    tileHeight,
    gap,
  };
}
