/** dist/wasm/binary.js, which scripts/build-wasm.mjs builds from assembly/: the kernel without and with fused multiply-add, base64. */
export declare const simd: string;
export declare const relaxedSimd: string;
