/** Writes WebAssembly: functions of 4-lane float32 vectors, and a module of them over an imported memory. */

/** A local variable by its index: an address (i32) or a vector (v128). */
export type Local = number;

const I32 = 0x7f;
const V128 = 0x7b;

/** Opcodes without immediates; those above 0xff00 are vector instructions. */
const opcodes = {
  end: 0x0b,
  select: 0x1b,
  'i32.eqz': 0x45,
  'i32.ne': 0x47,
  'i32.lt_s': 0x48,
  'i32.add': 0x6a,
  'i32.sub': 0x6b,
  'i32.mul': 0x6c,
  'i32.and': 0x71,
  'i32x4.eq': 0xfd37,
  'i32x4.gt_s': 0xfd3b,
  'f32x4.eq': 0xfd41,
  'f32x4.ne': 0xfd42,
  'f32x4.lt': 0xfd43,
  'f32x4.gt': 0xfd44,
  'f32x4.le': 0xfd45,
  'f32x4.ge': 0xfd46,
  'v128.not': 0xfd4d,
  'v128.and': 0xfd4e,
  'v128.andnot': 0xfd4f,
  'v128.or': 0xfd50,
  'v128.xor': 0xfd51,
  'v128.bitselect': 0xfd52,
  'f32x4.demote_f64x2_zero': 0xfd5e,
  'f64x2.promote_low_f32x4': 0xfd5f,
  'f32x4.ceil': 0xfd67,
  'f32x4.floor': 0xfd68,
  'f32x4.trunc': 0xfd69,
  'f32x4.nearest': 0xfd6a,
  'i32x4.all_true': 0xfda3,
  'i32x4.shl': 0xfdab,
  'i32x4.shr_s': 0xfdac,
  'i32x4.add': 0xfdae,
  'i32x4.sub': 0xfdb1,
  'f32x4.abs': 0xfde0,
  'f32x4.neg': 0xfde1,
  'f32x4.sqrt': 0xfde3,
  'f32x4.add': 0xfde4,
  'f32x4.sub': 0xfde5,
  'f32x4.mul': 0xfde6,
  'f32x4.div': 0xfde7,
  'f32x4.min': 0xfde8,
  'f32x4.max': 0xfde9,
  'f32x4.pmin': 0xfdea,
  'f32x4.pmax': 0xfdeb,
  'f64x2.add': 0xfdf0,
  'i32x4.trunc_sat_f32x4_s': 0xfdf8,
  'f32x4.convert_i32x4_s': 0xfdfa,
} as const;
export type Opcode = keyof typeof opcodes;

/** The body of one function whose parameters are addresses in bytes. */
export class Emitter {
  private readonly body: number[] = [];
  /** Constants, which are created once, before the rest of the body. */
  private readonly prologue: number[] = [];
  private readonly types: number[] = [];
  private readonly constants = new Map<string, Local>();

  /** @param fused whether to use fused multiply-add (relaxed SIMD), which rounds once */
  constructor(
    readonly params: number,
    readonly fused = false,
  ) {}

  /** A new, uninitialised address. */
  address(): Local {
    return this.local(I32);
  }
  /** A new, uninitialised vector. */
  vector(): Local {
    return this.local(V128);
  }
  private local(type: number): Local {
    return this.params + this.types.push(type) - 1;
  }

  /** The vector with `x` in each lane. */
  constant(x: number): Local {
    return this.lanes(new Uint8Array(Float32Array.of(x, x, x, x).buffer));
  }
  /** The vector with the bits of `x` in each lane. */
  integer(x: number): Local {
    return this.lanes(new Uint8Array(Int32Array.of(x, x, x, x).buffer));
  }
  /** A mask of lanes: all bits set in those where `isSet`. */
  mask(isSet: readonly boolean[]): Local {
    return this.lanes(new Uint8Array(Int32Array.from(isSet, (b) => (b ? -1 : 0)).buffer));
  }
  private lanes(bytes: Uint8Array): Local {
    const key = bytes.join();
    let local = this.constants.get(key);
    if (local === undefined) {
      local = this.vector();
      this.prologue.push(0xfd, 0x0c, ...bytes, 0x21, ...unsigned(local));
      this.constants.set(key, local);
    }
    return local;
  }

