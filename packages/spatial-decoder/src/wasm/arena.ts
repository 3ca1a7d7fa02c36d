/** Allocates and frees blocks of the WebAssembly memory, which grows on demand up to its maximum. */
import { SpatialDecoderError } from '../errors.js';
import { HEAP } from './layout.js';
import { roundUp } from './plan.js';

const PAGE = 65536;

interface Piece {
  address: number;
  bytes: number;
}

export class Arena {
  /** Free blocks in order of address; no two are adjacent. */
  private readonly free: Piece[];
  private readonly taken = new Map<number, number>();
  private floats: Float32Array;

  /** A new shared memory that may grow to `maximumPages` pages of 64 KiB, or to what this machine allows to reserve. */
  static reserve(maximumPages = 65536): Arena {
    for (let maximum = maximumPages; ; maximum = Math.ceil(maximum / 2)) {
      try {
        return new Arena(new WebAssembly.Memory({ initial: 1, maximum, shared: true }), maximum);
      } catch (error) {
        if (maximum <= 1024) throw error;
      }
    }
  }

  private constructor(
    readonly memory: WebAssembly.Memory,
    private readonly maximumPages: number,
  ) {
    this.free = [{ address: HEAP, bytes: memory.buffer.byteLength - HEAP }];
    this.floats = new Float32Array(memory.buffer);
  }

  /** Allocated bytes. */
  get used(): number {
    return [...this.taken.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Address of `bytes` bytes, a multiple of 64, contents undefined. @throws {SpatialDecoderError} when the memory cannot grow enough. */
  take(bytes: number): number {
    const size = Math.max(64, roundUp(bytes, 64));
    const found = this.free.find((piece) => piece.bytes >= size) ?? this.grow(size);
    const { address } = found;
    found.address += size;
    found.bytes -= size;
    if (found.bytes === 0) this.free.splice(this.free.indexOf(found), 1);
    this.taken.set(address, size);
    return address;
  }

  /** Frees a block allocated by `take`. */
  give(address: number): void {
    const bytes = this.taken.get(address);
    if (bytes === undefined) return;
    this.taken.delete(address);
    const next = this.free.findIndex((piece) => piece.address > address);
    const at = next < 0 ? this.free.length : next;
    this.free.splice(at, 0, { address, bytes });
    this.join(at);
    this.join(at - 1);
  }

  /** Runs `body` and frees all blocks allocated in it. */
  scoped<T>(body: () => T): T {
    const before = new Set(this.taken.keys());
    try {
      return body();
    } finally {
      for (const address of [...this.taken.keys()]) if (!before.has(address)) this.give(address);
    }
  }

  /** `count` floats at `address`. Valid until the next `take`. */
  view(address: number, count: number): Float32Array {
    return this.floats.subarray(address / 4, address / 4 + count);
  }

  /** `count` 32-bit words at `address`. Valid until the next `take`. */
  words(address: number, count: number): Int32Array {
    return new Int32Array(this.memory.buffer, address, count);
  }

  private join(at: number): void {
    const [left, right] = [this.free[at], this.free[at + 1]];
    if (!left || !right || left.address + left.bytes !== right.address) return;
    left.bytes += right.bytes;
    this.free.splice(at + 1, 1);
  }

  /** Whether `take` would succeed. */
  canTake(bytes: number): boolean {
    const size = roundUp(bytes, 64);
    if (this.free.some((piece) => piece.bytes >= size)) return true;
    return this.memory.buffer.byteLength / PAGE + this.pagesFor(size) <= this.maximumPages;
  }

  /** The free block at the end of the memory. */
  private get last(): Piece | undefined {
    const last = this.free.at(-1);
    return last && last.address + last.bytes === this.memory.buffer.byteLength ? last : undefined;
  }

  private pagesFor(size: number): number {
    return Math.ceil((size - (this.last?.bytes ?? 0)) / PAGE);
  }

  private grow(size: number): Piece {
    const { last } = this;
    const end = this.memory.buffer.byteLength;
    const pages = this.pagesFor(size);
    try {
      if (end / PAGE + pages > this.maximumPages) throw new SpatialDecoderError('beyond the maximum');
      this.memory.grow(pages);
    } catch (cause) {
      const megabytes = (n: number) => `${Math.ceil(n / 2 ** 20)} MB`;
      throw new SpatialDecoderError(
        `The wasm kernel needs ${megabytes(size)} more than the ${megabytes(end)} of memory it has, and ` +
          `${megabytes(this.maximumPages * PAGE)} is all it may have. Evaluate fewer pixels at a time, or use the native kernel.`,
        { cause },
      );
    }
    this.floats = new Float32Array(this.memory.buffer);
    if (last) {
      last.bytes += pages * PAGE;
      return last;
    }
    const piece = { address: end, bytes: pages * PAGE };
    this.free.push(piece);
    return piece;
  }
}
