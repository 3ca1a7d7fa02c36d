import { OptionError } from 'pyro-ts';
import { parseAngle, parseFraction, parseRange, parseShear } from 'pyroved-ts';
import { describe, expect, it } from 'vitest';

describe('angles', () => {
  it.each([
    [60, 60],
    ['60', 60],
    ['60 deg', 60],
    ['60deg', 60],
    ['60°', 60],
    ['-4.5 degrees', -4.5],
    ['0.5 rad', 28.64788975654116],
    ['pi/3 rad', 60],
    ['0.25 cycle', 90],
  ])('%s is %d degrees', (text, degrees) => {
    expect(parseAngle('--angle', text)).toBeCloseTo(degrees, 10);
  });

  it.each(['sixty degrees', '', '60 cm', '60 deg 3', '60%', 'deg', 'Infinity', '[1, 2]', 'f(x) = x', Number.NaN])(
    'rejects %j, naming the option and an example',
    (text) => {
      expect(() => parseAngle('--angle', text)).toThrow(OptionError);
      expect(() => parseAngle('--angle', text)).toThrow(/^--angle: .* is not understood\. Expected .*"60 deg"/);
    },
  );
});

describe('shear', () => {
  it('reads a percentage as the paper labels it, degrees * 100 / 64', () => {
    expect(parseShear('--shear', '23%')).toBeCloseTo(14.72, 10);
    expect(parseShear('--shear', '30 %')).toBeCloseTo(19.2, 10);
    expect(parseShear('--shear', '15 deg')).toBeCloseTo(15, 10);
    expect(parseShear('--shear', 15)).toBe(15);
    expect(() => parseShear('--shear', 'a bit %')).toThrow(
      /--shear: "a bit %" is not understood\. Expected a shear angle/,
    );
  });
});

describe('fractions and ranges', () => {
  it('takes 10% and 0.1 for the same', () => {
    expect(parseFraction('--translation', '10%')).toBeCloseTo(0.1, 12);
    expect(parseFraction('--translation', '0.1')).toBe(0.1);
    expect(() => parseFraction('--translation', '5 deg')).toThrow(OptionError);
  });

  it.each(['1 to 1.3', '1:1.3', '1, 1.3', '100% to 130%'])('reads the range %s', (text) => {
    expect(parseRange('--scale', text)).toEqual([1, expect.closeTo(1.3, 12)]);
  });

  it('rejects ranges without two ends in order', () => {
    expect(parseRange('scale', [1, '130%'])).toEqual([1, 1.3]);
    expect(() => parseRange('--scale', '1.3')).toThrow(
      /--scale: "1.3" is not understood\. Expected a range such as "1 to 1.3"/,
    );
    expect(() => parseRange('--scale', '1.3 to 1')).toThrow('runs backwards');
    expect(() => parseRange('--scale', 'one to two')).toThrow(OptionError);
  });
});
