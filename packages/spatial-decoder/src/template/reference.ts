/**
 * The definition of deformable templates: plain TensorFlow.js operations, on any engine, differentiated by
 * TensorFlow.js.
 */
import { customGrad, stopGradient } from '@pyro-ts/engine';
import * as tf from '@tensorflow/tfjs';
import type { TemplateCall } from './inputs.js';

/** Sums over pixels and channels, as tensors. */
export type NormalEquations = {
  /** r r^T, [R] */
  readonly squaredError: tf.Tensor1D;
  /** J r, [R, 3 + C] */
  readonly gradient: tf.Tensor2D;
  /** J J^T, [R, 3 + C, 3 + C] */
  readonly hessian: tf.Tensor3D;
};

/** Drawn pixels [R, K * P]. */
export function drawReference(call: TemplateCall): tf.Tensor2D {
  return tf.tidy(() => {
    const { problem } = call;
    const { rows, contents, grid, pixels } = problem;
    let { x, y } = objectCoordinates(call);
    if (contents > 0) {
      const planes = 2 * grid * grid;
      const content = tf.slice(call.theta, [0, 3], [rows, contents]) as tf.Tensor2D;
      const fields = tf.reshape(
        tf.matMul(content, tf.reshape(call.field, [contents, planes]) as tf.Tensor2D),
        [-1],
      ) as tf.Tensor1D;
      const place = placeIn(toControl(x, grid), toControl(y, grid), grid, grid);
      const first = column(Array.from({ length: rows }, (_, r) => r * planes));
      const [across, down] = [0, grid * grid].map((plane) => interpolated(fields, tf.add(first, whole(plane)), place));
      [x, y] = [tf.add(x, across), tf.add(y, down)];
    }
    const place = inPicture(x, y, call);
    const pictures = tf.reshape(call.pictures, [-1]) as tf.Tensor1D;
    const drawn = pictureOffsets(call).map((first) => interpolated(pictures, first, place));
    return tf.reshape(drawn.length === 1 ? drawn[0] : tf.concat(drawn, 1), [
      rows,
      drawn.length * pixels,
    ]) as tf.Tensor2D;
  });
}

/** Squared errors [R]. */
export function squaredErrorsReference(call: TemplateCall, images: tf.Tensor2D, image: Int32Array): tf.Tensor1D {
  return tf.tidy(() => {
    const parts = slicesOf(call, image).map(({ call, image }) =>
      tf.sum(tf.square(tf.sub(drawReference(call), targetsOf(call, images, image))), 1),
    );
    return tf.concat(parts) as tf.Tensor1D;
  });
}

export function normalEquationsReference(call: TemplateCall, images: tf.Tensor2D, image: Int32Array): NormalEquations {
  return tf.tidy(() => {
    const parts = slicesOf(call, image).map(({ call, image }) => normalEquationsOf(call, images, image));
    return {
      squaredError: tf.concat(parts.map(({ squaredError }) => squaredError)),
      gradient: tf.concat(parts.map(({ gradient }) => gradient)),
      hessian: tf.concat(parts.map(({ hessian }) => hessian)),
    };
  });
}

/** Number of pixels, over all rows, whose intermediate results are in memory at a time. */
const MOST_PIXELS = 2 ** 18;

/** Runs of rows that fit into memory. */
function slicesOf(call: TemplateCall, image: Int32Array): { call: TemplateCall; image: Int32Array }[] {
  const { problem, theta, picture } = call;
  const most = Math.max(1, Math.floor(MOST_PIXELS / (problem.channels * problem.pixels)));
  return Array.from({ length: Math.ceil(problem.rows / most) }, (_, i) => {
    const from = i * most;
    const rows = Math.min(most, problem.rows - from);
    const own = { theta: tf.slice(theta, [from, 0], [rows, -1]), picture: picture.subarray(from, from + rows) };
    return { call: { ...call, ...own, problem: { ...problem, rows } }, image: image.subarray(from, from + rows) };
  });
}

