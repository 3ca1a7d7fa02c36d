/** Images in HDF5 files: Velox and NCEM (.emd), HyperSpy (.hspy), NeXus (.nxs), and plain arrays of other programs. */
import type { Dataset, Group } from 'h5wasm/node';
import {
  attributeNumber,
  attributeText,
  attributeTexts,
  eachMember,
  explainHdf5Error,
  type Hdf5File,
  isNumeric,
  openHdf5File,
} from './hdf5.js';
import type { ImageFile, ImageStack, Window } from './imageFile.js';
import { type PixelSize, statedPixelSize } from './pixelSize.js';

/** Opens the images of an HDF5 file. Its groups show which layout it has; an unknown one gives every array of two or more axes. */
export async function openHdf5Images(path: string): Promise<ImageFile> {
  const file = await openHdf5File(path);
  try {
    const layouts = { 'Velox EMD': veloxStacks, HyperSpy: hyperspyStacks, 'NCEM EMD': ncemStacks, NeXus: nexusStacks };
    for (const [format, find] of Object.entries(layouts)) {
      const stacks = find(file);
      if (stacks.length > 0) return { format, stacks, close: file.close };
    }
    if (file.group(file.root, 'Data/Image'))
      throw new Error('its images hold complex numbers, which are not supported');
    const stacks = plainStacks(file);
    if (stacks.length === 0) throw new Error('it has no array of numbers with two or more axes');
    return { format: 'HDF5', stacks, close: file.close };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Which axes of an array are the image's rows and columns, and which are channels. */
interface Axes {
  readonly y: number;
  readonly x: number;
  readonly channel?: number;
}

function stackOf(name: string, dataset: Dataset, axes: Axes, pixelSize?: PixelSize): ImageStack {
  const shape = dataset.shape ?? [];
  const { y, x, channel } = axes;
  const others = [...shape.keys()].filter((axis) => axis !== y && axis !== x && axis !== channel);
  const frames = others.reduce((n, axis) => n * shape[axis], 1);
  const read = (frame: number, c: number, window: Window): Float32Array => {
    const ranges = shape.map((): [number, number] => [0, 0]);
    let rest = frame;
    for (const axis of [...others].reverse()) {
      const at = rest % shape[axis];
      ranges[axis] = [at, at + 1];
      rest = (rest - at) / shape[axis];
    }
    if (channel !== undefined) ranges[channel] = [c, c + 1];
    ranges[y] = [window.top, window.top + window.height];
    ranges[x] = [window.left, window.left + window.width];
    const values = numbersIn(dataset, ranges);
    return y < x ? values : transposed(values, window.width, window.height);
  };
  const channels = channel === undefined ? 1 : shape[channel];
  return { name, frames, channels, height: shape[y], width: shape[x], pixelSize, read };
}

function numbersIn(dataset: Dataset, ranges: [number, number][]): Float32Array {
  const values = explainHdf5Error(() => dataset.slice(ranges));
  if (!ArrayBuffer.isView(values) || values instanceof DataView) throw new Error('the array holds no numbers');
  return Float32Array.from(values as ArrayLike<number | bigint>, Number);
}

function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = values[r * columns + c];
  return out;
}

const isImage = (dataset: Dataset | undefined): dataset is Dataset =>
  dataset !== undefined &&
  isNumeric(dataset) &&
  (dataset.shape?.length ?? 0) >= 2 &&
  (dataset.shape ?? []).every((d) => d > 0);

/** The last two axes. */
const lastAxes = (dataset: Dataset): Axes => {
  const rank = dataset.shape?.length ?? 0;
  return { y: rank - 2, x: rank - 1 };
};

/** Velox: Data/Image/<id>/Data of [height, width, frames], and a JSON text of metadata for each frame. */
function veloxStacks(file: Hdf5File): ImageStack[] {
  const images = file.group(file.root, 'Data/Image');
  if (!images) return [];
  return images.keys().flatMap((id): ImageStack[] => {
    const dataset = file.dataset(images, `${id}/Data`);
    if (!isImage(dataset)) return [];
    const metadata = veloxMetadata(file.dataset(images, `${id}/Metadata`));
    const { PixelSize: size, PixelUnitX: unit, Detector: detector } = metadata.BinaryResult ?? {};
    const name = typeof detector === 'string' && detector !== '' ? `${detector} (${id.slice(0, 8)})` : id;
    const pixelSize = statedPixelSize(Number(size?.width), Number(size?.height), String(unit ?? ''));
    return [stackOf(name, dataset, { y: 0, x: 1 }, pixelSize)];
  });
}

interface VeloxMetadata {
  readonly BinaryResult?: {
    readonly PixelSize?: { readonly width?: unknown; readonly height?: unknown };
    readonly PixelUnitX?: unknown;
    readonly Detector?: unknown;
  };
}

/** The metadata of the first frame; empty where they cannot be read. */
function veloxMetadata(dataset: Dataset | undefined): VeloxMetadata {
  const [bytes] = dataset?.shape ?? [];
  if (!dataset || !(bytes > 0 && bytes < 1e7)) return {};
  try {
    const text = new TextDecoder().decode(
      Uint8Array.from(
        numbersIn(dataset, [
          [0, bytes],
          [0, 1],
        ]),
      ),
    );
    const parsed: unknown = JSON.parse(text.replace(/\0[\s\S]*$/, ''));
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}

/** HyperSpy: Experiments/<name>/data, and a group axis-<i> for each axis. */
function hyperspyStacks(file: Hdf5File): ImageStack[] {
  const experiments = file.group(file.root, 'Experiments');
  return (experiments?.keys() ?? []).flatMap((name): ImageStack[] => {
    const group = experiments && file.group(experiments, name);
    const dataset = group && file.dataset(group, 'data');
    if (!group || !isImage(dataset)) return [];
    const axes = (dataset.shape ?? []).map((_, i) => {
      const axis = file.group(group, `axis-${i}`);
      return {
        scale: axis ? attributeNumber(axis, 'scale') : Number.NaN,
        unit: (axis && attributeText(axis, 'units')) ?? '',
      };
    });
    return [stackOf(name, dataset, lastAxes(dataset), sizeFromAxes(axes, lastAxes(dataset)))];
  });
}

function sizeFromAxes(axes: readonly { scale: number; unit: string }[], { x, y }: Axes): PixelSize | undefined {
  return axes[x].unit === axes[y].unit ? statedPixelSize(axes[x].scale, axes[y].scale, axes[x].unit) : undefined;
}

/** NCEM: groups with the attribute emd_group_type = 1, an array data, and arrays dim1, dim2, ... along its axes. */
function ncemStacks(file: Hdf5File): ImageStack[] {
  const stacks: ImageStack[] = [];
  for (const [path, group] of eachMember(file)) {
    if (!isGroup(group) || !(attributeNumber(group, 'emd_group_type') >= 1)) continue;
    const dataset = file.dataset(group, 'data');
    if (!isImage(dataset)) continue;
    const first = file.dataset(group, 'dim0') ? 0 : 1;
    const dims = (dataset.shape ?? []).map((_, i) => file.dataset(group, `dim${i + first}`));
    const axes = dims.map((dim) => ({
      scale: dim ? stepOf(dim) : Number.NaN,
      unit: (dim && attributeText(dim, 'units'))?.replace(/[[\]_]/g, '') ?? '',
    }));
    const names = dims.map((dim) => ((dim && attributeText(dim, 'name')) ?? '').toLowerCase());
    const named = {
      y: names.findIndex((n) => /^(y|height)\b/.test(n)),
      x: names.findIndex((n) => /^(x|width)\b/.test(n)),
    };
    const chosen = named.y >= 0 && named.x >= 0 ? named : lastAxes(dataset);
    stacks.push(stackOf(path, dataset, chosen, sizeFromAxes(axes, chosen)));
  }
  return stacks;
}

/** NeXus: NXdata groups, whose attribute signal names an array and axes the arrays along its axes. */
function nexusStacks(file: Hdf5File): ImageStack[] {
  const stacks: ImageStack[] = [];
  for (const [path, group] of eachMember(file)) {
    if (!isGroup(group) || attributeText(group, 'NX_class') !== 'NXdata') continue;
    const signal = attributeText(group, 'signal') ?? group.keys().find((key) => isSignal(file.dataset(group, key)));
    const dataset = signal === undefined ? undefined : file.dataset(group, signal);
    if (!isImage(dataset)) continue;
    const axes = attributeTexts(group, 'axes');
    const along = (dataset.shape ?? []).map((_, i) => {
      const axis = axes[i] === undefined || axes[i] === '.' ? undefined : file.dataset(group, axes[i]);
      return { scale: axis ? stepOf(axis) : Number.NaN, unit: (axis && attributeText(axis, 'units')) ?? '' };
    });
    stacks.push(stackOf(`${path}/${signal}`, dataset, lastAxes(dataset), sizeFromAxes(along, lastAxes(dataset))));
  }
  return stacks;
}

const isSignal = (dataset: Dataset | undefined): boolean =>
  dataset !== undefined && attributeNumber(dataset, 'signal') === 1;

/** The distance between the first two values of an axis. */
function stepOf(axis: Dataset): number {
  const [length, ...others] = axis.shape ?? [];
  if (!(length >= 2) || others.length > 0 || !isNumeric(axis)) return Number.NaN;
  const values = explainHdf5Error(() => axis.slice([[0, 2]]));
  if (!ArrayBuffer.isView(values) || values instanceof DataView) return Number.NaN;
  const [a, b] = Array.from(values as ArrayLike<number | bigint>, Number);
  return b - a;
}

/** Every array of two or more axes: [..., height, width], or [..., height, width, channels] with 3 or 4 channels. */
function plainStacks(file: Hdf5File): ImageStack[] {
  const stacks: ImageStack[] = [];
  for (const [path, dataset] of eachMember(file)) {
    if (isGroup(dataset) || !isImage(dataset)) continue;
    const rank = dataset.shape?.length ?? 0;
    const last = dataset.shape?.[rank - 1] ?? 0;
    const isColour = rank >= 3 && (last === 3 || last === 4);
    stacks.push(stackOf(path, dataset, isColour ? { y: rank - 3, x: rank - 2, channel: rank - 1 } : lastAxes(dataset)));
  }
  return stacks;
}

const isGroup = (member: Group | Dataset): member is Group => 'keys' in member;
