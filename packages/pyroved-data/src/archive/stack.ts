/** A stack of images of one size as an archive: TIFF, Zarr, MRC and other formats of micrographs, of which only the frames that are needed are read. */
import { DataError } from 'pyroved-ts';
import { defined } from 'pyroved-ts/internal';
import { type Micrograph, openMicrograph } from '../formats/openMicrograph.js';
import { luminance } from '../images/decode.js';
import { centreSquare, resize } from '../images/resize.js';
import { type ArchivedImage, type ArchiveOptions, checkedImage, type ImageArchive, sideOf } from './archivedImage.js';

/** @throws {DataError} when the file cannot be read, or the model's images are not square, or have other channels. */
export async function openStack(path: string, options: ArchiveOptions): Promise<ImageArchive> {
  const { shape, channels, dataset, maxPixels, maxBytes } = options;
  const size = sideOf(options);
  if (size === undefined)
    throw new DataError(`The model takes data of shape ${shape.join(' x ')}; stacks have square images for a model.`);
  const file = await openMicrograph(path, defined({ dataset, maxPixels, maxBytes }));
  const isColour = file.isColour === true && file.channels >= 3;
  if (!(file.channels === channels || isColour || (channels === 3 && file.channels === 1))) {
    file.close();
    throw new DataError(`The images of "${path}" have ${file.channels} channels; the model takes ${channels}.`);
  }
  const read = async (start: number, end: number) => {
    const found: ArchivedImage[] = [];
    for (let frame = start; frame < end; frame++) found.push(await imageOf(file, frame, `${path}#${frame + 1}`));
    return found;
  };
  return { count: file.frames, read, close: file.close };

  async function imageOf(stack: Micrograph, frame: number, name: string): Promise<ArchivedImage> {
    try {
      const { height, width } = stack;
      const count = isColour ? 3 : stack.channels;
      const planes: Float32Array[] = [];
      for (let channel = 0; channel < count; channel++)
        planes.push(scaled(stack, (await stack.read(frame, channel)).pixels));
      const shown = channels === 1 ? [luminance({ planes, height, width, floating: false })] : planes;
      const side = size as number;
      const pixels = new Float32Array(channels * side * side);
      for (let c = 0; c < channels; c++) {
        const plane = { pixels: shown[Math.min(c, shown.length - 1)], height, width };
        pixels.set(resize(centreSquare(plane), side, side).pixels, c * side * side);
      }
      return checkedImage(frame, name, pixels);
    } catch (error) {
      if (error instanceof DataError) return { entry: frame, name, problem: error.message };
      throw error;
    }
  }
}

/** The values of pictures from 0 (black) to 1 (white), as in image files. */
function scaled({ black = 0, white }: Micrograph, values: Float32Array): Float32Array {
  return white === undefined ? values : values.map((v) => (v - black) / (white - black));
}
