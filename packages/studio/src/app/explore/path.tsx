/** Images decoded on the path between two images. */

import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { interpolatedAngle } from './angles.js';
import type { Latents } from './data.js';
import { type Decoder, type Point, pointAt } from './model.js';
import { Picture } from './picture.js';

interface PathProps {
  readonly latents: Latents;
  readonly decoder: Decoder | undefined;
  /** The image that a button makes an end of the path. */
  readonly image: number;
  readonly ends: readonly [number, number];
  readonly onEnds: (ends: readonly [number, number]) => void;
}

const STEPS = 7;

export function Path({ latents, decoder, image, ends, onEnds }: PathProps): JSX.Element {
  const { about } = latents;
  const pictures = useMemo(() => {
    const [from, to] = ends.map((end) => pointAt(latents, end));
    return decoder?.decode(Array.from({ length: STEPS }, (_, i) => between(from, to, i / (STEPS - 1))));
  }, [decoder, latents, ends]);
  return (
    <section aria-label="Path between two images">
      <h2>Path between two images</h2>
      <p class="controls">
        <button type="button" class="plain" onClick={() => onEnds([image, ends[1]])}>
          Start at image {image + 1}
        </button>
        <button type="button" class="plain" onClick={() => onEnds([ends[0], image])}>
          End at image {image + 1}
        </button>
      </p>
      <div class="row">
        {Array.from({ length: STEPS }, (_, i) => (
          <Picture
            key={String(i)}
            title={i === 0 ? String(ends[0] + 1) : i === STEPS - 1 ? String(ends[1] + 1) : '·'}
            values={pictures?.[i]}
            shape={about.shape}
            channels={about.channels}
            size={64}
          />
        ))}
      </div>
    </section>
  );
}

/** The class changes half way. */
function between(from: Point, to: Point, t: number): Point {
  const mix = (a: number, b: number): number => a + t * (b - a);
  return {
    content: from.content.map((value, k) => mix(value, to.content[k])),
    angle: interpolatedAngle(from.angle, to.angle, t),
    shift: [mix(from.shift[0], to.shift[0]), mix(from.shift[1], to.shift[1])],
    scale: mix(from.scale, to.scale),
    class: t < 0.5 ? from.class : to.class,
  };
}
