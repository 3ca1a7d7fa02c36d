/** TIFF, BigTIFF and OME-TIFF files: strips or tiles, several pages and channels; reduced copies (pyramids, thumbnails) are skipped. */
import type { ByteFile } from '../byteFile.js';
import type { ImageFile, ImageStack } from '../imageFile.js';
import { readPages, type TiffPage } from './directory.js';
import { statedSeries, tagPixelSize } from './metadata.js';
import { type PageRaster, rasterOf } from './raster.js';

const SUBFILE_TYPE = 254;
const REDUCED = 1;

/** @throws {Error} when the file is damaged or its pixels are stored in a way that is not supported. */
export function openTiff(file: ByteFile): ImageFile {
  const { pages: all, little } = readPages(file);
  const pages = all.filter((page) => ((page.numbers(SUBFILE_TYPE)[0] ?? 0) & REDUCED) === 0);
  if (pages.length === 0) throw new Error('it has no page at full resolution');
  const rasters = new Map<TiffPage, PageRaster>();
  const raster = (page: TiffPage): PageRaster => {
    const found = rasters.get(page) ?? rasterOf(file, page, little);
    rasters.set(page, found);
    return found;
  };
  const first = raster(pages[0]);
  const series = statedSeries(pages[0], first.samples);
  const planes = series.reduce(
    (most, { first: start, frames, channels }) => Math.max(most, start + frames * channels),
    0,
  );
  // A description may speak of planes in other files, or of pages that were removed since.
  const isComplete = series.length > 0 && planes <= pages.length;
  const stacks = isComplete
    ? series.map((one): ImageStack => stackOf(pages, raster, one, series.length > 1 ? one.name : ''))
    : plainStacks(pages, raster);
  return { format: 'TIFF', stacks, close: () => file.close() };
}

type Pages = Pick<ImageStack, 'frames' | 'channels' | 'channelNames' | 'pixelSize'> & {
  readonly first: number;
  readonly plane: (frame: number, channel: number) => number;
};

function stackOf(
  pages: readonly TiffPage[],
  raster: (page: TiffPage) => PageRaster,
  about: Pages,
  name: string,
): ImageStack {
  const page = pages[about.first];
  const { height, width, samples, range, isColour, isInverted } = raster(page);
  return {
    name,
    frames: about.frames,
    channels: about.channels * samples,
    ...(about.channelNames
      ? { channelNames: about.channelNames }
      : isColour && { channelNames: COLOURS.slice(0, samples) }),
    isColour,
    height,
    width,
    ...range,
    pixelSize: about.pixelSize ?? tagPixelSize(page),
    read: (frame, channel, window) => {
      const found = raster(pages[about.first + about.plane(frame, Math.floor(channel / samples))]);
      if (found.height !== height || found.width !== width || found.samples !== samples)
        throw new Error('its pages have several sizes');
      const values = found.read(channel % samples, window);
      return isInverted && range ? values.map((v) => range.black + range.white - v) : values;
    },
  };
}

const COLOURS = ['red', 'green', 'blue', 'alpha'];

/** Pages of one size after one another form a stack. */
function plainStacks(pages: readonly TiffPage[], raster: (page: TiffPage) => PageRaster): ImageStack[] {
  const runs: { first: number; count: number }[] = [];
  const shape = (page: TiffPage): string => {
    const { height, width, samples, type } = raster(page);
    return `${height} ${width} ${samples} ${type.bytes}`;
  };
  pages.forEach((page, i) => {
    const run = runs.at(-1);
    if (run && shape(pages[run.first]) === shape(page)) run.count += 1;
    else runs.push({ first: i, count: 1 });
  });
  return runs.map(({ first, count }) =>
    stackOf(
      pages,
      raster,
      { first, frames: count, channels: 1, plane: (frame) => frame },
      runs.length > 1 ? `page ${first + 1}` : '',
    ),
  );
}
