/** The compiled WebAssembly module: with fused multiply-add where the engine that runs us takes it, without where not. */

export interface CompiledKernel {
  readonly module: WebAssembly.Module;
  readonly fused: boolean;
}

export async function compileKernel(): Promise<CompiledKernel> {
  const { simd, relaxedSimd } = await import('./binary.js');
  const fusedBytes = bytesOf(relaxedSimd);
  const fused = WebAssembly.validate(fusedBytes);
  return { module: await WebAssembly.compile(fused ? fusedBytes : bytesOf(simd)), fused };
}

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
