/**
 * Reads the pickle of a state dictionary. A pickle is a program for a stack machine that can call any Python function.
 * This machine supports only the instructions of a dictionary of tensors, converts it to plain data, and rejects everything
 * else, so no code is executed.
 * @see Python's pickletools, torch.serialization
 */
import { ImportError } from '../../export/errors.js';
import {
  describeValue,
  Global,
  PickledStorage,
  PickledTensor,
  type StoredTensor,
  Tuple,
  type Value,
} from './pickled.js';

const REBUILD = 'torch._utils._rebuild_tensor_v2';
const ORDERED = 'collections.OrderedDict';
const STORAGE = /^torch\.(\w+Storage)$/;
const allowed = (name: string): boolean => name === REBUILD || name === ORDERED || STORAGE.test(name);

/**
 * The tensors of the dictionary in `bytes`, by name.
 * @throws {ImportError} when it is anything other than such a dictionary.
 */
export function unpickleTensors(bytes: Uint8Array, source: string): Map<string, StoredTensor> {
  const value = new Machine(bytes, source).run();
  if (!(value instanceof Map))
    throw new ImportError(`${source} holds ${describeValue(value)}, not a dictionary of tensors.`);
  const found = new Map<string, StoredTensor>();
  for (const [name, entry] of value) {
    if (!(entry instanceof PickledTensor)) {
      throw new ImportError(
        `${source}: "${name}" is ${describeValue(entry)}, not a tensor. Save the weights alone: torch.save(model.state_dict(), file).`,
      );
    }
    found.set(name, entry.tensor);
  }
  return found;
}

const MARK = Symbol('mark');

class Machine {
  private at = 0;
  private readonly stack: (Value | typeof MARK)[] = [];
  private readonly memo = new Map<number, Value>();
  private readonly view: DataView;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly source: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  run(): Value {
    for (;;) {
      const start = this.at;
      const code = this.byte();
      if (code === 0x2e) return this.pop();
      const step = steps[code];
      if (!step) {
        const shown = `0x${code.toString(16).padStart(2, '0')}`;
        throw this.error(`the instruction ${shown} at byte ${start}, which no state dictionary needs, is not read`);
      }
      step(this);
    }
  }

  error(why: string): ImportError {
    return new ImportError(`${this.source} cannot be read as a state dictionary: ${why}.`);
  }

  push(value: Value | typeof MARK): void {
    this.stack.push(value);
  }

  pop(): Value {
    const value = this.stack.pop();
    if (value === undefined || value === MARK) throw this.error('its pickle is damaged (nothing is on the stack)');
    return value;
  }

  peek(): Value {
    const value = this.pop();
    this.push(value);
    return value;
  }

  /** Pops the values above the last mark. */
  sinceMark(): Value[] {
    const mark = this.stack.lastIndexOf(MARK);
    if (mark < 0) throw this.error('its pickle is damaged (there is no mark)');
    return this.stack.splice(mark).slice(1) as Value[];
  }

  remember(key = this.memo.size): void {
    this.memo.set(key, this.peek());
  }

  recall(key: number): void {
    const value = this.memo.get(key);
    if (value === undefined) throw this.error('its pickle is damaged (it recalls what it never kept)');
    this.push(value);
  }

  byte(): number {
    return this.view.getUint8(this.advance(1));
  }
  uint16(): number {
    return this.view.getUint16(this.advance(2), true);
  }
  uint32(): number {
    return this.view.getUint32(this.advance(4), true);
  }
  int32(): number {
    return this.view.getInt32(this.advance(4), true);
  }
  float64(): number {
    return this.view.getFloat64(this.advance(8), false);
  }

