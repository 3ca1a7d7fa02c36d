/** Settings of a small run for the attacks that need one. */
export const exampleSettings = {
  model: { kind: 'ssiVAE', latentDim: 2, invariances: ['r'] },
  data: { source: { kind: 'cards' }, classNames: [] },
  train: { epochs: 3 },
  seed: 1,
  engine: 'wasm',
  kernel: 'native',
  versions: { node: process.version },
};
