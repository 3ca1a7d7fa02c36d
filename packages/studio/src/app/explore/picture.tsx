/** A picture of grey or colour values on a canvas, enlarged without smoothing. */
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface PictureProps {
  /** In [0, 1], channel by channel. */
  readonly values: Float32Array | undefined;
  readonly shape: readonly number[];
  readonly channels: number;
  readonly title: string;
  readonly size?: number;
}

export function Picture({ values, shape, channels, title, size = 144 }: PictureProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  // A signal is drawn as one row of pixels.
  const [height, width] = shape.length === 2 ? shape : [1, shape[0]];
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (context) draw(context, values, height, width, channels);
  }, [values, height, width, channels]);
  return (
    <figure class="picture">
      <canvas
        ref={canvas}
        width={width}
        height={height}
        style={{ width: `${size}px`, height: `${height === 1 ? 32 : size}px` }}
        role="img"
        aria-label={values ? title : `${title}: none`}
      />
      <figcaption>{title}</figcaption>
    </figure>
  );
}

function draw(
  context: CanvasRenderingContext2D,
  values: Float32Array | undefined,
  height: number,
  width: number,
  channels: number,
): void {
  const points = height * width;
  const picture = context.createImageData(width, height);
  for (let i = 0; i < points; i++) {
    for (let c = 0; c < 3; c++) {
      const value = values?.[(channels === 3 ? c : 0) * points + i] ?? 0;
      picture.data[4 * i + c] = Math.round(255 * Math.min(1, Math.max(0, value)));
    }
    picture.data[4 * i + 3] = values ? 255 : 0;
  }
  context.putImageData(picture, 0, 0);
}
