/** `plate`: conditionally independent elements, vectorised along a batch dimension or one after another. */
import { type Shape, take } from '@pyro-ts/engine';
import { noteCheck, uncountedReads } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { Subsample } from '../distributions/subsample.js';
import { formatShape, OptionError, PlateError, rejectUnknownKeys, ShapeError } from '../errors.js';
import type { Message, ParamMessage, PlateFrame, SampleMessage } from '../runtime/messages.js';
import { activeHandlers, Handler, isValidating, rejectPromise } from '../runtime/stack.js';
import { sendSample } from './sampleMessage.js';

export interface PlateOptions {
  /** Run the body on this many randomly chosen elements; log-probabilities are scaled up by size / subsampleSize. */
  subsampleSize?: number;
  /** Run the body on these elements (int32 [k]); scaled likewise. */
  subsample?: tf.Tensor1D | readonly number[];
  /** The batch dimension, negative, counted from the right. @default the rightmost free one */
  dim?: number;
}

/** A plate that can be opened several times; its elements are chosen once. Source: a `pyro.plate` that is used in several `with` statements. */
export interface Plate {
  /** Runs `body` inside the plate; see `plate`. It has one dimension: that of the first time. */
  <R>(body: (indices: tf.Tensor1D) => R): R;
  /** The elements that were chosen, int32 [k]. */
  readonly indices: tf.Tensor1D;
}

/**
 * Runs `body` for `size` conditionally independent elements at once: every sample site inside has `size` (or the subsample's size) in one batch
 * dimension. Returns what the body returns. The body gets the indices of its elements (int32). With size `undefined` nothing is broadcast or
 * checked: the body's own shapes decide. Without a body it returns the plate, to be opened as often as one likes with the same elements.
 * Source: `pyro.plate` as a context manager.
 * @example
 * const heights = tf.linspace(150, 200, 100);
 * const mu = sample('mu', normal(170, 20));
 * plate('people', 100, { subsampleSize: 10 }, (i) => sample('height', normal(mu, 8), { obs: take(heights, i) }));
 * @example
 * const people = plate('people', 100, { subsampleSize: 10 });
 * const height = people(() => sample('height', normal(170, 8)));
 * people(() => sample('weight', normal(height.sub(100), 5)));
 */
export function plate<R>(name: string, size: number | undefined, body: (indices: tf.Tensor1D) => R): R;
export function plate<R>(
  name: string,
  size: number | undefined,
  options: PlateOptions,
  body: (indices: tf.Tensor1D) => R,
): R;
export function plate(name: string, size: number | undefined, options?: PlateOptions): Plate;
export function plate<R>(
  name: string,
  size: number | undefined,
  optionsOrBody: PlateOptions | ((indices: tf.Tensor1D) => R) = {},
  maybeBody?: (indices: tf.Tensor1D) => R,
): R | Plate {
  const { options, body } = unpack(name, optionsOrBody, maybeBody);
  if (!body) return reusable(name, size, options);
  const dim = chooseDim(name, options.dim);
  return open(name, size, dim, chosen(name, size, options), body);
}

/**
 * Runs `body` inside several plates at once, the first one outermost (in the dimension furthest to the right where they choose it).
 * @example
 * const [rows, columns] = [plate('rows', 3), plate('columns', 4)];
 * plates([rows, columns], () => sample('x', normal(0, 1))); // of shape [4, 3]
 */
export const plates = <R>(around: readonly Plate[], body: () => R): R =>
  around.reduceRight<() => R>((inner, outer) => () => outer(inner), body)();

function reusable(name: string, size: number | undefined, options: PlateOptions): Plate {
  const elements = chosen(name, size, options);
  let { dim } = options;
  const opened = <R>(body: (indices: tf.Tensor1D) => R): R => {
    if (typeof body !== 'function') throw new OptionError(`plate "${name}" is opened with its body, a function.`);
    dim = chooseDim(name, dim);
    return open(name, size, dim, elements, body);
  };
  return Object.assign(opened, { indices: elements.indices });
}

interface Elements {
  readonly indices: tf.Tensor1D;
  /** Whether they were given. */
  readonly isOrdered: boolean;
}

const chosen = (name: string, size: number | undefined, options: PlateOptions): Elements =>
  size === undefined
    ? { indices: tf.tensor1d([], 'int32'), isOrdered: false }
    : { indices: chooseElements(name, size, options), isOrdered: options.subsample !== undefined };

function open<R>(
  name: string,
  fullSize = -1,
  dim: number,
  { indices, isOrdered }: Elements,
  body: (indices: tf.Tensor1D) => R,
): R {
  const frame: PlateFrame = { name, dim, size: fullSize < 0 ? -1 : indices.shape[0], fullSize, counter: 0 };
  return new PlateHandler(frame, indices, isOrdered).run(() => body(indices));
}

/**
 * Runs `body` once for each element, in turn; site names inside must differ from turn to turn. Returns the list of results. Source: iterating
 * over `pyro.plate`.
 * @example sequentialPlate('data', 3, (i) => sample(`x${i}`, normal(0, 1)));
 */
