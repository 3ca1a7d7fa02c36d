/** Objects that are labelled twice with different classes. */
import { DataError } from 'pyroved-ts';
import { listProblems } from 'pyroved-ts/internal';
import type { Centre } from './centres.js';

/** Places nearer than this, in pixels, are of the same object. */
export const SAME_PLACE = 2;

/**
 * @param near distance in pixels within which two labels are of the same object
 * @throws {DataError} naming both sources of each pair of different labels of one object.
 */
export function rejectConflicts(centres: readonly Centre[], near = SAME_PLACE): void {
  const cells = new Map<string, Centre[]>();
  const cellOf = ({ file = '', x, y }: Pick<Centre, 'file' | 'x' | 'y'>) =>
    `${file}\n${Math.floor(x / near)},${Math.floor(y / near)}`;
  const problems: { file: string; why: string }[] = [];
  for (const centre of centres) {
    if (centre.label === undefined) continue;
    for (let dy = -1; dy <= 1; dy++) {
      for (let dx = -1; dx <= 1; dx++) {
        const beside = cells.get(cellOf({ ...centre, x: centre.x + dx * near, y: centre.y + dy * near })) ?? [];
        const other = beside.find(
          (c) => c.label !== centre.label && Math.hypot(c.x - centre.x, c.y - centre.y) <= near,
        );
        if (other)
          problems.push({
            file: `${centre.file ?? 'object'} at ${centre.x}, ${centre.y}`,
            why: `"${other.label}" (${other.source ?? 'given'}), but "${centre.label}" (${centre.source ?? 'given'})`,
          });
      }
    }
    const own = cellOf(centre);
    cells.set(own, [...(cells.get(own) ?? []), centre]);
  }
  if (problems.length === 0) return;
  throw new DataError(
    `${problems.length} object(s) have two different labels:\n${listProblems(problems)}\nKeep one of the two.`,
    problems,
  );
}
