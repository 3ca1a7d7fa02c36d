/**
 * Recall and precision of `findObjects` on simulated micrographs: `node bench/reference/findObjects.mjs [SEED...]`, default seeds 1 to 5.
 * 200 objects of three shapes per micrograph, 10% touching. Objects that the border cuts off do not count; an object is found where a middle
 * lies within 6 pixels of its own.
 */
import { findObjects, simulatedMicrograph } from 'pyroved-data';

const seeds = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1, 2, 3, 4, 5];
const worst = { recall: 1, precision: 1 };
for (const seed of seeds) {
  const { image, objects } = simulatedMicrograph({ seed });
  const began = process.cpuUsage();
  const { objects: found, patch } = findObjects(image);
  const { user, system } = process.cpuUsage(began);
  const whole = objects.filter(({ isCut }) => !isCut);
  const used = new Set();
  for (const { x, y } of whole) {
    const distances = found.map((f, i) => (used.has(i) ? Infinity : Math.hypot(f.x - x, f.y - y)));
    const nearest = distances.indexOf(Math.min(...distances));
    if (distances[nearest] < 6) used.add(nearest);
  }
  const atBorder = ({ x, y }) => objects.some((o) => o.isCut && Math.hypot(o.x - x, o.y - y) < 20);
  const wrong = found.filter((f, i) => !used.has(i) && !atBorder(f)).length;
  const recall = used.size / whole.length;
  const precision = used.size / (used.size + wrong);
  worst.recall = Math.min(worst.recall, recall);
  worst.precision = Math.min(worst.precision, precision);
  const seconds = (user + system) / 1e6;
  console.log(
    `seed ${seed}: ${whole.length} whole objects, recall ${recall.toFixed(4)}, precision ${precision.toFixed(4)}, ` +
      `patch ${patch}, ${seconds.toFixed(2)} s of processor time`,
  );
}
console.log(`worst: recall ${worst.recall.toFixed(4)}, precision ${worst.precision.toFixed(4)}`);
