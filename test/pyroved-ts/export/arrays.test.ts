/** Latents and parameters as NumPy's files and as safetensors. */
import fs from 'node:fs';
import path from 'node:path';
import { unzipSync } from 'fflate';
import { ParamStore, readSafetensors } from 'pyro-ts';
import { exportModel } from 'pyroved';
import { decodeNpy } from 'pyroved-data';
import { type ImageSet, jiVAE, latentsNpz, parametersNpz, ssiVAE } from 'pyroved-ts';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../pyroved/storage/helpers.js';

const small = { hiddenEncoder: [5], hiddenDecoder: [5] };
const model = ssiVAE({ shape: [6, 5], numClasses: 3, invariances: ['r', 't', 's'], ...small });
const classNames = ['♥', 'spades', 'clubs'];
const count = 4;
const images = Float32Array.from({ length: count * 30 }, (_, i) => (i * 0.618) % 1);
const set: ImageSet = { images, count, shape: [6, 5], channels: 1, names: ['a.png', 'ä.png', '𝛼.png', 'b.png'] };

/** The texts of a `.npy` file, by NumPy's description of the format: little-endian code points, zeros at the end. */
function texts(bytes: Uint8Array): { shape: string; values: string[] } {
  const header = new TextDecoder().decode(bytes.subarray(10, 128));
  const [, width, shape] = /'<U(\d+)'.*'shape': (\([^)]*\))/.exec(header)!;
  const points = new Uint32Array(bytes.slice(128).buffer);
  const values = Array.from({ length: points.length / Number(width) }, (_, i) =>
    String.fromCodePoint(...points.subarray(i * Number(width), (i + 1) * Number(width))).replace(/\0+$/, ''),
  );
  return { shape, values };
}

it('latents as arrays', () => {
  const files = unzipSync(latentsNpz({ model, classNames, classAngles: Float32Array.of(0.1, 0.2, Number.NaN) }, set));
  const array = (name: string) => decodeNpy(files[`${name}.npy`]);
  const { probabilities, classes } = model.classify(set);
  const encoding = model.encode(set, classes);
  expect(array('content')).toEqual({ shape: [4, 2], data: encoding.content });
  expect(array('content_scale')).toEqual({ shape: [4, 2], data: encoding.contentScale });
  expect(array('angle')).toEqual({ shape: [4], data: encoding.angle });
  expect(array('shift')).toEqual({ shape: [4, 2], data: encoding.shift });
  expect(array('scale')).toEqual({ shape: [4, 1], data: encoding.scale });
  expect(array('classes')).toEqual({ shape: [4], data: Float32Array.from(classes) });
  expect(array('probabilities')).toEqual({ shape: [4, 3], data: probabilities });
  expect(texts(files['names.npy'])).toEqual({ shape: '(4,)', values: set.names });
  expect(texts(files['class_names.npy'])).toEqual({ shape: '(3,)', values: classNames });
  expect(array('class_angles')).toEqual({ shape: [3], data: Float32Array.of(0.1, 0.2, Number.NaN) });
  expect(Object.keys(files)).toHaveLength(10);
});

it('what a model does not infer is omitted, and the same latents give the same bytes', () => {
  const other = jiVAE({ shape: [6, 5], numClasses: 2, ...small });
  const bytes = latentsNpz({ model: other }, { ...set, names: undefined });
  const files = unzipSync(bytes);
  expect(Object.keys(files).sort()).toEqual(
    ['classes', 'content', 'content_scale', 'names', 'probabilities'].map((name) => `${name}.npy`),
  );
  expect(texts(files['names.npy']).values).toEqual(['image 1', 'image 2', 'image 3', 'image 4']);
  expect(latentsNpz({ model: other }, { ...set, names: undefined })).toEqual(bytes);
});

it('parameters alone', async () => {
  const out = temporaryFolder();
  const trained = { model, classNames };
  const [file] = await exportModel(trained, { to: 'safetensors', out });
  expect(path.basename(file)).toBe('parameters.safetensors');
  const { tensors, metadata } = readSafetensors(fs.readFileSync(file));
  expect(JSON.parse(metadata.class_names)).toEqual(classNames);
  const { data, shape } = tensors.get('decoder.coord_latent.fc_coord.weight')!;
  expect([data, shape]).toEqual([model.params.get('decoder.coord_latent.fc_coord.weight').dataSync(), [2, 5]]);
  const store = new ParamStore();
  store.load(fs.readFileSync(file));

  const arrays = unzipSync(parametersNpz(trained));
  expect(Object.keys(arrays).sort()).toEqual([...tensors.keys(), 'metadata'].map((name) => `${name}.npy`).sort());
  expect(decodeNpy(arrays['decoder.coord_latent.fc_coord.weight.npy'])).toEqual({ shape, data });
  const about = texts(arrays['metadata.npy']);
  expect([about.shape, JSON.parse(about.values[0]).model]).toEqual(['()', 'ssiVAE']);
  fs.rmSync(out, { recursive: true });
});
