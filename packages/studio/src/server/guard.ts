/**
 * Which requests are answered: those to this address itself (so that no foreign name that resolves to it is accepted), from its own pages or from no page
 * at all, and, under /api, with the token.
 */
import { timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';

/**
 * Pages run only scripts of the studio, and connect only to it. These generate code: regl its drawing functions, and `compile` its loops; no script in the
 * page evaluates text that comes from a run.
 */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' blob: data:",
  "connect-src 'self' data:",
  "worker-src 'self' blob:",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The headers of every answer. Pages are not isolated: with a single thread, the decoder is fast enough, and TensorFlow.js starts its threads from text. */
export const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': PAGE_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** The names of this machine by which it can be reached at `port`. */
const ownHosts = (port: number): readonly string[] =>
  ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`);

/**
 * Rejects requests that another site caused, directly or by resolving its own name to this machine (DNS rebinding).
 * @param port called once per request, since the port is known only when the server listens
 */
export function sameOrigin(port: () => number): MiddlewareHandler {
  return async (context, next) => {
    const { host, origin, 'sec-fetch-site': site } = context.req.header();
    if (host === undefined || !ownHosts(port()).includes(host.toLowerCase()))
      return context.json({ error: 'This server answers only requests to its own address on this machine.' }, 403);
    // Scripts of another origin may not read or change anything, whatever they know.
    if (origin !== undefined && origin !== `http://${host.toLowerCase()}`)
      return context.json({ error: 'This server answers only its own pages.' }, 403);
    if (site === 'cross-site' && (origin !== undefined || context.req.path.startsWith('/api/')))
      return context.json({ error: 'This server answers only its own pages.' }, 403);
    return next();
  };
}

/** Adds the headers that keep pages of the studio to themselves. */
export const safeHeaders: MiddlewareHandler = async (context, next) => {
  await next();
  for (const [name, value] of Object.entries(HEADERS)) context.header(name, value);
};

/** Rejects requests without the token in `Authorization: Bearer TOKEN`. Cookies are not used, since all ports of a machine share them. */
export function withToken(token: string): MiddlewareHandler {
  const expected = Buffer.from(`Bearer ${token}`);
  return async (context, next) => {
    const given = Buffer.from(context.req.header('authorization') ?? '');
    if (given.length !== expected.length || !timingSafeEqual(given, expected))
      return context.json({ error: 'Open the address that pyroved studio has printed: it contains the token.' }, 401);
    context.header('Cache-Control', 'no-store');
    return next();
  };
}

/** The largest body of a request, in bytes; forms and labels are far smaller. */
const LARGEST_BODY = 1_000_000;

/** Rejects bodies that are too large or do not say their length. */
export const smallBody: MiddlewareHandler = async (context, next) => {
  const { 'content-length': length, 'transfer-encoding': coding } = context.req.header();
  if (coding !== undefined) return context.json({ error: 'The body must state its length.' }, 411);
  if (Number(length ?? 0) > LARGEST_BODY)
    return context.json({ error: `A request may have at most ${LARGEST_BODY} bytes.` }, 413);
  return next();
};