  /** Applies an instruction to locals; the result is a new vector. */
  apply(opcode: Opcode, ...args: Local[]): Local {
    const result = this.vector();
    this.assign(result, opcode, ...args);
    return result;
  }
  assign(to: Local, opcode: Opcode, ...args: Local[]): void {
    for (const a of args) this.get(a);
    this.op(opcode);
    this.set(to);
  }
  /** a b + c. */
  madd(a: Local, b: Local, c: Local): Local {
    const result = this.vector();
    this.assignMadd(result, a, b, c);
    return result;
  }
  /** c - a b. */
  nmadd(a: Local, b: Local, c: Local): Local {
    if (!this.fused) return this.apply('f32x4.sub', c, this.apply('f32x4.mul', a, b));
    const result = this.vector();
    this.relaxed(result, 0x86, a, b, c);
    return result;
  }
  assignMadd(to: Local, a: Local, b: Local, c: Local): void {
    if (this.fused) this.relaxed(to, 0x85, a, b, c);
    else this.assign(to, 'f32x4.add', c, this.apply('f32x4.mul', a, b));
  }
  private relaxed(to: Local, opcode: number, ...args: Local[]): void {
    for (const a of args) this.get(a);
    this.body.push(0xfd, opcode, 2);
    this.set(to);
  }
  /** Shifts each lane of integers by a constant. */
  shift(opcode: 'i32x4.shl' | 'i32x4.shr_s', x: Local, bits: number): Local {
    this.get(x);
    this.number(bits);
    this.op(opcode);
    return this.popVector();
  }
  /** Selects four lanes of 4 bytes from two vectors, whose lanes are numbered 0 to 7. */
  shuffle(a: Local, b: Local, lanes: readonly number[]): Local {
    this.get(a);
    this.get(b);
    this.body.push(0xfd, 0x0d, ...lanes.flatMap((l) => [4 * l, 4 * l + 1, 4 * l + 2, 4 * l + 3]));
    return this.popVector();
  }
  copy(to: Local, from: Local): void {
    this.get(from);
    this.set(to);
  }

  /** Four numbers from `at` + `offset` on, `step` bytes apart. */
  load(at: Local, offset: number, step: number): Local {
    if (step === 4) return this.memory(0x00, at, offset, 4);
    let result = this.memory(0x09, at, offset, 2);
    if (step === 0) return result;
    for (let lane = 1; lane < 4; lane++) {
      const place = this.pushAddress(at, offset + lane * step);
      this.get(result);
      this.body.push(0xfd, 0x56, 2, ...unsigned(place), lane);
      result = this.popVector();
    }
    return result;
  }
  store(at: Local, offset: number, step: number, x: Local): void {
    if (step === 4) {
      const place = this.pushAddress(at, offset);
      this.get(x);
      this.body.push(0xfd, 0x0b, 2, ...unsigned(place));
      return;
    }
    for (let lane = 0; lane < 4; lane++) this.storeLane(at, offset + lane * step, x, lane);
  }
  storeLane(at: Local, offset: number, x: Local, lane: number): void {
    const place = this.pushAddress(at, offset);
    this.get(x);
    this.body.push(0xfd, 0x5a, 2, ...unsigned(place), lane);
  }
  private memory(opcode: number, at: Local, offset: number, _width: number): Local {
    const place = this.pushAddress(at, offset);
    this.body.push(0xfd, opcode, 2, ...unsigned(place));
    return this.popVector();
  }
  /** Pushes an address; the rest of the offset becomes the instruction's immediate, which cannot be negative. */
  private pushAddress(at: Local, offset: number): number {
    this.get(at);
    if (offset >= 0) return offset;
    this.number(offset);
    this.op('i32.add');
    return 0;
  }

