/** What simulated particles look like under the microscope: an ideal instrument, or charging and detector artefacts of a scanning electron microscope. */
import type { RandomStream } from 'pyro-ts';
import { blur } from './blur.js';

/**
 * `plain`: spheres of nearly one size under an ideal instrument. `micrograph`: closer to published micrographs of gold agglomerates, under these
 * assumptions: radii vary by 15% (standard deviation); edges charge, so that they glow, and the line behind them is darker, because the detector and
 * the sample discharge within a few pixels of the scan, which runs to the right; the background has a gradient of up to 0.1 either way and a smooth texture; each
 * scan line has an offset of its own, beside the shot noise; and grey values are recorded in 8 bits.
 */
export const particleLooks = ['plain', 'micrograph'] as const;
export type ParticleLook = (typeof particleLooks)[number];

interface LookSettings {
  /** Standard deviation of the radii, as a fraction. */
  readonly radii: number;
  /** Half-range of the background's slope along each axis. */
  readonly slope: number;
  /** Brightness against a surface seen face on can grow so much towards an edge. */
  readonly edge: number;
}

export const lookSettings: Readonly<Record<ParticleLook, LookSettings>> = {
  plain: { radii: 0.09, slope: 0.05, edge: 3 },
  micrograph: { radii: 0.15, slope: 0.1, edge: 4 },
};

/** Brightness above which a surface charges, and the strength and the length (pixels of 48) of what follows. */
const CHARGING = { above: 0.5, glow: 0.8, streak: 0.3, length: 4 };
/** Standard deviations of the texture of the background and of the offset of a scan line. */
const TEXTURE = 0.02;
const LINE = 0.015;

/** Adds charging and the texture of the background to an image without noise. */
export function charge(image: Float32Array, size: number, stream: RandomStream): void {
  const excess = image.map((v) => Math.max(0, v - CHARGING.above));
  const halo = Float32Array.from(excess);
  blur(halo, [size, size], (2 * size) / 48);
  const texture = Float32Array.from({ length: image.length }, () => stream.nextNormal());
  const sigma = size / 12;
  blur(texture, [size, size], sigma);
  // A blur divides the variance of white noise by 4 pi sigma^2.
  const scale = TEXTURE * Math.sqrt(4 * Math.PI) * sigma;
  const decay = Math.exp(-48 / (CHARGING.length * size));
  for (let row = 0, i = 0; row < size; row++) {
    let charged = 0;
    for (let col = 0; col < size; col++, i++) {
      image[i] += CHARGING.glow * halo[i] + scale * texture[i] - CHARGING.streak * charged;
      charged = decay * charged + excess[i];
    }
  }
}

/** Adds the offset of each scan line, and records 8 bits. */
export function detect(image: Float32Array, size: number, stream: RandomStream): void {
  for (let row = 0; row < size; row++) {
    const offset = LINE * stream.nextNormal();
    for (let i = row * size; i < (row + 1) * size; i++) image[i] = Math.round(255 * (image[i] + offset)) / 255;
  }
}
