/** Compiles WebAssembly that comes in two variants: with fused multiply-add (relaxed SIMD) where the JavaScript engine takes it, without where not. */

/** Both variants, base64. */
export interface SimdCode {
  readonly simd: string;
  readonly relaxedSimd: string;
}

export interface SimdModule {
  /** A `WebAssembly.Module`. */
  readonly module: object;
  readonly fused: boolean;
}

/** Rejects where the engine takes neither. `fused: false` compiles without fused multiply-add even where it is available. */
export async function compileSimd(code: SimdCode, { fused = true } = {}): Promise<SimdModule> {
  const relaxed = bytesOf(code.relaxedSimd);
  if (fused && WebAssembly.validate(relaxed)) return { module: await WebAssembly.compile(relaxed), fused };
  const behindFlag = fused ? compileBehindFlag(relaxed) : undefined;
  if (behindFlag) return { module: behindFlag, fused };
  return { module: await WebAssembly.compile(bytesOf(code.simd)), fused: false };
}

/** A module with relaxed SIMD instructions, at once; undefined where the engine does not have them. */
export const compileRelaxed = (bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module | undefined =>
  WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : compileBehindFlag(bytes);

/**
 * Node 20 has the instructions in their final form behind a flag that counts when a module is compiled: it is set for just that long. A third more
 * speed justifies it.
 */
function compileBehindFlag(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module | undefined {
  if (typeof process === 'undefined' || !process.versions?.node?.startsWith('20.')) return undefined;
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  setFlagsFromString('--experimental-wasm-relaxed-simd');
  try {
    return WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : undefined;
  } finally {
    setFlagsFromString('--no-experimental-wasm-relaxed-simd');
  }
}

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