function normalEquationsOf(call: TemplateCall, images: tf.Tensor2D, image: Int32Array): NormalEquations {
  return tf.tidy(() => {
    const { problem, theta } = call;
    const { rows, channels, height, width, contents, grid, pixels } = problem;
    const { x, y, cos, sin } = objectCoordinates(call);
    // The position of a pixel in the picture, and its derivative by the object's coordinates: the identity plus the
    // slopes of the field.
    let [u, v]: tf.Tensor[] = [x, y];
    const one = tf.scalar(1);
    let [ux, uy, vx, vy]: tf.Tensor[] = [one, tf.scalar(0), tf.scalar(0), one];
    const place = placeIn(toControl(x, grid), toControl(y, grid), grid, grid);
    const field = tf.reshape(call.field, [-1]) as tf.Tensor1D;
    const along = Array.from({ length: contents }, (_, k) => {
      const [across, down] = [2 * k, 2 * k + 1].map((plane) => cornersOf(field, plane * grid * grid, place));
      const content = tf.slice(theta, [0, 3 + k], [rows, 1]);
      const scaled = (slope: tf.Tensor) => tf.mul(slope, tf.mul(content, (grid - 1) / 2));
      const [shifts, rises] = [valueAt(across, place), valueAt(down, place)];
      [u, v] = [tf.add(u, tf.mul(content, shifts)), tf.add(v, tf.mul(content, rises))];
      ux = tf.add(ux, scaled(slopeAcross(across, place)));
      uy = tf.add(uy, scaled(slopeDown(across, place)));
      vx = tf.add(vx, scaled(slopeAcross(down, place)));
      vy = tf.add(vy, scaled(slopeDown(down, place)));
      return [shifts, rises];
    });
    const moved = (dx: tf.Tensor, dy: tf.Tensor) => [
      tf.add(tf.mul(ux, dx), tf.mul(uy, dy)),
      tf.add(tf.mul(vx, dx), tf.mul(vy, dy)),
    ];
    const directions = [moved(tf.neg(y), x), moved(tf.neg(cos), tf.neg(sin)), moved(sin, tf.neg(cos)), ...along];
    const at = inPicture(u, v, call);
    const flat = (t: tf.Tensor) => tf.reshape(t, [-1]) as tf.Tensor1D;
    const stacked = tf.reshape(call.pictures, [problem.pictures * channels, height, width]) as tf.Tensor3D;
    const [values, slopesX, slopesY] = [stacked, slopePictures(stacked, 2), slopePictures(stacked, 1)].map(flat);
    const targets = targetsOf(call, images, image);
    const parts = pictureOffsets(call).map((first, channel) => {
      const [mu, gx, gy] = [values, slopesX, slopesY].map((from) => interpolated(from, first, at));
      const residual = tf.sub(mu, tf.slice(targets, [0, channel * pixels], [rows, pixels]));
      const jacobian = tf.stack(
        directions.map(([dx, dy]) => tf.add(tf.mul(gx, dx), tf.mul(gy, dy))),
        1,
      ) as tf.Tensor3D;
      return {
        squaredError: tf.sum(tf.square(residual), 1),
        gradient: tf.squeeze(tf.matMul(jacobian, tf.expandDims(residual, 2)), [2]),
        hessian: tf.matMul(jacobian, jacobian, false, true),
      };
    });
    const total = (key: 'squaredError' | 'gradient' | 'hessian') => tf.addN(parts.map((part) => part[key]));
    return {
      squaredError: total('squaredError') as tf.Tensor1D,
      gradient: total('gradient') as tf.Tensor2D,
      hessian: total('hessian') as tf.Tensor3D,
    };
  });
}

/** Central differences [pictures, H, W] per unit of the picture's coordinates along an axis, zero at the border. */
function slopePictures(pictures: tf.Tensor3D, axis: 1 | 2): tf.Tensor {
  const size = pictures.shape[axis];
  if (size < 3) return tf.zerosLike(pictures);
  const shape = [...pictures.shape];
  shape[axis] = size - 2;
  const [before, after] = [
    [0, 0, 0],
    [0, 0, 0],
  ];
  after[axis] = 2;
  const difference = tf.sub(tf.slice(pictures, after, shape), tf.slice(pictures, before, shape));
  const around: [number, number][] = [0, 1, 2].map((a) => (a === axis ? [1, 1] : [0, 0]));
  return tf.pad(tf.mul(difference, size / 4), around);
}

/** Coordinates [R, P] of each pixel in the frame of the upright object, before the deformation. */
function objectCoordinates({ problem, theta, pixels }: TemplateCall) {
  const { rows, height, width } = problem;
  const centres = (index: (pixel: number) => number, size: number) =>
    tf.tensor2d(
      Float32Array.from(pixels, (pixel) => (2 * index(pixel) + 1) / size - 1),
      [1, pixels.length],
    );
  const [angle, across, down] = [0, 1, 2].map((k) => tf.slice(theta, [0, k], [rows, 1]));
  const dx = tf.sub(
    centres((pixel) => pixel % width, width),
    across,
  );
  const dy = tf.sub(
    centres((pixel) => Math.floor(pixel / width), height),
    down,
  );
  const [cos, sin] = [tf.cos(angle), tf.sin(angle)];
  const x: tf.Tensor = tf.sub(tf.mul(cos, dx), tf.mul(sin, dy));
  const y: tf.Tensor = tf.add(tf.mul(sin, dx), tf.mul(cos, dy));
  return { x, y, cos, sin };
}

