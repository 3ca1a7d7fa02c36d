/** Wrong calls of the native addon itself, past the wrapper: each ends in an error, and none in a crash. Run in a process of its own; prints what came. */
import { loadAddon } from '../../packages/spatial-decoder/dist/native/addon.js';

const addon = loadAddon();
if (typeof addon === 'string') {
  console.log(JSON.stringify({ skipped: addon }));
  process.exit(0);
}
const calls = [];
const outcome = (what, call) => {
  try {
    call();
    calls.push([what, 'done']);
  } catch (error) {
    calls.push([what, error.message]);
  }
};
const ones = (n) => new Float32Array(n).fill(0.1);
const [isa] = addon.isas();
const kernel = addon.create(isa, 2, 2 ** 24);
const other = addon.create(isa, 1, 2 ** 24);
const problem = (rows = 8, pixels = 16, dims = 2, channels = 1, ...widths) =>
  Float64Array.from([rows, pixels, dims, channels, 0, 0, ...(widths.length > 0 ? widths : [64, 64])]);
const operands = (rows = 8, pixels = 16, width = 64) => [
  ...[ones(pixels * 2), ones(rows * width * 2), ones(rows * width)],
  ...[
    [ones(width * width), ones(width)],
    [ones(width), ones(1)],
  ],
];
const forward = (...args) => addon.forward(...args);
const kept = forward(kernel, problem(), ...operands(), true, new Float32Array(128));
const gradients = (rows = 8, width = 64) => operands(rows, 1, width).slice(1);

outcome('overflow', () => {
  const n = 2 ** 24;
  const big = new Float32Array(n);
  forward(
    kernel,
    problem(n, n, 1, 65_536, 1),
    big,
    big,
    big,
    [ones(65_536)],
    [ones(65_536)],
    false,
    new Float32Array(0),
  );
});
outcome('overflow with operands', () => {
  const [rows, pixels] = [2 ** 20, 2 ** 20];
  forward(
    kernel,
    problem(rows, pixels, 1, 65_536, 1),
    ones(pixels),
    ones(rows),
    ones(rows),
    [ones(65_536)],
    [ones(65_536)],
    false,
    new Float32Array(0),
  );
});
outcome('a kept call as a kernel', () => forward(kept, problem(), ...operands(), false, new Float32Array(128)));
outcome('a kernel as a kept call', () =>
  addon.backward(kernel, problem(), ...operands(), ones(128), kernel, ...gradients()),
);
outcome('a kernel released as a kept call', () => addon.release(kernel));
outcome('a kept call of another problem', () =>
  addon.backward(kernel, problem(64, 64), ...operands(64, 64), ones(4096), kept, ...gradients(64)),
);
outcome('a kept call of another kernel', () =>
  addon.backward(other, problem(), ...operands(), ones(128), kept, ...gradients()),
);
outcome('a kept call of the decoder in the encoder', () => addon.encoderRelease(kept));
outcome('detached while it is read', () => {
  const [grid, pose, code, weights, biases] = operands(4096, 4096);
  const weight = weights[0];
  Object.defineProperty(weights, 0, {
    get() {
      structuredClone(grid.buffer, { transfer: [grid.buffer] });
      structuredClone(pose.buffer, { transfer: [pose.buffer] });
      return weight;
    },
  });
  forward(kernel, problem(4096, 4096), grid, pose, code, weights, biases, false, new Float32Array(4096 * 4096));
});
outcome('a list that is a proxy', () => {
  const [grid, pose, code, weights, biases] = operands();
  forward(kernel, problem(), grid, pose, code, new Proxy(weights, {}), biases, false, new Float32Array(128));
});
if (!kept) calls.push(['kept', 'nothing was kept']);
outcome('released twice', () => {
  addon.release(kept);
  addon.release(kept);
  addon.backward(kernel, problem(), ...operands(), ones(128), kept, ...gradients());
});
outcome('encoder overflow', () =>
  addon.encoderForward(
    kernel,
    Float64Array.from([2 ** 30, 65_536, 65_536, 65_536, 65_536, 3, 8]),
    new Float32Array(0),
    [ones(9 * 8 * 65_536)],
    [ones(8)],
    [ones(8)],
    new Float32Array(0),
    ones(65_536),
    false,
    new Float32Array(0),
  ),
);
const product = (...sizes) => Float64Array.from(sizes);
outcome('a product beyond its operands', () =>
  addon.multiply(kernel, product(4, 4, 4, 0, 2 ** 30, 2 ** 30, 0, 4, 1), ones(16), ones(16), new Float32Array(16)),
);
outcome('a product of more than any array', () =>
  addon.multiply(kernel, product(2 ** 30, 2 ** 30, 2 ** 30, 0, 0, 0, 0, 0, 0), ones(1), ones(1), new Float32Array(0)),
);

// Any values in any place.
let seed = 1;
const random = () => {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
  return seed / 2 ** 32;
};
const values = () => [
  ...[undefined, null, 0, -1, 1e300, Number.NaN, '', isa, true, {}, [], [[]], () => 0, Symbol.iterator, 1n],
  ...[
    kernel,
    other,
    kept,
    problem(),
    problem(2 ** 30, 2 ** 30, 256, 65_536),
    Float64Array.of(1),
    ones(0),
    ones(16),
    ones(128),
  ],
  ...[
    new Int32Array(16),
    new Uint8Array(128),
    new DataView(new ArrayBuffer(8)),
    [ones(8)],
    [ones(1)],
    Array(300).fill(ones(8)),
  ],
];
const names = Object.keys(addon).filter((name) => name !== 'dispose' && name !== 'peak' && name !== 'create');
let wrong = 0;
for (let i = 0; i < Number(process.argv[2] ?? 3000); i++) {
  const name = names[Math.floor(random() * names.length)];
  const pool = values();
  const pick = () => pool[Math.floor(random() * pool.length)];
  const args = Array.from({ length: Math.floor(random() * 22) }, pick);
  if (random() < 0.7) args[0] = kernel;
  if (random() < 0.7) args[1] = problem();
  try {
    addon[name](...args);
  } catch {
    wrong += 1;
  }
}
addon.dispose(kernel);
outcome('disposed', () => forward(kernel, problem(), ...operands(), false, new Float32Array(128)));
console.log(JSON.stringify({ calls, wrong }));
