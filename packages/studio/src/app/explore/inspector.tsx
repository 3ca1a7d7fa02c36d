/** One image: as it is, upright, and as the model reconstructs it, with its class and angle. */

import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { undoPose } from 'pyroved-ts';
import { percent } from '../parts.js';
import { type Images, type Latents, rowOf } from './data.js';
import type { Decoder } from './model.js';
import { pointAt } from './model.js';
import { Picture } from './picture.js';
import { PolarHistogram } from './polar.js';

interface InspectorProps {
  readonly latents: Latents;
  readonly images: Images;
  readonly decoder: Decoder | undefined;
  readonly image: number;
  readonly onChoose: (image: number) => void;
}

export function Inspector({ latents, images, decoder, image, onChoose }: InspectorProps): JSX.Element {
  const { about, classes, probabilities, angle, classAngles, angleBins, labels } = latents;
  const { shape, channels, count, classNames } = about;
  const [values, setValues] = useState<Float32Array>();
  useEffect(() => {
    let isCurrent = true;
    images.at(image).then(
      (found) => isCurrent && setValues(found),
      () => isCurrent && setValues(undefined),
    );
    return () => {
      isCurrent = false;
    };
  }, [images, image]);
  const upright = useMemo(() => (values ? uprightOf(latents, image, values) : undefined), [latents, image, values]);
  const reconstruction = useMemo(() => decoder?.decode([pointAt(latents, image)])[0], [decoder, latents, image]);
  const k = classes?.[image];
  const degrees = angle ? ((angle[image] - ((k !== undefined && classAngles?.[k]) || 0)) * 180) / Math.PI : undefined;
  const label = labels?.[image] ?? -1;
  return (
    <section aria-label="Image">
      <h2>Image</h2>
      <label>
        Number{' '}
        <input
          type="number"
          min={1}
          max={count}
          value={image + 1}
          onInput={({ currentTarget }) => {
            const i = Number(currentTarget.value) - 1;
            if (Number.isInteger(i) && i >= 0 && i < count) onChoose(i);
          }}
        />{' '}
        of {count.toLocaleString('en')}
      </label>
      <p class="quiet">{about.names[image]}</p>
      <div class="row">
        <Picture title="Image" values={values} shape={shape} channels={channels} size={112} />
        {(angle || latents.shift) && (
          <Picture title="Upright" values={upright} shape={shape} channels={channels} size={112} />
        )}
        <Picture title="Reconstruction" values={reconstruction} shape={shape} channels={channels} size={112} />
        {angleBins && <PolarHistogram bins={rowOf(angleBins, image, count)} />}
      </div>
      <p>
        {k !== undefined && (
          <>
            {classNames[k] ?? `class ${k + 1}`}
            {probabilities && ` (${percent(rowOf(probabilities, image, count)[k])})`}
          </>
        )}
        {degrees !== undefined &&
          `${k === undefined ? '' : ', '}${String(Math.round(((degrees + 540) % 360) - 180)).replace('-', '−')}°`}
        {label >= 0 && `; labelled ${classNames[label]}`}
      </p>
    </section>
  );
}

/** The image in the upright pose of its class. */
function uprightOf(latents: Latents, i: number, values: Float32Array): Float32Array {
  const { about, angle, shift, scale, shear, classes, classAngles } = latents;
  const { count, shape, channels } = about;
  const reference = (classes && classAngles?.[classes[i]]) || 0;
  const factors = scale && [...rowOf(scale, i, count)];
  const pose = {
    ...(angle && { angle: angle[i] - (Number.isFinite(reference) ? reference : 0) }),
    ...(shift && { shift: [...rowOf(shift, i, count)] }),
    ...(factors && { scale: factors.length === 1 ? [factors[0], factors[0]] : factors }),
    ...(shear && { shear: [...rowOf(shear, i, count)] }),
  };
  const points = values.length / channels;
  const upright = new Float32Array(values.length);
  for (let c = 0; c < channels; c++)
    upright.set(undoPose(values.subarray(c * points, (c + 1) * points), shape, pose), c * points);
  return upright;
}
