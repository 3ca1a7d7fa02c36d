/** A trained model in the page: its decoder runs in WebAssembly. */
import { selectEngine } from '@pyro-ts/engine';
import { selectKernel } from '@pyro-ts/spatial-decoder';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import { readSafetensors } from 'pyro-ts';
import { type InvariantVAE, loadParams, type ModelConfig, modelFromConfig, type PoseRows } from 'pyroved-ts';
import { getBytes } from '../client.js';
import type { Latents } from './data.js';
import { rowOf } from './data.js';

let machine: Promise<Awaited<ReturnType<typeof selectKernel>>> | undefined;

/** Starts engine and kernel once. A single thread: pictures are small, and starting others would take longer. */
function startMachine(): NonNullable<typeof machine> {
  machine ??= (async () => {
    setWasmPaths({
      'tfjs-backend-wasm.wasm': plain,
      'tfjs-backend-wasm-simd.wasm': simd,
      'tfjs-backend-wasm-threaded-simd.wasm': threaded,
    });
    await selectEngine();
    return selectKernel({ threads: 1 });
  })();
  return machine;
}

/** A point of the latent space, and the pose and class to draw it with. */
export interface Point {
  readonly content: readonly number[];
  /** Radians. */
  readonly angle: number;
  readonly shift: readonly [number, number];
  readonly scale: number;
  readonly class: number;
}

/** Decodes points. */
export interface Decoder extends Disposable {
  /** One picture for each point, channel by channel. */
  decode(points: readonly Point[]): Float32Array[];
}

/** Loads the model of a run. @throws {Error} when its configuration is not that of a model for images. */
export async function loadDecoder(id: string, { about, classes }: Latents): Promise<Decoder> {
  const kernel = await startMachine();
  const weights = readSafetensors(await getBytes(`/runs/${id}/weights`), 'The weights').tensors;
  // The server sends the configuration that it has checked itself.
  const model: InvariantVAE = modelFromConfig(about.model as unknown as ModelConfig, { kernel });
  loadParams(model.params, weights);
  const { invariances } = model.options;
  const size = model.options.shape.reduce((n, side) => n * side, about.channels);
  return {
    decode: (points) => {
      const pose: PoseRows = {
        ...(invariances.includes('r') && { angle: points.map(({ angle }) => angle) }),
        ...(invariances.includes('t') && { shift: points.flatMap(({ shift }) => shift.slice(0, about.shape.length)) }),
        ...(invariances.includes('s') && { scale: points.map(({ scale }) => scale) }),
      };
      const condition = classes ? { classes: points.map((point) => point.class) } : {};
      const { images } = model.decode(
        points.flatMap(({ content }) => content),
        { ...pose, ...condition },
      );
      return points.map((_, i) => images.subarray(i * size, (i + 1) * size));
    },
    [Symbol.dispose]: () => model.dispose(),
  };
}

/** The point that the model infers for image `i`. */
export function pointAt({ about, content, angle, shift, scale, classes }: Latents, i: number): Point {
  const { count } = about;
  const [shiftA = 0, shiftB = 0] = shift ? rowOf(shift, i, count) : [];
  return {
    content: [...rowOf(content, i, count)],
    angle: angle?.[i] ?? 0,
    shift: [shiftA, shiftB],
    scale: scale ? rowOf(scale, i, count)[0] : 1,
    class: classes?.[i] ?? 0,
  };
}
