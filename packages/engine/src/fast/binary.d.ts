/** dist/fast/binary.js, which scripts/build-wasm.mjs makes of assembly/, base64. */
export declare const simd: string;
