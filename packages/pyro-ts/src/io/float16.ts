/** Widens the two 16-bit floats that saved weights come in to 32 bits; both are exact. */

/**
 * IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits.
 * @example halfToFloat32(Uint16Array.of(0x3c00, 0xc000)) // [1, -2]
 */
export function halfToFloat32(bits: Uint16Array): Float32Array {
  return Float32Array.from(bits, (half) => {
    const sign = half >> 15 ? -1 : 1;
    const exponent = (half >> 10) & 31;
    const fraction = (half & 1023) / 1024;
    if (exponent === 0) return sign * 2 ** -14 * fraction;
    if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return sign * 2 ** (exponent - 15) * (1 + fraction);
  });
}

/**
 * bfloat16 is the upper half of a binary32.
 * @example upperHalfToFloat32(Uint16Array.of(0x3f80, 0xc000)) // [1, -2]
 */
export function upperHalfToFloat32(bits: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(bits, (half) => half << 16).buffer);
}