  /** `to` = `from` + `bytes`. */
  advance(to: Local, from: Local, bytes: number): void {
    this.get(from);
    if (bytes !== 0) {
      this.number(bytes);
      this.op('i32.add');
    }
    this.set(to);
  }
  /** `to` = `from` + `count` x `bytes`. */
  advanceBy(to: Local, from: Local, count: Local, bytes: number): void {
    this.get(from);
    this.get(count);
    this.number(bytes);
    this.op('i32.mul');
    this.op('i32.add');
    this.set(to);
  }
  setNumber(to: Local, x: number): void {
    this.number(x);
    this.set(to);
  }
  /** `to` = the smaller of `x` and `most`. */
  clamp(to: Local, x: Local, most: number): void {
    this.get(x);
    this.number(most);
    this.get(x);
    this.number(most);
    this.op('i32.lt_s');
    this.op('select');
    this.set(to);
  }

  /** Runs `body` for a counter from 0 to `end` in steps of `step`; at least once. */
  loop(end: number, step: number, body: (counter: Local) => void): void {
    const counter = this.address();
    this.setNumber(counter, 0);
    this.body.push(0x03, 0x40);
    body(counter);
    this.advance(counter, counter, step);
    this.get(counter);
    this.number(end);
    this.op('i32.lt_s');
    this.body.push(0x0d, 0);
    this.op('end');
  }
  /** Runs `body` if no bit of `mask` is set in `x`. */
  unless(x: Local, mask: number, body: () => void): void {
    this.get(x);
    this.number(mask);
    this.op('i32.and');
    this.op('i32.eqz');
    this.body.push(0x04, 0x40);
    body();
    this.op('end');
  }

  /** Runs one of two bodies, depending on whether every lane of `mask` is set. */
  branch(mask: Local, all: () => void, otherwise: () => void): void {
    this.get(mask);
    this.op('i32x4.all_true');
    this.body.push(0x04, 0x40);
    all();
    this.body.push(0x05);
    otherwise();
    this.op('end');
  }

  private get(local: Local): void {
    this.body.push(0x20, ...unsigned(local));
  }
  private set(local: Local): void {
    this.body.push(0x21, ...unsigned(local));
  }
  private popVector(): Local {
    const result = this.vector();
    this.set(result);
    return result;
  }
  private number(x: number): void {
    this.body.push(0x41, ...signed(x));
  }
  private op(name: Opcode): void {
    const code = opcodes[name];
    if (code > 0xff) this.body.push(0xfd, ...unsigned(code & 0xff));
    else this.body.push(code);
  }

  /** The function, encoded for the code section. */
  bytes(): number[] {
    const locals = [...unsigned(this.types.length), ...this.types.flatMap((type) => [1, type])];
    return sized([...locals, ...this.prologue, ...this.body, 0x0b]);
  }
}

/** A module that imports `env.memory` and exports the functions as "0", "1", ... */
export function moduleOf(functions: readonly Emitter[], pages: number): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ params }) => [0x60, ...vector(new Array<number[]>(params).fill([I32])), 0]);
  const section = (id: number, content: number[]): number[] => [id, ...sized(content)];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(types)),
    ...section(2, vector([[...name('env'), ...name('memory'), 2, 0, ...unsigned(pages)]])),
    ...section(3, vector(functions.map((_, i) => unsigned(i)))),
    ...section(7, vector(functions.map((_, i) => [...name(String(i)), 0, ...unsigned(i)]))),
    ...section(10, vector(functions.map((f) => f.bytes()))),
  ]);
}

function unsigned(x: number): number[] {
  const bytes: number[] = [];
  for (let rest = x; ; ) {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    if (rest === 0) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}
function signed(x: number): number[] {
  const bytes: number[] = [];
  for (let rest = x; ; ) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && !(low & 0x40)) || (rest === -1 && low & 0x40)) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}
const sized = (bytes: number[]): number[] => [...unsigned(bytes.length), ...bytes];
const vector = (items: readonly number[][]): number[] => [...unsigned(items.length), ...items.flat()];
const name = (text: string): number[] => sized([...text].map((c) => c.charCodeAt(0)));
