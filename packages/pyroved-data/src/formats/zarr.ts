/** Zarr stores (versions 2 and 3): OME-Zarr, HyperSpy (.zspy), and plain arrays. Chunks are read with zarrita. */
import * as zarrita from 'zarrita';
import type { ImageFile, ImageStack, Window } from './imageFile.js';
import { type PixelSize, statedPixelSize } from './pixelSize.js';
import type { ZarrStore } from './zarrStore.js';

/** @throws {Error} when the store is damaged or has no image. */
export async function openZarr(store: ZarrStore): Promise<ImageFile> {
  const arrays = store.metadata.flatMap(
    (key) => /^(?:(.*)\/)?(?:\.zarray|zarr\.json)$/.exec(key)?.[1] ?? (isRoot(key) ? '' : []),
  );
  const attributes = await attributesOf(store, '');
  const stacks: ImageStack[] = [];
  const ome = omeOf(attributes);
  const format = ome ? 'OME-Zarr' : arrays.some((path) => path.startsWith('Experiments/')) ? 'HyperSpy' : 'Zarr';
  if (ome) {
    const array = await openArray(store, ome.path);
    if (array) stacks.push(stackOf('', array, ome.axes, ome.pixelSize, ome.channelNames));
  } else {
    for (const path of [...new Set(arrays)]) {
      const name = /^Experiments\/([^/]+)\/data$/.exec(path)?.[1];
      if (format === 'HyperSpy' && name === undefined) continue;
      const array = await openArray(store, path);
      if (!array || array.shape.length < 2) continue;
      const size =
        name === undefined ? undefined : await hyperspyPixelSize(store, `Experiments/${name}`, array.shape.length);
      stacks.push(
        stackOf(
          name ?? path,
          array,
          array.shape.map((_, i, { length }) => (i === length - 2 ? 'y' : i === length - 1 ? 'x' : '')),
          size,
        ),
      );
    }
  }
  if (stacks.length === 0) throw new Error('it has no array of numbers with two or more axes');
  return { format, stacks, close: () => {} };
}

const isRoot = (key: string): boolean => key === '.zarray' || key === 'zarr.json';

type NumberArray = zarrita.Array<zarrita.NumberDataType | zarrita.BigintDataType>;
/** Bytes of one chunk. */
const MOST_CHUNK = 2 ** 30;

/** An array of numbers; undefined where the path is none. */
async function openArray(store: ZarrStore, path: string): Promise<NumberArray | undefined> {
  const metadata = await jsonAt(store, path, ['.zarray', 'zarr.json']);
  const isBlosc = [recordOf(metadata?.compressor).id, ...listOf(metadata?.codecs).map(({ name }) => name)].includes(
    'blosc',
  );
  const grid = recordOf(recordOf(metadata?.chunk_grid).configuration).chunk_shape ?? metadata?.chunks;
  // Values have at most 8 bytes.
  const most = Array.isArray(grid) ? grid.reduce((n: number, d: unknown) => n * Number(d), 8) : 0;
  const location = zarrita.root({
    get: async (key: string) => (isBlosc ? checkedChunk(key, await store.get(key), most) : store.get(key)),
  });
  if (metadata?.node_type === 'group' || metadata === undefined) return undefined;
  const opened = await zarrita.open(path === '' ? location : location.resolve(path), { kind: 'array' });
  const { shape, chunks } = opened;
  const isSize = (n: number) => Number.isSafeInteger(n) && n > 0;
  if (!shape.every(isSize) || !chunks.every(isSize) || chunks.length !== shape.length)
    throw new Error(`an array of shape [${shape.join(', ')}] in chunks of [${chunks.join(', ')}] cannot be`);
  if (chunks.reduce((n, d) => n * d, 8) > MOST_CHUNK)
    throw new Error(`chunks of [${chunks.join(', ')}] values are too large`);
  return opened.is('number') || opened.is('bigint') ? opened : undefined;
}

/** The Blosc decoder trusts the sizes in a chunk's header: here they are compared with the chunk. */
function checkedChunk(key: string, bytes: Uint8Array | undefined, most: number): Uint8Array | undefined {
  if (!bytes || /(?:^|\/)(?:zarr\.json|\.z[a-z]+)$/.test(key)) return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isWhole =
    bytes.length >= BLOSC_HEADER && view.getUint32(12, true) === bytes.length && view.getUint32(4, true) <= most;
  if (!isWhole) throw new Error(`the chunk ${key} is cut short or damaged`);
  return bytes;
}

const BLOSC_HEADER = 16;

