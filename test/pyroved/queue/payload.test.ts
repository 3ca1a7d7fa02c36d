/** What a queue says of a trial is input that anyone may have written. */
import { expect, it } from 'vitest';
import { parsePayload, payloadOf, taskName } from '../../../packages/pyroved/dist/queue/payload.js';
import { QueueError } from '../../../packages/pyroved/dist/queue/taskQueue.js';

const sha = 'a'.repeat(64);
const content = {
  seed: 3,
  settings: { model: { latentDim: 2 }, train: { klWeight: 'min(1 + epoch/29, 2)' } },
  data: sha,
  pin: { code: sha, node: '20.20.2', engine: 'wasm', kernel: 'native', isa: 'avx2' },
};

it('is what was written, also after JSON', () => {
  const payload = payloadOf({ ...content, until: 4 });
  expect(parsePayload(JSON.parse(JSON.stringify(payload)))).toEqual(payload);
  expect(taskName(payload)).toBe(`${payload.hash}-4`);
  expect(payload.hash).toBe(payloadOf(content).hash);
});

const valid = payloadOf(content);
/** With a hash that fits. */
const altered = (changes: object) => payloadOf({ ...content, ...changes } as typeof content);

it.each<[string, unknown]>([
  ['nothing', undefined],
  ['text', 'trial'],
  ['a list', [valid]],
  ['another entry', { ...valid, folder: '/etc' }],
  ['a path as its hash', { ...valid, hash: '../../etc/passwd' }],
  ['a path as its images', altered({ data: '/etc/passwd' })],
  ['a URL as its images', altered({ data: 'https://example.org/x' })],
  ['a source among the settings', altered({ settings: { source: { kind: 'images', unlabelled: '/etc' } } })],
  ['a run to extend', altered({ settings: { from: '/home' } })],
  ['an output folder', altered({ settings: { folder: '/tmp/x', overwrite: true } })],
  ['a prototype', { ...valid, settings: JSON.parse('{"model":{"__proto__":{"x":1}}}') }],
  ['a constructor', altered({ settings: { model: { constructor: 1 } } })],
  ['settings without an end', altered({ settings: { model: nested(50) } })],
  ['large settings', altered({ settings: { model: { hidden: Array.from({ length: 1e5 }, () => 1) } } })],
  ['a fractional seed', altered({ seed: 1.5 })],
  ['a path as its kernel', altered({ pin: { ...content.pin, kernel: '/tmp/kernel.node' } })],
  ['another entry of the pin', altered({ pin: { ...content.pin, execArgv: '--inspect' } })],
  ['no engine', altered({ pin: { code: sha, node: '20', kernel: 'native' } })],
  ['epoch zero', { ...valid, until: 0 }],
  ['other settings under the same hash', { ...valid, settings: { model: { latentDim: 9 } } }],
  ['another seed under the same hash', { ...valid, seed: 4 }],
])('%s is rejected', (_, payload) => {
  expect(() => parsePayload(payload)).toThrow(QueueError);
});

function nested(depth: number): object {
  return depth === 0 ? {} : { inner: nested(depth - 1) };
}
