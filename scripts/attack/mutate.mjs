/** Damages of files: of bytes, of the values in JSON, of the cells of a table. All from a stream of random numbers, so that a number names a mutant. */

const pick = (random, list) => list[Math.floor(random() * list.length)];

/** Bytes flipped, cut, repeated, inserted or set to an extreme. */
export function mutateBytes(random, bytes) {
  let out = Buffer.from(bytes);
  for (let n = 1 + Math.floor(random() ** 3 * 8); n > 0 && out.length > 0; n--) {
    const at = Math.floor(random() ** 2 * out.length);
    const size = 1 + Math.floor(random() * 8);
    switch (Math.floor(random() * 7)) {
      case 0:
        out[at] ^= 1 << Math.floor(random() * 8);
        break;
      case 1:
        out[at] = pick(random, [0, 1, 0x7f, 0x80, 0xff]);
        break;
      case 2:
        out = out.subarray(0, at);
        break;
      case 3:
        out = Buffer.concat([out.subarray(0, at), out.subarray(at, at + size * 20), out.subarray(at)]);
        break;
      case 4:
        out = Buffer.concat([out.subarray(0, at), out.subarray(at + size)]);
        break;
      case 5:
        out.fill(pick(random, [0, 0xff]), at, Math.min(out.length, at + size));
        break;
      default:
        out = Buffer.concat([
          out.subarray(0, at),
          Buffer.from(Array.from({ length: size }, () => Math.floor(random() * 256))),
          out.subarray(at),
        ]);
    }
  }
  return out;
}

const HOSTILE = [
  ...[
    null,
    true,
    false,
    0,
    -1,
    1,
    0.5,
    -0.5,
    1e9,
    1e308,
    -1e308,
    2 ** 31,
    2 ** 53,
    1e-320,
    '',
    'x',
    '0',
    '__proto__',
    'constructor',
  ],
  ...[
    '\0',
    'a'.repeat(5000),
    '../../../etc/passwd',
    'sum(1:1e8)',
    '[',
    '{',
    '1e9',
    'NaN',
    [],
    [[]],
    {},
    [null],
    [1e9, 1e9],
    ['x'],
  ],
  ...[{ kind: 'constructor' }, { kind: null }, { length: 1e9 }, [[1, 2], 3], Array(300).fill(1)],
];

/** A JSON object with one to three of its values replaced, removed, renamed or moved. */
export function mutateJson(random, text) {
  const value = JSON.parse(text);
  for (let n = 1 + Math.floor(random() * 3); n > 0; n--) {
    const places = placesOf(value);
    const [holder, key] = pick(random, places);
    switch (Math.floor(random() * 6)) {
      case 0:
        delete holder[key];
        break;
      case 1:
        Object.defineProperty(holder, pick(random, ['x', '__proto__', 'constructor', `${key}s`, 'kind']), {
          value: holder[key],
          enumerable: true,
          configurable: true,
          writable: true,
        });
        break;
      case 2: {
        const [other, name] = pick(random, places);
        holder[key] = structuredClone(other[name]);
        break;
      }
      case 3:
        holder[key] =
          typeof holder[key] === 'number' ? holder[key] * pick(random, [-1, 0, 1e3, 1e9, 1e300, 0.1]) : [holder[key]];
        break;
      default:
        holder[key] = structuredClone(pick(random, HOSTILE));
    }
  }
  return JSON.stringify(value, null, 2);
}

function placesOf(value) {
  if (typeof value !== 'object' || value === null) return [];
  return Object.keys(value).flatMap((key) => [[value, key], ...placesOf(value[key])]);
}

const CELLS = [
  '',
  '\0',
  'a\0b.png',
  'x'.repeat(5000),
  'u1.png/x',
  '../u1.png',
  '/etc/passwd',
  '"',
  '1e999',
  'NaN',
  '-0',
  '#1',
  'u1.png#99',
  '\ud800',
  '\u202e',
  '=1',
  ';',
  ',',
  '\t',
  '\n',
  '..',
  '.',
  '~',
  '\\',
];

/** A table with cells replaced, delimiters changed, rows cut or repeated. */
export function mutateTable(random, text) {
  let rows = text.split('\n').map((row) => row.split(','));
  for (let n = 1 + Math.floor(random() * 3); n > 0; n--) {
    const row = Math.floor(random() * rows.length);
    const column = Math.floor(random() * rows[row].length);
    switch (Math.floor(random() * 6)) {
      case 0:
        rows.splice(row, 1);
        if (rows.length === 0) rows = [['']];
        break;
      case 1:
        rows[row].push(pick(random, CELLS));
        break;
      case 2:
        rows[row].splice(column, 1);
        break;
      default:
        rows[row][column] = pick(random, CELLS);
    }
  }
  const delimiter = random() < 0.1 ? pick(random, [';', '\t', '|', '\0']) : ',';
  return rows.map((row) => row.join(delimiter)).join('\n');
}
