/** dist/wasm/binary.js, which scripts/build-wasm.mjs makes of assembly/: the loops without and with fused multiply-add, base64. */
export declare const simd: string;
export declare const relaxedSimd: string;
