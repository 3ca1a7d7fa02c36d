/** The latent map: one point for each image, drawn by regl-scatterplot, which selects by lasso. */
import { scaleLinear } from 'd3-scale';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import createScatterplot from 'regl-scatterplot';
import { colourOf, themeColour } from '../colours.js';
import type { Latents } from './data.js';

/** What a drag does. */
export type MapMode = 'move' | 'lasso' | 'decode';

interface MapProps {
  readonly latents: Latents;
  /** The latents along the axes. */
  readonly axes: readonly [number, number];
  /** The category of each image, or a number in [0, 1]. */
  readonly colour: { readonly values: ArrayLike<number>; readonly isCategory: boolean };
  readonly mode: MapMode;
  readonly onHover: (image: number) => void;
  readonly onSelect: (images: readonly number[]) => void;
  /** Receives the position on the two axes while the pointer is dragged. */
  readonly onDrag: (position: readonly [number, number]) => void;
}

type Plot = ReturnType<typeof createScatterplot>;

export function LatentMap(props: MapProps): JSX.Element {
  const { latents, axes, colour, mode } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const plot = useRef<Plot | null>(null);
  // Handlers are registered once, and call those of the last rendering.
  const current = useRef(props);
  current.current = props;
  useEffect(() => {
    const element = canvas.current;
    if (!element) return undefined;
    const created = createScatterplot({
      canvas: element,
      pointSize: 4,
      opacity: 0.7,
      xScale: scaleLinear(),
      yScale: scaleLinear(),
    });
    plot.current = created;
    created.subscribe('pointOver', (image) => current.current.onHover(image));
    created.subscribe('select', ({ points }) => current.current.onSelect(points));
    created.subscribe('deselect', () => current.current.onSelect([]));
    const recolour = (): void => {
      created.set({ backgroundColor: themeColour('--paper'), pointColorActive: themeColour('--ink') });
    };
    recolour();
    addEventListener('themechange', recolour);
    const resized = new ResizeObserver(() => created.set({ width: 'auto', height: 'auto' }));
    resized.observe(element);
    return () => {
      removeEventListener('themechange', recolour);
      resized.disconnect();
      created.destroy();
    };
  }, []);
  useEffect(() => {
    const { x, y } = positions(latents, axes);
    plot.current?.set({
      xScale: scaleLinear().domain([x.low, x.high]),
      yScale: scaleLinear().domain([y.low, y.high]),
      colorBy: 'valueA',
      pointColor: colour.isCategory
        ? Array.from({ length: Math.max(1, ...Array.from(colour.values, (k) => k + 1)) }, (_, k) => colourOf(k))
        : RAMP,
    });
    void plot.current?.draw(
      { x: x.values, y: y.values, valueA: Array.from(colour.values) },
      { zDataType: colour.isCategory ? 'categorical' : 'continuous' },
    );
  }, [latents, axes, colour]);
  useEffect(() => {
    plot.current?.set({ mouseMode: mode === 'lasso' ? 'lasso' : 'panZoom', cameraIsFixed: mode === 'decode' });
  }, [mode]);
  const drag = (event: PointerEvent): void => {
    const element = canvas.current;
    const scales = { x: plot.current?.get('xScale'), y: plot.current?.get('yScale') };
    if (mode !== 'decode' || event.buttons !== 1 || !element || !scales.x || !scales.y) return;
    const box = element.getBoundingClientRect();
    props.onDrag([scales.x.invert(event.clientX - box.left), scales.y.invert(event.clientY - box.top)]);
  };
  return (
    <div class="map">
      <canvas
        ref={canvas}
        onPointerMove={drag}
        onPointerDown={drag}
        role="img"
        aria-label={`Latent map of ${latents.about.count} images, latents ${axes[0] + 1} and ${axes[1] + 1}. Use the number field to choose an image with the keyboard.`}
      />
    </div>
  );
}

/** From little to much (viridis). */
const RAMP = ['#440154', '#414487', '#2a788e', '#22a884', '#7ad151', '#fde725'];

/** Values of two latents scaled to [-1, 1], with the values that the ends stand for. */
function positions({ about, content }: Latents, axes: readonly [number, number]) {
  const [x, y] = axes.map((axis) => {
    const raw = Float32Array.from({ length: about.count }, (_, i) => content[i * about.latentDim + axis]);
    // The span without the most extreme points, which would leave the others little room.
    const sorted = Float32Array.from(raw).sort();
    const [first, last] = [sorted[Math.floor(0.002 * (raw.length - 1))], sorted[Math.ceil(0.998 * (raw.length - 1))]];
    const half = Math.max(1e-6, 0.55 * (last - first));
    const middle = (first + last) / 2;
    return { values: raw.map((value) => (value - middle) / half), low: middle - half, high: middle + half };
  });
  return { x, y };
}
