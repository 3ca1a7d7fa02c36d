/** Animated PNG files, made of frames that are PNG files of one size. */
import { crc32 } from 'node:zlib';
import { PyrovedError } from 'pyroved-ts';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

interface Chunk {
  readonly type: string;
  readonly data: Buffer;
}

/** Milliseconds for which each frame is shown, and the last one. */
export interface FrameTimes {
  /** @default 250 */
  readonly frame?: number;
  /** @default 2000 */
  readonly last?: number;
}

/**
 * Joins PNG frames to an animation that repeats. A viewer without support for animations shows the first frame.
 * @throws {PyrovedError} when there are no frames, or they differ in size or format.
 * @see https://www.w3.org/TR/png-3/#apng-frame-based-animation
 */
export function animatedPng(frames: readonly Uint8Array[], { frame = 250, last = 2000 }: FrameTimes = {}): Uint8Array {
  if (frames.length === 0) throw new PyrovedError('An animation requires at least one frame.');
  const pictures = frames.map(chunksOf);
  const header = headerOf(pictures[0]);
  const other = pictures.findIndex((picture) => !headerOf(picture).equals(header));
  if (other >= 0) {
    throw new PyrovedError(`Frame ${other + 1} has another size or format than the first. All frames must be alike.`);
  }
  let sequence = 0;
  const parts = pictures.flatMap((picture, i) => {
    const control = frameControl(sequence++, header, i === frames.length - 1 ? last : frame);
    const data = picture.filter(({ type }) => type === 'IDAT').map((chunk) => chunk.data);
    // The first frame is the image itself; the others are numbered.
    return [
      control,
      ...data.map((content) =>
        i === 0 ? chunk('IDAT', content) : chunk('fdAT', Buffer.concat([uint32(sequence++), content])),
      ),
    ];
  });
  const animation = chunk('acTL', Buffer.concat([uint32(frames.length), uint32(0)]));
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), animation, ...parts, chunk('IEND', Buffer.alloc(0))]);
}

function chunksOf(png: Uint8Array): Chunk[] {
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  if (!bytes.subarray(0, 8).equals(SIGNATURE)) throw new PyrovedError('A frame of an animation is not a PNG file.');
  const chunks: Chunk[] = [];
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    chunks.push({ type: bytes.toString('latin1', at + 4, at + 8), data: bytes.subarray(at + 8, at + 8 + length) });
    at += 12 + length;
  }
  return chunks;
}

function headerOf(picture: readonly Chunk[]): Buffer {
  const header = picture.find(({ type }) => type === 'IHDR');
  if (!header) throw new PyrovedError('A frame of an animation has no header.');
  return header.data;
}

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  return Buffer.concat([uint32(data.length), named, uint32(crc32(named))]);
}

/** Shows a whole frame, replacing the previous one. */
function frameControl(sequence: number, header: Buffer, milliseconds: number): Buffer {
  const delay = Buffer.alloc(6);
  delay.writeUInt16BE(Math.min(65535, milliseconds));
  delay.writeUInt16BE(1000, 2);
  return chunk('fcTL', Buffer.concat([uint32(sequence), header.subarray(0, 8), uint32(0), uint32(0), delay]));
}