/** The pixels of each row's image, [R, K * P]. */
function targetsOf({ problem, pixels }: TemplateCall, images: tf.Tensor2D, image: Int32Array): tf.Tensor2D {
  const { channels, height, width } = problem;
  const points = Array.from({ length: channels }, (_, k) => Array.from(pixels, (p) => k * height * width + p)).flat();
  const subset = tf.gather(images, tf.tensor1d(points, 'int32'), 1);
  return tf.gather(subset, tf.tensor1d(image, 'int32')) as tf.Tensor2D;
}

/** For each channel [R, 1]: the offset of its plane in each row's picture. */
const pictureOffsets = ({ problem: { channels, height, width }, picture }: TemplateCall): tf.Tensor[] =>
  Array.from({ length: channels }, (_, k) =>
    column(Array.from(picture, (index) => (index * channels + k) * height * width)),
  );

const whole = (value: number): tf.Scalar => tf.scalar(value, 'int32');

const column = (values: number[]): tf.Tensor => tf.tensor2d(values, [values.length, 1], 'int32');

/** Between coordinates from -1 to 1 and control points from 0 to grid - 1. */
const toControl = (x: tf.Tensor, grid: number): tf.Tensor => tf.mul(tf.add(x, 1), (grid - 1) / 2);

function inPicture(x: tf.Tensor, y: tf.Tensor, { problem: { height, width } }: TemplateCall): Place {
  const toPixel = (t: tf.Tensor, size: number) => tf.add(tf.mul(t, size / 2), (size - 1) / 2);
  return placeIn(toPixel(x, width), toPixel(y, height), width, height);
}

/** Positions of points between the entries of planes [height, width], clamped at the border. */
interface Place {
  /** Fractions of the way to the next column and row. */
  readonly across: tf.Tensor;
  readonly down: tf.Tensor;
  /** Indices of the four entries around, int32. */
  readonly corners: readonly tf.Tensor[];
  /** 1 if a point is between the first and the last column or row, else 0. */
  readonly insideX: tf.Tensor;
  readonly insideY: tf.Tensor;
}

function placeIn(x: tf.Tensor, y: tf.Tensor, width: number, height: number): Place {
  const along = (t: tf.Tensor, size: number) => {
    const held = tf.clipByValue(t, 0, size - 1);
    const first = stopGradient(tf.floor(held));
    // Clamped again, since NaN is not an index.
    const low = tf.maximum(tf.minimum(tf.cast(first, 'int32'), whole(size - 1)), whole(0));
    const high = tf.minimum(tf.add(low, whole(1)), whole(size - 1));
    const inside = tf.cast(tf.logicalAnd(tf.greaterEqual(t, 0), tf.lessEqual(t, size - 1)), 'float32');
    return { fraction: tf.sub(held, first), low, high, inside: stopGradient(inside) };
  };
  const [columns, rows] = [along(x, width), along(y, height)];
  const corner = (row: tf.Tensor, col: tf.Tensor) => tf.add(tf.mul(row, whole(width)), col);
  return {
    across: columns.fraction,
    down: rows.fraction,
    corners: [
      ...[corner(rows.low, columns.low), corner(rows.low, columns.high)],
      ...[corner(rows.high, columns.low), corner(rows.high, columns.high)],
    ],
    insideX: columns.inside,
    insideY: rows.inside,
  };
}

/** The four entries around each point of the plane that starts at `first`. */
const cornersOf = (values: tf.Tensor1D, first: tf.Tensor | number, { corners }: Place): tf.Tensor[] =>
  corners.map((corner) => entries(values, tf.add(corner, typeof first === 'number' ? whole(first) : first)));

const interpolated = (values: tf.Tensor1D, first: tf.Tensor, place: Place): tf.Tensor =>
  valueAt(cornersOf(values, first, place), place);

const between = (a: tf.Tensor, b: tf.Tensor, fraction: tf.Tensor): tf.Tensor =>
  tf.add(a, tf.mul(tf.sub(b, a), fraction));

const valueAt = ([a, b, c, d]: tf.Tensor[], { across, down }: Place): tf.Tensor =>
  between(between(a, b, across), between(c, d, across), down);

const slopeAcross = ([a, b, c, d]: tf.Tensor[], { down, insideX }: Place): tf.Tensor =>
  tf.mul(insideX, between(tf.sub(b, a), tf.sub(d, c), down));

const slopeDown = ([a, b, c, d]: tf.Tensor[], { across, insideY }: Place): tf.Tensor =>
  tf.mul(insideY, between(tf.sub(c, a), tf.sub(d, b), across));

/** values[indices]; gradients of repeated indices are summed. */
function entries(values: tf.Tensor1D, indices: tf.Tensor): tf.Tensor {
  return customGrad([values], (flat) => ({
    value: tf.gather(flat, indices as tf.Tensor2D),
    saved: [indices],
    grad: (dy, [at]) => [tf.scatterND(tf.reshape(at, [at.size, 1]), tf.reshape(dy, [at.size]), [values.size])],
  }));
}