export function sequentialPlate<R>(name: string, size: number, body: (index: number) => R): R[];
export function sequentialPlate<R>(
  name: string,
  size: number,
  options: Omit<PlateOptions, 'dim'>,
  body: (index: number) => R,
): R[];
export function sequentialPlate<R>(
  name: string,
  size: number,
  optionsOrBody: Omit<PlateOptions, 'dim'> | ((index: number) => R),
  maybeBody?: (index: number) => R,
): R[] {
  const { options, body } = unpack(name, optionsOrBody, maybeBody);
  if (!body) throw new OptionError(`sequentialPlate "${name}" takes its body as a function, the last argument.`);
  rejectRepeat(name);
  const elements = chooseElements(name, size, options);
  return Array.from(elements.dataSync(), (index, counter) => {
    const frame: PlateFrame = { name, dim: undefined, size: elements.shape[0], fullSize: size, counter };
    return new PlateHandler(frame, elements).run(() => body(index));
  });
}

/**
 * Nested plates over `sizes`, the last one at dim -1 (or further left by `rightmostDim`). Source: `pyro.plate_stack`.
 * @example plateStack('grid', [8, 8], () => sample('x', normal(0, 1))); // x: [8, 8]
 */
export function plateStack<R>(prefix: string, sizes: readonly number[], body: () => R, rightmostDim = -1): R {
  const nest = (i: number): R =>
    i === sizes.length
      ? body()
      : plate(`${prefix}_${i}`, sizes[i], { dim: rightmostDim - (sizes.length - 1 - i) }, () => nest(i + 1));
  return nest(0);
}

/**
 * The entries of `data` that the plates around have chosen. Each plate indexes its own dimension, which sits left of `eventDim` rightmost ones
 * and has one entry for each of the plate's elements, or a single one. Source: `pyro.subsample`.
 * @example plate('people', 100, { subsampleSize: 10 }, () => sample('height', normal(170, 8), { obs: subsample(tf.linspace(150, 200, 100)) }));
 */
export function subsample(data: tf.Tensor, eventDim = 0): tf.Tensor {
  return activeHandlers()
    .filter((h): h is PlateHandler => h instanceof PlateHandler)
    .reduce((value, handler) => handler.select(value, eventDim, 'the tensor to take a subsample of'), data);
}

/** Marks sites as independent along one plate: frame, broadcast, scale. */
export class PlateHandler extends Handler {
  constructor(
    readonly frame: PlateFrame,
    readonly indices: tf.Tensor1D,
    /** Whether the elements have an order of their own, even if they are all there. */
    private readonly isOrdered = false,
  ) {
    super();
  }

  override run<R>(body: () => R): R {
    return rejectPromise(super.run(body));
  }

  override enter(): void {
    for (const handler of activeHandlers()) handler.admitPlate(this.frame);
  }

  override process(message: Message): void {
    message.frames.unshift(this.frame);
    if (message.type === 'param') return;
    const { size, fullSize, dim } = this.frame;
    if (size !== fullSize) {
      message.scale =
        typeof message.scale === 'number' ? (message.scale * fullSize) / size : message.scale.mul(fullSize / size);
    }
    if (dim !== undefined && size >= 0) broadcastInto(message, this.frame, dim);
  }

  override postprocess(message: Message): void {
    if (message.type === 'param') message.value = this.selectParam(message);
  }

  /** `value` with this plate's chosen elements picked from its dimension; `what` it is, for messages. */
  select(value: tf.Tensor, eventDim: number, what: string): tf.Tensor {
    const { name, dim, size, fullSize } = this.frame;
    if (dim === undefined || size < 0) return value;
    const axis = value.rank - eventDim + dim;
    if (axis < 0 || value.shape[axis] === 1) return value;
    if (value.shape[axis] !== fullSize) {
      throw new ShapeError(
        `In plate "${name}": ${what} has shape ${formatShape(value.shape)}, with size ${value.shape[axis]} at dim ${dim - eventDim}; the plate has ` +
          `${fullSize} elements. Give it one entry for each of them (or a single one there), and eventDim the number of dimensions of one entry.`,
      );
    }
    return size === fullSize && !this.isOrdered ? value : take(value, this.indices, axis);
  }

  private selectParam({ name, value, eventDim }: ParamMessage): tf.Tensor | undefined {
    return eventDim === undefined || !value ? value : this.select(value, eventDim, `parameter "${name}"`);
  }
}

