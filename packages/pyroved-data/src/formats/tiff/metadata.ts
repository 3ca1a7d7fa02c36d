/** What TIFF files say about their pages beyond the standard: OME-XML, ImageJ, and the pixel sizes of microscopes' own tags. */
import { normalUnit, type PixelSize, statedPixelSize } from '../pixelSize.js';
import type { TiffPage } from './directory.js';

/** A series of pages that belong together: page = first + plane(frame, channel). */
export interface Series {
  readonly name: string;
  readonly first: number;
  readonly frames: number;
  readonly channels: number;
  readonly channelNames?: readonly string[];
  readonly pixelSize?: PixelSize;
  readonly plane: (frame: number, channel: number) => number;
}

const DESCRIPTION = 270;

/** The series that the description of the first page states; empty where it states none. */
export function statedSeries(page: TiffPage, samples: number): Series[] {
  const text = page.text(DESCRIPTION);
  if (/<OME[\s>]/.test(text) || /<(?:\w+:)?Pixels\s/.test(text)) return omeSeries(text, samples);
  if (text.startsWith('ImageJ=')) return imageJSeries(text, page);
  return [];
}

function omeSeries(xml: string, samples: number): Series[] {
  const series: Series[] = [];
  let next = 0;
  for (const [, head, body] of xml.matchAll(/<(?:\w+:)?Image\b([^>]*)>([\s\S]*?)<\/(?:\w+:)?Image>/g)) {
    const pixels = attributesOf(/<(?:\w+:)?Pixels\b([^>]*)>/.exec(body)?.[1] ?? '');
    const size = (axis: string) => Math.max(1, Number(pixels.get(`Size${axis}`) ?? 1) || 1);
    // Samples of one page count as channels in the description.
    const sizes: Record<string, number> = {
      C: Math.max(1, Math.floor(size('C') / samples)),
      Z: size('Z'),
      T: size('T'),
    };
    const order = (pixels.get('DimensionOrder') ?? 'XYCZT').replace(/[^CZT]/g, '');
    const names = [...body.matchAll(/<(?:\w+:)?Channel\b([^>]*)>/g)].map(
      ([, text]) => attributesOf(text).get('Name') ?? '',
    );
    const firstText = attributesOf(/<(?:\w+:)?TiffData\b([^>]*)>/.exec(body)?.[1] ?? '').get('IFD');
    const first = firstText === undefined ? next : Number(firstText);
    const unit = pixels.get('PhysicalSizeXUnit') ?? 'µm';
    const sameUnit = unit === (pixels.get('PhysicalSizeYUnit') ?? 'µm');
    const [x, y] = [Number(pixels.get('PhysicalSizeX')), Number(pixels.get('PhysicalSizeY'))];
    series.push({
      name: attributesOf(head).get('Name') ?? `image ${series.length + 1}`,
      first,
      frames: sizes.Z * sizes.T,
      channels: sizes.C,
      ...(names.length === sizes.C && names.every((name) => name !== '') && { channelNames: names }),
      ...(sameUnit && { pixelSize: statedPixelSize(x, y, unit) }),
      plane: (frame, c) => {
        const at: Record<string, number> = { C: c, Z: frame % sizes.Z, T: Math.floor(frame / sizes.Z) };
        let stride = 1;
        return [...order].reduce((sum, axis) => {
          const place = sum + at[axis] * stride;
          stride *= sizes[axis];
          return place;
        }, 0);
      },
    });
    next = first + sizes.C * sizes.Z * sizes.T;
  }
  return series;
}

/** Attributes of an XML tag by name. */
function attributesOf(text: string): Map<string, string> {
  return new Map(
    [...text.matchAll(/([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)].map(([, name, a, b]) => [name, plain(a ?? b)]),
  );
}

/** Text without XML's escapes. */
const plain = (text: string): string =>
  text
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Math.min(0x10ffff, Number(code))))
    .replace(/&#x([\da-f]+);/gi, (_, code: string) =>
      String.fromCodePoint(Math.min(0x10ffff, Number.parseInt(code, 16))),
    )
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, '&');

function imageJSeries(text: string, page: TiffPage): Series[] {
  const values = new Map(
    text.split(/\r?\n/).map((line): [string, string] => [line.split('=')[0], line.slice(line.indexOf('=') + 1)]),
  );
  const channels = Math.max(1, Number(values.get('channels') ?? 1) || 1);
  const images = Math.max(channels, Number(values.get('images') ?? 1) || 1);
  const unit = (values.get('unit') ?? '').replace(/\\u([\da-f]{4})/gi, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  const [x, y] = [282, 283].map((tag) => 1 / (page.numbers(tag)[0] ?? Number.NaN));
  const pixelSize = normalUnit(unit) === undefined ? undefined : statedPixelSize(x, y, unit);
  return [
    {
      name: '',
      first: 0,
      frames: Math.floor(images / channels),
      channels,
      pixelSize,
      plane: (frame, c) => frame * channels + c,
    },
  ];
}

/** Pixels of more than this, by the standard's tags, are dots of a printer. */
const MOST_CENTIMETRES = 1e-3;

/** The pixel size in the tags of Zeiss, FEI and Thermo Fisher microscopes, or in the standard's tags where it can be one of a micrograph. */
export function tagPixelSize(page: TiffPage): PixelSize | undefined {
  const zeiss = /Pixel Size\s*=\s*([\d.eE+-]+)\s*(\S+)/.exec(page.text(34118));
  if (zeiss) return statedPixelSize(Number(zeiss[1]), Number(zeiss[1]), zeiss[2]);
  for (const tag of [34680, 34682]) {
    const [x, y] = ['Width', 'Height'].map(
      (side) => new RegExp(`Pixel${side}\\s*=\\s*([\\d.eE+-]+)`).exec(page.text(tag))?.[1],
    );
    if (x !== undefined) return statedPixelSize(Number(x), Number(y ?? x), 'm');
  }
  const [unit] = page.numbers(296);
  const [x, y] = [282, 283].map((tag) => 1 / (page.numbers(tag)[0] ?? Number.NaN));
  return unit === 3 && x <= MOST_CENTIMETRES ? statedPixelSize(x / 100, y / 100, 'm') : undefined;
}
