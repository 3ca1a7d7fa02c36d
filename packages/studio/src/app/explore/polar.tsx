/** The posterior of an angle as a polar histogram. */
import type { JSX } from 'preact';
import { percent } from '../parts.js';

const RADIUS = 56;

/** @param bins the probability of each bin; the first is centred at 0 degrees, and they go counter-clockwise */
export function PolarHistogram({ bins }: { bins: Float32Array }): JSX.Element {
  const most = Math.max(...bins);
  const best = bins.indexOf(most);
  const width = 360 / bins.length;
  const text = `Angle posterior: most probable ${Math.round(best * width)} degrees (${percent(most)}).`;
  return (
    <figure class="picture">
      <svg viewBox="-72 -72 144 144" width="144" height="144" role="img" aria-label={text}>
        <circle r={RADIUS} fill="none" stroke="var(--line)" />
        <line x1={-RADIUS} x2={RADIUS} y1="0" y2="0" stroke="var(--line)" />
        <line y1={-RADIUS} y2={RADIUS} x1="0" x2="0" stroke="var(--line)" />
        {[...bins].map((share, i) => (
          <path key={String(i)} d={sector(i * width, width, RADIUS * Math.sqrt(share / most))} fill="var(--accent)" />
        ))}
        <text x="69" y="4" text-anchor="end" font-size="11" fill="var(--ink)">
          0°
        </text>
      </svg>
      <figcaption>Angle posterior</figcaption>
    </figure>
  );
}

/** A sector whose area, not its radius, is proportional to the probability. */
function sector(centre: number, width: number, radius: number): string {
  const at = (degrees: number): string => {
    const angle = (degrees * Math.PI) / 180;
    return `${(radius * Math.cos(angle)).toFixed(2)} ${(-radius * Math.sin(angle)).toFixed(2)}`;
  };
  return `M0 0L${at(centre - width / 2)}A${radius.toFixed(2)} ${radius.toFixed(2)} 0 0 0 ${at(centre + width / 2)}Z`;
}