  /** An integer of up to 8 bytes in two's complement. */
  long(): number {
    const length = this.byte();
    if (length > 8) throw this.error(`it holds a number of ${length} bytes`);
    let value = 0n;
    const from = this.advance(length);
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.bytes[from + i]);
    return Number(BigInt.asIntN(8 * Math.max(1, length), value));
  }

  text(length: number): string {
    const from = this.advance(length);
    return new TextDecoder().decode(this.bytes.subarray(from, from + length));
  }

  /** Text up to the end of the line. */
  line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) throw this.error('it is cut short');
    const text = this.text(end - this.at);
    this.at = end + 1;
    return text;
  }

  private advance(length: number): number {
    const from = this.at;
    if (from + length > this.bytes.length) throw this.error('it is cut short');
    this.at += length;
    return from;
  }

  global(module: Value, name: Value): Global {
    if (typeof module !== 'string' || typeof name !== 'string')
      throw this.error(`it asks for a name that is ${describeValue(typeof module === 'string' ? name : module)}`);
    const full = `${module}.${name}`;
    if (allowed(full)) return new Global(full);
    throw this.error(
      `it asks for ${shorten(full)}, and nothing but tensors in a dictionary is loaded. ` +
        'Save the weights alone: torch.save(model.state_dict(), file)',
    );
  }

  call(called: Value, args: Value): Value {
    if (!(called instanceof Global) || !(args instanceof Tuple)) throw this.error(`it calls ${describeValue(called)}`);
    if (called.name === ORDERED && args.items.length === 0) return new Map();
    if (called.name === REBUILD) return new PickledTensor(this.tensor(args.items));
    throw this.error(`it calls ${called.name}`);
  }

  /** _rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks) */
  private tensor([storage, offset, shape, strides]: readonly Value[]): StoredTensor {
    const sizes = (value: Value): readonly number[] | undefined =>
      value instanceof Tuple && value.items.every(isCount) ? value.items : undefined;
    const [dims, steps] = [sizes(shape), sizes(strides)];
    if (!(storage instanceof PickledStorage) || !isCount(offset) || !dims || steps?.length !== dims.length) {
      throw this.error('a tensor in it is damaged');
    }
    return { storage: storage.storage, offset, shape: dims, strides: steps };
  }

  /** ('storage', type, key, device, length) */
  storage(value: Value): PickledStorage {
    const [tag, type, key, , length] = value instanceof Tuple ? value.items : [];
    const kind = type instanceof Global ? STORAGE.exec(type.name)?.[1] : undefined;
    if (tag !== 'storage' || !kind || typeof key !== 'string' || !isCount(length)) {
      throw this.error('a storage in it is damaged');
    }
    return new PickledStorage({ type: kind, key, length });
  }

  /** Adds pairs to the dictionary on the stack. */
  setItems(pairs: readonly Value[]): void {
    const target = this.peek();
    if (!(target instanceof Map) || pairs.length % 2 !== 0)
      throw this.error(`it puts items into ${describeValue(target)}`);
    for (let i = 0; i < pairs.length; i += 2) {
      const name = pairs[i];
      if (typeof name !== 'string') throw this.error(`a name in its dictionary is ${describeValue(name)}`);
      target.set(name, pairs[i + 1]);
    }
  }

  append(items: readonly Value[]): void {
    const target = this.peek();
    if (!Array.isArray(target)) throw this.error(`it appends to ${describeValue(target)}`);
    for (const item of items) target.push(item);
  }
}

const isCount = (value: Value | undefined): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const shorten = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}...` : text);

type Step = (machine: Machine) => void;

const tupleOf =
  (count: number): Step =>
  (m) => {
    const items = Array.from({ length: count }, () => m.pop());
    m.push(new Tuple(items.reverse()));
  };

/** The supported instructions; all others are rejected. */
const steps: Readonly<Record<number, Step>> = {
  // PROTO and FRAME have no effect.
  128: (m) => void m.byte(),
  149: (m) => void m.float64(),
  40: (m) => m.push(MARK),
  78: (m) => m.push(null),
  136: (m) => m.push(true),
  137: (m) => m.push(false),
  75: (m) => m.push(m.byte()),
  77: (m) => m.push(m.uint16()),
  74: (m) => m.push(m.int32()),
  138: (m) => m.push(m.long()),
  71: (m) => m.push(m.float64()),
  88: (m) => m.push(m.text(m.uint32())),
  140: (m) => m.push(m.text(m.byte())),
  93: (m) => m.push([]),
  125: (m) => m.push(new Map()),
  41: (m) => m.push(new Tuple([])),
  133: tupleOf(1),
  134: tupleOf(2),
  135: tupleOf(3),
  116: (m) => m.push(new Tuple(m.sinceMark())),
  97: (m) => {
    const item = m.pop();
    m.append([item]);
  },
  101: (m) => m.append(m.sinceMark()),
  115: (m) => {
    const value = m.pop();
    const key = m.pop();
    m.setItems([key, value]);
  },
  117: (m) => m.setItems(m.sinceMark()),
  113: (m) => m.remember(m.byte()),
  114: (m) => m.remember(m.uint32()),
  148: (m) => m.remember(),
  104: (m) => m.recall(m.byte()),
  106: (m) => m.recall(m.uint32()),
  99: (m) => {
    const module = m.line();
    m.push(m.global(module, m.line()));
  },
  147: (m) => {
    const name = m.pop();
    m.push(m.global(m.pop(), name));
  },
  82: (m) => {
    const args = m.pop();
    m.push(m.call(m.pop(), args));
  },
  81: (m) => m.push(m.storage(m.pop())),
  // BUILD: the versions of the modules, which are not tensors.
  98: (m) => {
    m.pop();
    if (!(m.peek() instanceof Map)) throw m.error(`it sets the state of ${describeValue(m.peek())}`);
  },
};
