/** Reads the job that this thread works on. Each thread runs its own instance of this module, so these globals are the thread's own. */
import { BEAT, BEAT_STRIDE, JOB, LAYER_TABLE, LAYER_WORDS, SCRATCH, SCRATCH_BYTES } from '../src/wasm/layout';

let words: usize = 0;
let beat: usize = 0;

/** This thread's working memory. */
export let scratch: usize = 0;

/** Turns this thread to the current job. */
export function open(thread: i32): void {
  words = load<u32>((<usize>JOB) << 2);
  beat = (<usize>(BEAT + thread * BEAT_STRIDE)) << 2;
  scratch = address(SCRATCH) + <usize>thread * address(SCRATCH_BYTES);
}

/** A word of the job. */
export function word(index: i32): i32 {
  return load<i32>(words + ((<usize>index) << 2));
}

/** A word of the job that is an address or a number of bytes. */
export function address(index: i32): usize {
  return <usize>load<u32>(words + ((<usize>index) << 2));
}

/** A word of the record of one layer. */
export function layer(index: i32, field: i32): i32 {
  return word(LAYER_TABLE + index * LAYER_WORDS + field);
}

/** A word of the record of one layer that is an address. */
export function layerAddress(index: i32, field: i32): usize {
  return <usize>(<u32>layer(index, field));
}

/** Claims the next piece of work; the caller checks that there is one. */
export function claim(counter: i32): i32 {
  return atomic.add<i32>((<usize>counter) << 2, 1);
}

/** Tells the waiting main thread that this one is alive. */
export function stillHere(): void {
  store<i32>(beat, load<i32>(beat) + 1);
}