/** Gives the site's distribution the plate's size in the plate's dimension. Source: `pyro.poutine.broadcast_messenger`. */
export function broadcastInto(message: SampleMessage, frame: PlateFrame, dim: number): void {
  const shape: Shape = message.fn.batchShape;
  const target = new Array<number>(Math.max(shape.length, -dim)).fill(1);
  for (let i = 1; i <= shape.length; i++) target[target.length - i] = shape[shape.length - i];
  const at = target.length + dim;
  if (target[at] !== 1 && target[at] !== frame.size) {
    throw new ShapeError(
      `At site "${message.name}" inside plate "${frame.name}" (dim ${dim}, size ${frame.size}): the distribution's batchShape is ` +
        `${formatShape(shape)}, which has size ${target[at]} at dim ${dim}. Mend one of:\n` +
        `  - make the distribution's parameters of size ${frame.size} (or 1) at dim ${dim};\n` +
        '  - if that dimension is part of one draw, turn it into an event dimension with .toEvent(1);\n' +
        '  - give the plate another dim, or add the plate that this dimension belongs to.',
      message.name,
    );
  }
  if (target[at] === frame.size && target.length === shape.length) return;
  target[at] = frame.size;
  message.fn = message.fn.expand(target);
}

function unpack<A, R>(
  name: string,
  optionsOrBody: PlateOptions | ((argument: A) => R),
  maybeBody: ((argument: A) => R) | undefined,
): { options: PlateOptions; body: ((argument: A) => R) | undefined } {
  if (typeof name !== 'string' || name === '')
    throw new OptionError('plate: the first argument is the name of the plate, a non-empty string.');
  const options = (typeof optionsOrBody === 'function' ? {} : (optionsOrBody ?? {})) as PlateOptions;
  const body = typeof optionsOrBody === 'function' ? optionsOrBody : maybeBody;
  rejectUnknownKeys(`plate "${name}"`, options, ['subsampleSize', 'subsample', 'dim']);
  if (body !== undefined && typeof body !== 'function')
    throw new OptionError(`plate "${name}" takes its body as a function, the last argument.`);
  return { options, body };
}

function chooseElements(name: string, fullSize: number, options: PlateOptions): tf.Tensor1D {
  const { subsampleSize = fullSize, subsample: given } = options;
  if (!Number.isInteger(fullSize) || fullSize < 0) {
    throw new PlateError(`plate "${name}": the size must be a non-negative integer, not ${fullSize}.`, name);
  }
  if (given !== undefined) {
    const indices = given instanceof tf.Tensor ? given : tf.tensor1d(given as number[], 'int32');
    if (options.subsampleSize !== undefined && options.subsampleSize !== indices.shape[0]) {
      throw new PlateError(
        `plate "${name}": subsampleSize ${options.subsampleSize} does not match the ${indices.shape[0]} indices in subsample. Leave subsampleSize out.`,
        name,
      );
    }
    if (isValidating()) rejectBadIndices(name, fullSize, indices);
    return tf.cast(indices, 'int32');
  }
  if (!Number.isInteger(subsampleSize) || subsampleSize < Math.min(1, fullSize) || subsampleSize > fullSize) {
    throw new PlateError(
      `plate "${name}": subsampleSize must be an integer from 1 to the size ${fullSize}, not ${subsampleSize}.`,
      name,
    );
  }
  return sendSample(name, new Subsample(fullSize, subsampleSize), undefined, {}, true) as tf.Tensor1D;
}

function rejectBadIndices(name: string, fullSize: number, indices: tf.Tensor1D): void {
  const badOf = (x: tf.Tensor) => x.dataSync().find((i) => !Number.isInteger(i) || i < 0 || i >= fullSize);
  const bad = uncountedReads(() => badOf(indices));
  if (bad === undefined && indices.size > 0) {
    noteCheck(indices, (x) => badOf(x) === undefined);
    return;
  }
  const what = bad === undefined ? 'is empty' : `has ${bad} among its indices`;
  throw new PlateError(
    `plate "${name}": subsample ${what}; it takes integers from 0 to ${fullSize - 1}, and at least one.`,
    name,
  );
}

const activeFrames = (): PlateFrame[] => activeHandlers().flatMap((h) => (h instanceof PlateHandler ? [h.frame] : []));

function rejectRepeat(name: string): void {
  if (activeFrames().some((frame) => frame.name === name)) {
    throw new PlateError(
      `plate "${name}" is already open: a plate cannot be nested in itself. Give the inner one another name.`,
      name,
    );
  }
}

/** The requested dimension, or the rightmost free one. Source: `_DimAllocator` in `pyro.poutine.runtime`. */
function chooseDim(name: string, asked: number | undefined): number {
  rejectRepeat(name);
  const taken = new Map(activeFrames().flatMap((frame) => (frame.dim === undefined ? [] : [[frame.dim, frame.name]])));
  if (asked === undefined) {
    let dim = -1;
    while (taken.has(dim)) dim--;
    return dim;
  }
  if (!Number.isInteger(asked) || asked >= 0) {
    throw new PlateError(
      `plate "${name}": dim must be a negative integer (counted from the right), not ${asked}.`,
      name,
    );
  }
  const holder = taken.get(asked);
  if (holder !== undefined) {
    throw new PlateError(
      `plates "${holder}" and "${name}" collide at dim ${asked}. Move the dim of one of them to the left.`,
      name,
    );
  }
  return asked;
}
