/** MRC files of simulated micrographs, for tests. */
import { writeFileSync } from 'node:fs';
import type { Plane } from 'pyroved-data';

/** Writes a 32-bit MRC file whose pixels are `x` by `y` nm; no size is stated if it is omitted. */
export function writeMrc(path: string, { pixels, width, height }: Plane, size?: { x: number; y: number }): void {
  const bytes = new DataView(new ArrayBuffer(1024 + 4 * width * height));
  for (const [i, value] of [width, height, 1, 2].entries()) bytes.setInt32(4 * i, value, true);
  for (const [i, value] of [width, height, 1].entries()) bytes.setInt32(28 + 4 * i, value, true);
  if (size)
    for (const [i, value] of [10 * width * size.x, 10 * height * size.y, 1].entries())
      bytes.setFloat32(40 + 4 * i, value, true);
  for (const [i, byte] of new TextEncoder().encode('MAP ').entries()) bytes.setUint8(208 + i, byte);
  bytes.setUint8(212, 0x44);
  for (let i = 0; i < pixels.length; i++) bytes.setFloat32(1024 + 4 * i, pixels[i], true);
  writeFileSync(path, new Uint8Array(bytes.buffer));
}
