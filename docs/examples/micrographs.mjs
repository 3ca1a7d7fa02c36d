import { findObjects, simulatedMicrograph } from 'pyroved-data';

// 100 objects of three shapes, a tenth of them touching, on an uneven background with noise and scan lines.
const { image, objects: truth } = simulatedMicrograph({ size: 768, objects: 100, seed: 2 });

const { objects, patch } = findObjects(image);
console.log(`${objects.length} objects found, patches of ${patch} x ${patch} pixels`);

const whole = objects.filter(({ atEdge, isCrowded }) => !atEdge && !isCrowded);
console.log(`${whole.length} of them are away from the border and from each other`);

const { x, y, width, height, area, angle } = whole[0];
console.log(
  `the first: x ${x.toFixed(1)}, y ${y.toFixed(1)}, ${width} x ${height}, area ${area}, ${angle.toFixed(0)} deg`,
);

// The truth: which of the objects that the border does not cut off were found?
const complete = truth.filter(({ isCut }) => !isCut);
const found = complete.filter((o) => objects.some((f) => Math.hypot(f.x - o.x, f.y - o.y) < 6));
console.log(`${found.length} of ${complete.length} complete objects found`);
