/** Which requests the studio answers. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { RunEntry } from 'pyroved-studio';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Fixture, openFixture, writeRun } from './fixture.js';

let fixture: Fixture;
let run: RunEntry;

beforeAll(async () => {
  fixture = await openFixture((folder) => {
    const { path } = writeRun(join(folder, 'first'));
    mkdirSync(join(path, 'pictures'));
    writeFileSync(join(path, 'pictures', 'map.svg'), '<svg/>');
    writeFileSync(join(path, 'pictures', 'secret.txt'), 'secret');
    symlinkSync(join(path, 'config.json'), join(path, 'pictures', 'link.svg'));
  });
  [run] = await fixture.json<RunEntry[]>('/api/runs');
});
afterAll(() => fixture[Symbol.asyncDispose]());

const statusOf = async (...request: Parameters<Fixture['send']>): Promise<number> =>
  (await fixture.send(...request)).status;

describe('the token', () => {
  it('is required under /api, whole and unchanged', async () => {
    const { token } = fixture.studio;
    const wrong = ['', token, `Bearer ${token.slice(1)}`, `Bearer ${token}x`, `Bearer ${'x'.repeat(token.length)}`];
    for (const authorization of wrong)
      for (const path of ['/api/runs', '/api/studio', '/api/events', `/api/runs/${run.id}`, '/api/nothing'])
        expect(await statusOf(path, { headers: { authorization } })).toBe(401);
    expect(await statusOf('/api/trainings', { method: 'POST', headers: { authorization: '' }, body: {} })).toBe(401);
    expect(await statusOf('/api/runs')).toBe(200);
  });

  it('is not taken from the address, which is logged and copied', async () => {
    const { token } = fixture.studio;
    expect(await statusOf(`/api/runs?token=${token}`, { headers: { authorization: '' } })).toBe(401);
    expect(fixture.studio.address).toBe(`http://127.0.0.1:${fixture.studio.port}/#token=${token}`);
    expect(token).toMatch(/^[\w-]{43}$/);
  });

  it('is of one studio only', async () => {
    await using other = await openFixture();
    expect(await statusOf('/api/runs', { headers: { authorization: `Bearer ${other.studio.token}` } })).toBe(401);
  });
});

describe('the Host header', () => {
  it('must be this address, so that no other name that resolves to it is accepted', async () => {
    const { port } = fixture.studio;
    const foreign = [
      'evil.example',
      `evil.example:${port}`,
      '127.0.0.1',
      `127.0.0.1:${port + 1}`,
      `127.0.0.1.evil.example:${port}`,
    ];
    for (const host of foreign)
      for (const path of ['/', '/api/runs']) expect(await statusOf(path, { headers: { host } })).toBe(403);
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`])
      expect(await statusOf('/api/runs', { headers: { host } })).toBe(200);
  });
});

describe('another origin', () => {
  it('gets no answer, with or without the token', async () => {
    for (const origin of [
      'https://evil.example',
      'null',
      'http://127.0.0.1:1',
      `https://127.0.0.1:${fixture.studio.port}`,
    ])
      expect(await statusOf('/api/runs', { headers: { origin } })).toBe(403);
    expect(await statusOf('/api/runs', { headers: { 'sec-fetch-site': 'cross-site' } })).toBe(403);
    expect(await statusOf('/api/runs', { headers: { origin: `http://127.0.0.1:${fixture.studio.port}` } })).toBe(200);
  });

  it('may not embed the page or read its files', async () => {
    const { headers } = await fixture.send('/');
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers).toMatchObject({
      'cross-origin-resource-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    expect(headers).not.toHaveProperty('access-control-allow-origin');
    expect(headers).not.toHaveProperty('set-cookie');
  });
});

describe('the network', () => {
  it('cannot reach it: it listens on the loopback interface', async () => {
    const outer = Object.values(networkInterfaces())
      .flatMap((list = []) => list)
      .filter(({ internal, family }) => !internal && family === 'IPv4');
    for (const { address } of outer) {
      const isReached = await new Promise<boolean>((resolve) => {
        const socket = connect({ host: address, port: fixture.studio.port });
        socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
        socket.once('close', () => socket.destroy());
      });
      expect(isReached).toBe(false);
    }
  });
});

describe('paths', () => {
  it('outside the page are not served', async () => {
    const paths = ['/../package.json', '/assets/../../../package.json', '/%2e%2e/package.json', '/..%2fpackage.json'];
    for (const path of [...paths, '//etc/passwd', '/assets', '/index.html%00', '/.']) {
      const { status, text } = await fixture.send(path);
      expect(status === 404 || text.startsWith('<!doctype html>')).toBe(true);
      expect(text).not.toContain('"version"');
      expect(text).not.toContain('root:');
    }
  });

  it('of runs are ids, not paths', async () => {
    for (const id of ['..', '%2e%2e', '..%2f..', 'first', '%2fetc', '__proto__', 'constructor'])
      expect([404, 401]).toContain(await statusOf(`/api/runs/${id}`));
  });

  it('of pictures are names of pictures of the run; links are not followed', async () => {
    const pictures = `/api/runs/${run.id}/pictures`;
    expect(await statusOf(`${pictures}/map.svg`)).toBe(200);
    for (const name of ['..%2fconfig.json', '%2e%2e%2fconfig.json', 'secret.txt', 'link.svg', '%2fetc%2fpasswd'])
      expect(await statusOf(`${pictures}/${name}`)).toBe(404);
  });
});

describe('requests', () => {
  it('that are too large, damaged or of another method are rejected', async () => {
    const post = (body: unknown) => statusOf('/api/trainings', { method: 'POST', body });
    // The connection may be closed before the answer has been read.
    const tooLong = post({ out: 'x'.repeat(2_000_000) }).catch(() => 'closed');
    expect([413, 'closed']).toContain(await tooLong);
    const chunked = { method: 'POST', headers: { 'transfer-encoding': 'chunked' }, body: {} };
    expect(await statusOf('/api/trainings', chunked)).toBe(411);
    expect(await post('text')).toBe(400);
    expect(await post(null)).toBe(400);
    expect(await statusOf('/api/runs', { method: 'DELETE', headers: { 'content-length': '0' } })).toBe(404);
    expect(await statusOf('/', { method: 'POST', headers: { 'content-length': '0' } })).toBe(404);
  });
});
