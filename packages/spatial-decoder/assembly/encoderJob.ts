/** Reads the tables of the encoder's job. */
import { BLOCK_TABLE, BLOCK_WORDS } from '../src/wasm/encoderLayout';
import { word } from './job';

/** A word of the record of one block. */
export function block(index: i32, field: i32): i32 {
  return word(BLOCK_TABLE + index * BLOCK_WORDS + field);
}

/** A word of the record of one block that is an address or a number of bytes. */
export function blockAddress(index: i32, field: i32): usize {
  return <usize>(<u32>block(index, field));
}
