/** Sliders for content, class and pose; the picture is decoded in the page at every change. */
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Latents } from './data.js';
import type { Decoder, Point } from './model.js';
import { Picture } from './picture.js';

interface SlidersProps {
  readonly latents: Latents;
  readonly decoder: Decoder | undefined;
  readonly point: Point;
  readonly onChange: (point: Point) => void;
}

export function Sliders({ latents, decoder, point, onChange }: SlidersProps): JSX.Element {
  const { about, classes, angle, shift, scale } = latents;
  const values = useMemo(() => decoder?.decode([point])[0], [decoder, point]);
  const span = useMemo(() => spanOf(latents), [latents]);
  const withContent = (k: number, value: number): Point => ({
    ...point,
    content: point.content.map((old, i) => (i === k ? value : old)),
  });
  return (
    <section aria-label="Decoded image">
      <h2>Decoded image</h2>
      <div class="row">
        <Picture
          title={decoder ? 'Decoded' : 'Loading the decoder'}
          values={values}
          shape={about.shape}
          channels={about.channels}
        />
        <div class="sliders">
          {point.content.map((value, k) => (
            <Slider
              key={String(k)}
              name={`Content ${k + 1}`}
              value={value}
              range={span}
              onInput={(next) => onChange(withContent(k, next))}
            />
          ))}
          {angle && (
            <Slider
              name="Angle"
              unit="°"
              value={(point.angle * 180) / Math.PI}
              range={[-180, 180]}
              onInput={(degrees) => onChange({ ...point, angle: (degrees * Math.PI) / 180 })}
            />
          )}
          {shift && about.shape.length === 2 && (
            <>
              <Slider
                name="Shift 1"
                value={point.shift[0]}
                range={[-1, 1]}
                onInput={(s) => onChange({ ...point, shift: [s, point.shift[1]] })}
              />
              <Slider
                name="Shift 2"
                value={point.shift[1]}
                range={[-1, 1]}
                onInput={(s) => onChange({ ...point, shift: [point.shift[0], s] })}
              />
            </>
          )}
          {scale && (
            <Slider
              name="Scale"
              value={point.scale}
              range={[0.5, 2]}
              onInput={(next) => onChange({ ...point, scale: next })}
            />
          )}
          {classes && (
            <label>
              Class{' '}
              <select
                aria-label="Class"
                value={String(point.class)}
                onChange={({ currentTarget }) => onChange({ ...point, class: Number(currentTarget.value) })}
              >
                {about.classNames.map((name, k) => (
                  <option key={name} value={String(k)}>
                    {name}
                  </option>
                ))}
              </select>
            </label>
          )}
        </div>
      </div>
    </section>
  );
}

interface SliderProps {
  readonly name: string;
  readonly value: number;
  readonly range: readonly [number, number];
  readonly unit?: string;
  readonly onInput: (value: number) => void;
}

function Slider({ name, value, range: [low, high], unit = '', onInput }: SliderProps): JSX.Element {
  const digits = unit === '' ? 2 : 0;
  return (
    <label class="slider">
      <span>{name}</span>
      <input
        type="range"
        min={low}
        max={high}
        step="any"
        value={value}
        aria-valuetext={`${value.toFixed(digits)}${unit}`}
        onInput={({ currentTarget }) => onInput(Number(currentTarget.value))}
        onKeyDown={(event) => {
          const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
          if (step === undefined) return;
          event.preventDefault();
          onInput(Math.min(high, Math.max(low, value + (step * (high - low)) / 50)));
        }}
      />
      <output>
        {value.toFixed(digits).replace('-', '−')}
        {unit}
      </output>
    </label>
  );
}

/** The range of all content latents, at least that of the prior. */
function spanOf({ content }: Latents): [number, number] {
  let most = 3;
  for (const value of content) most = Math.max(most, Math.abs(value));
  return [-most, most];
}
