/** The compiled WebAssembly module, with fused multiply-add if the JavaScript engine supports it. */
import { compileSimd } from '@pyro-ts/engine/internal';

export interface CompiledKernel {
  readonly module: WebAssembly.Module;
  readonly fused: boolean;
}

/** `fused: false` compiles without fused multiply-add even where it is available. */
export async function compileKernel(options: { readonly fused?: boolean } = {}): Promise<CompiledKernel> {
  const { module, fused } = await compileSimd(await import('./binary.js'), { fused: options.fused });
  return { module: module as WebAssembly.Module, fused };
}