function stackOf(
  name: string,
  array: NumberArray,
  axes: readonly string[],
  pixelSize: PixelSize | undefined,
  channelNames?: readonly string[],
): ImageStack {
  const { shape } = array;
  const [y, x, channel] = [axes.indexOf('y'), axes.indexOf('x'), axes.indexOf('c')];
  if (axes.length !== shape.length || y < 0 || x < 0)
    throw new Error(`its axes ${axes.join(', ')} do not fit its shape [${shape.join(', ')}]`);
  const others = [...shape.keys()].filter((axis) => axis !== y && axis !== x && axis !== channel);
  const read = async (frame: number, c: number, window: Window): Promise<Float32Array> => {
    const selection: (number | zarrita.Slice)[] = shape.map(() => 0);
    let rest = frame;
    for (const axis of [...others].reverse()) {
      selection[axis] = rest % shape[axis];
      rest = Math.floor(rest / shape[axis]);
    }
    if (channel >= 0) selection[channel] = c;
    selection[y] = zarrita.slice(window.top, window.top + window.height);
    selection[x] = zarrita.slice(window.left, window.left + window.width);
    const { data, stride } = await zarrita.get(array, selection);
    const [down, across] = y < x ? stride : [stride[1], stride[0]];
    const out = new Float32Array(window.height * window.width);
    for (let r = 0, i = 0; r < window.height; r++)
      for (let k = 0; k < window.width; k++, i++) out[i] = Number(data[r * down + k * across]);
    return out;
  };
  const channels = channel < 0 ? 1 : shape[channel];
  return {
    name,
    frames: others.reduce((n, axis) => n * shape[axis], 1),
    channels,
    ...(channelNames?.length === channels && { channelNames }),
    height: shape[y],
    width: shape[x],
    pixelSize,
    read,
  };
}

type Json = Readonly<Record<string, unknown>>;

/** The first of some JSON files of a group or array that exists; undefined where none does. */
async function jsonAt(store: ZarrStore, path: string, names: readonly string[]): Promise<Json | undefined> {
  for (const name of names) {
    const bytes = await store.get(`/${path === '' ? '' : `${path}/`}${name}`);
    if (bytes) return recordOf(JSON.parse(new TextDecoder().decode(bytes)));
  }
  return undefined;
}

async function attributesOf(store: ZarrStore, path: string): Promise<Json> {
  const version3 = await jsonAt(store, path, ['zarr.json']);
  return version3 ? recordOf(version3.attributes) : ((await jsonAt(store, path, ['.zattrs'])) ?? {});
}

const recordOf = (value: unknown): Json =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
const listOf = (value: unknown): Json[] => (Array.isArray(value) ? value.map(recordOf) : []);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The largest level of the first image that the attributes of an OME-Zarr group describe; undefined of any other group. */
function omeOf(attributes: Json) {
  // From version 0.5 on the attributes are below "ome".
  const ome = 'ome' in attributes ? recordOf(attributes.ome) : attributes;
  const [image] = listOf(ome.multiscales);
  const [level] = listOf(image?.datasets);
  if (!image || !level) return undefined;
  const axes = Array.isArray(image.axes)
    ? image.axes.map((axis: unknown) => (typeof axis === 'string' ? axis : textOf(recordOf(axis).name)))
    : ['t', 'c', 'z', 'y', 'x'];
  const transforms = [...listOf(level.coordinateTransformations), ...listOf(image.coordinateTransformations)];
  const scales = transforms.flatMap(({ type, scale }) =>
    type === 'scale' && Array.isArray(scale) ? [scale.map(Number)] : [],
  );
  const scale = axes.map((_, i) => scales.reduce((product, one) => product * (one[i] ?? 1), 1));
  const [unitX, unitY] = ['x', 'y'].map((name) => textOf(listOf(image.axes)[axes.indexOf(name)]?.unit));
  const pixelSize =
    unitX === unitY && scales.length > 0
      ? statedPixelSize(scale[axes.indexOf('x')], scale[axes.indexOf('y')], unitX)
      : undefined;
  const channelNames = listOf(recordOf(ome.omero).channels).map(({ label }) => textOf(label));
  return { path: textOf(level.path), axes, pixelSize, channelNames };
}

async function hyperspyPixelSize(store: ZarrStore, path: string, rank: number): Promise<PixelSize | undefined> {
  const [y, x] = await Promise.all([rank - 2, rank - 1].map((i) => attributesOf(store, `${path}/axis-${i}`)));
  return x.units === y.units ? statedPixelSize(Number(x.scale), Number(y.scale), textOf(x.units)) : undefined;
}
