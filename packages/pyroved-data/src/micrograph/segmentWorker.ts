/** A thread of `SegmentPool`: finds the objects of the planes that it receives. */
import type { MessagePort } from 'node:worker_threads';
import type { Plane } from '../images/resize.js';
import { type FindOptions, type FindValues, type Segmented, segmented } from './objects.js';

/** A plane to be segmented, and whether the answer needs more than the objects. */
export interface SegmentOrder {
  readonly plane: Plane;
  readonly options: FindOptions;
  readonly known: FindValues | undefined;
  readonly isFoundEnough: boolean;
}

export type SegmentAnswer =
  | { readonly is: 'found'; readonly segments: Pick<Segmented, 'found'> }
  | { readonly is: 'segmented'; readonly segments: Segmented }
  | { readonly is: 'failed'; readonly message: string };

const { parentPort } = process.getBuiltinModule('node:worker_threads');

function answer({ plane, options, known, isFoundEnough }: SegmentOrder, port: MessagePort): void {
  const send = (message: SegmentAnswer, transferred: ArrayBuffer[] = []) => port.postMessage(message, transferred);
  try {
    const segments = segmented(plane, options, known);
    const { found, flat, mask, labels } = segments;
    if (isFoundEnough) send({ is: 'found', segments: { found } });
    else
      send(
        { is: 'segmented', segments },
        [flat, mask, labels].map(({ buffer }) => buffer as ArrayBuffer),
      );
  } catch (error) {
    send({ is: 'failed', message: error instanceof Error ? error.message : String(error) });
  }
}

parentPort?.on('message', (order: SegmentOrder) => answer(order, parentPort));
