/** Ranges of poses written as text: every part, its unit, and what is rejected. */
import { OptionError } from 'pyro-ts';
import { parsePoseRanges } from 'pyroved-ts';
import { expect, test } from 'vitest';

const parse = (text: string) => parsePoseRanges('--labelled-poses', text);
const close = (x: number) => expect.closeTo(x, 10);

test('all parts together, in the units of drawn poses', () => {
  expect(parse('rotation 180 deg, shift 10%, scale 0.8 to 1.25, shear 25 deg, mirror')).toEqual({
    angle: close(Math.PI),
    // A tenth of the width is 0.2 of a grid that goes from -1 to 1.
    shift: close(0.2),
    scale: [0.8, 1.25],
    shear: close((25 * Math.PI) / 180),
    mirror: true,
  });
});

test.each([
  ['rotation 1 rad', { angle: close(1) }],
  ['rotation 60', { angle: close(Math.PI / 3) }],
  ['  shift   0.05 ', { shift: close(0.1) }],
  ['scale 80% to 125%', { scale: [close(0.8), close(1.25)] }],
  ['mirror', { mirror: true }],
  ['rotation 45 deg,', { angle: close(Math.PI / 4) }],
])('%s: parts that are not named are absent', (text, ranges) => {
  expect(parse(text)).toEqual(ranges);
});

test.each([
  ['', /--labelled-poses: "" names no range\. Expected ranges such as "rotation 180 deg/],
  ['rotatoin 60 deg', /--labelled-poses: "rotatoin 60 deg" is not understood\. Did you mean "rotation"\?/],
  ['rotation', /"rotation" is not understood/],
  ['rotation far', /--labelled-poses: rotation: "far" is not understood\. Expected an angle/],
  ['shift 5 px', /--labelled-poses: shift: "5 px" is not understood\. Expected a fraction/],
  ['scale 1.2 to 0.8', /runs backwards/],
  ['scale 2', /Expected a range such as/],
  ['mirror twice', /"mirror twice" is not understood/],
])('%j is rejected', (text, message) => {
  expect(() => parse(text)).toThrow(OptionError);
  expect(() => parse(text)).toThrow(message);
});
