/** The compiled WebAssembly module: with fused multiply-add where the engine that runs us takes it, without where not. */

export interface CompiledKernel {
  readonly module: WebAssembly.Module;
  readonly fused: boolean;
}

/** `fused: false` leaves fused multiply-add out where it is there. */
export async function compileKernel({ fused: wanted = true } = {}): Promise<CompiledKernel> {
  const { simd, relaxedSimd } = await import('./binary.js');
  const bytes = bytesOf(relaxedSimd);
  const fused = wanted && takes(bytes);
  return { module: await WebAssembly.compile(fused ? bytes : bytesOf(simd)), fused };
}

/** Node 20 has the instructions in their final form, behind a flag that can be set while it runs; a quarter more speed is worth it. */
function takes(bytes: Uint8Array<ArrayBuffer>): boolean {
  if (WebAssembly.validate(bytes)) return true;
  if (typeof process === 'undefined' || !process.versions?.node?.startsWith('20.')) return false;
  process.getBuiltinModule('node:v8').setFlagsFromString('--experimental-wasm-relaxed-simd');
  return WebAssembly.validate(bytes);
}

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
