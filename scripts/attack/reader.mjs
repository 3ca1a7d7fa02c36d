/** A process that reads one file as the library does, and says how much memory and processor time that took: `node reader.mjs KIND FILE`. */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ParamStore, PyroError, readSafetensors } from 'pyro-ts';
import * as data from 'pyroved-data';
import * as library from 'pyroved-ts';
import * as node from 'pyroved-ts/node';

const [, , kind, path] = process.argv;
const images = () => data.readFolder(dirname(path), { size: 16 });
const read = {
  nothing: () => {},
  png: images,
  jpg: images,
  tif: images,
  bmp: images,
  npy: () => data.loadArray(path),
  npz: () => data.loadArray(path, { dataset: 'a0' }),
  safetensors: () => readSafetensors(readFileSync(path), path),
  pt: () => node.readStateDict(readFileSync(path), path),
  txt: () => {
    const text = readFileSync(path, 'utf8');
    for (const use of [
      () => library.parseAngle('angle', text),
      () => library.scheduleOf(text, { option: 'lr', epochs: 3 }),
    ]) {
      try {
        use();
      } catch (error) {
        if (!(error instanceof PyroError)) throw error;
      }
    }
  },
  json: () => library.modelFromConfig(JSON.parse(readFileSync(path, 'utf8'))).dispose(),
};

const began = process.cpuUsage();
let outcome = 'read';
try {
  await (read[kind] ?? read.nothing)();
} catch (error) {
  outcome =
    error instanceof PyroError
      ? `${error.name}: ${error.message.slice(0, 300)}`
      : `UNTYPED ${String(error?.stack ?? error).slice(0, 600)}`;
}
const { user, system } = process.cpuUsage(began);
const seconds = (user + system) / 1e6;
console.log(JSON.stringify({ megabytes: process.resourceUsage().maxRSS / 1000, seconds, outcome }));
void ParamStore;
