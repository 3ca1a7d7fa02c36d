/** The explorer of a run: the latent map, the image under the pointer, and sliders that decode any point of the latent space. */
import type { JSX } from 'preact';
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import type { RunEntry } from '../../api.js';
import { useLoaded } from '../hooks.js';
import { Message } from '../parts.js';
import { Images, type Latents, loadLatents } from './data.js';
import { Inspector } from './inspector.js';
import { LatentMap, type MapMode } from './map.js';
import { type Decoder, loadDecoder, type Point, pointAt } from './model.js';
import { Path } from './path.js';
import { Selection } from './selection.js';
import { Sliders } from './sliders.js';

export function Explore({ entry }: { entry: RunEntry }): JSX.Element {
  const { value: latents, error } = useLoaded(entry.id, () => loadLatents(entry.id));
  if (error !== undefined) return <Message title="The latent space could not be loaded" text={error} />;
  if (!latents) return <p role="status">Inferring the latents of all images. This takes a while for large sets.</p>;
  if (latents.about.latentDim < 1 || latents.about.count === 0)
    return <Message title="Nothing to explore" text="The model has no content latents." />;
  return <Explorer entry={entry} latents={latents} />;
}

const MODES: Readonly<Record<MapMode, string>> = { move: 'Move and zoom', lasso: 'Lasso', decode: 'Drag to decode' };

function Explorer({ entry, latents }: { entry: RunEntry; latents: Latents }): JSX.Element {
  const { about } = latents;
  const images = useMemo(() => new Images(entry.id, about.shape, about.channels), [entry.id, about]);
  const { value: decoder, error } = useLoaded(entry.id, () => loadDecoder(entry.id, latents));
  useEffect(() => () => decoder?.[Symbol.dispose](), [decoder]);
  const [axes, setAxes] = useState<readonly [number, number]>([0, Math.min(1, about.latentDim - 1)]);
  const [mode, setMode] = useState<MapMode>('move');
  const [by, setBy] = useState<Colouring>(latents.classes ? 'class' : 'angle');
  const colour = useMemo(() => colouring(latents, by), [latents, by]);
  const [image, setImage] = useState(0);
  const [ends, setEnds] = useState<readonly [number, number]>([0, about.count - 1]);
  const [selected, setSelected] = useState<readonly number[]>([]);
  const [point, setPoint] = useState<Point>(() => pointAt(latents, 0));
  const drag = useCallback(
    ([x, y]: readonly [number, number]) =>
      setPoint((before) => {
        const content = [...before.content];
        [content[axes[0]], content[axes[1]]] = [x, y];
        return { ...before, content };
      }),
    [axes],
  );
  const choose = (i: number): void => {
    setImage(i);
    setPoint(pointAt(latents, i));
  };
  return (
    <div class="explorer">
      <section aria-label="Latent map">
        <div class="controls">
          <fieldset class="choice">
            <legend>Dragging</legend>
            {(Object.keys(MODES) as MapMode[]).map((name) => (
              <button key={name} type="button" class="plain" aria-pressed={mode === name} onClick={() => setMode(name)}>
                {MODES[name]}
              </button>
            ))}
          </fieldset>
          <Choice label="Colour" value={by} options={colourings(latents)} onChange={setBy} />
          {about.latentDim > 2 &&
            ([0, 1] as const).map((side) => (
              <Choice
                key={side}
                label={side === 0 ? 'Across' : 'Up'}
                value={String(axes[side] + 1)}
                options={Array.from({ length: about.latentDim }, (_, k) => String(k + 1))}
                onChange={(value) => setAxes(side === 0 ? [Number(value) - 1, axes[1]] : [axes[0], Number(value) - 1])}
              />
            ))}
        </div>
        <LatentMap {...{ latents, axes, colour, mode }} onHover={choose} onSelect={setSelected} onDrag={drag} />
        <Legend latents={latents} by={by} />
        {about.total > about.count && (
          <p class="quiet">
            {about.count.toLocaleString('en')} of {about.total.toLocaleString('en')} images, evenly spaced.
          </p>
        )}
        <Selection latents={latents} images={selected} name={entry.name} />
      </section>
      <div>
        <Inspector {...{ latents, images, decoder, image }} onChoose={choose} />
        {error !== undefined && <p class="problem">{error}</p>}
        <Sliders {...{ latents, decoder, point }} onChange={setPoint} />
        <Path {...{ latents, decoder, image, ends }} onEnds={setEnds} />
      </div>
    </div>
  );
}

export type LoadedDecoder = Decoder | undefined;

type Colouring = 'class' | 'label' | 'angle' | 'entropy';

function colourings({ classes, labels, angle, entropy }: Latents): Colouring[] {
  return [
    ...(classes ? (['class'] as const) : []),
    ...(labels ? (['label'] as const) : []),
    ...(angle || !classes ? (['angle'] as const) : []),
    ...(entropy ? (['entropy'] as const) : []),
  ];
}

function colouring({ about, classes, labels, angle, entropy }: Latents, by: Colouring) {
  const { classNames, count } = about;
  if (by === 'class' && classes) return { values: classes, isCategory: true };
  // Unlabelled images have the colour after those of the classes.
  if (by === 'label' && labels) return { values: labels.map((k) => (k < 0 ? classNames.length : k)), isCategory: true };
  if (by === 'entropy' && entropy) {
    const most = Math.log(Math.max(2, classNames.length));
    return { values: entropy.map((value) => Math.min(1, value / most)), isCategory: false };
  }
  return {
    values: Float32Array.from({ length: count }, (_, i) => ((angle?.[i] ?? 0) + Math.PI) / (2 * Math.PI)),
    isCategory: false,
  };
}

function Legend({ latents: { about }, by }: { latents: Latents; by: Colouring }): JSX.Element {
  if (by === 'angle') return <p class="quiet">Dark: −180°; bright: 180°.</p>;
  if (by === 'entropy')
    return <p class="quiet">Dark: the class is certain; bright: all classes are equally probable.</p>;
  const names = by === 'label' ? [...about.classNames, 'unlabelled'] : about.classNames;
  return (
    <ul class="legend">
      {names.map((name, k) => (
        <li key={name}>
          <span class={`swatch colour-${k % 8}`} /> {name}
        </li>
      ))}
    </ul>
  );
}

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly T[];
  readonly onChange: (value: T) => void;
}

function Choice<T extends string>({ label, value, options, onChange }: ChoiceProps<T>): JSX.Element {
  return (
    <label>
      {label}{' '}
      <select
        value={value}
        onChange={({ currentTarget }) => onChange(options.find((name) => name === currentTarget.value) ?? value)}
      >
        {options.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
}
