/** An S3-compatible object store as shared storage, through HTTP. It must support conditional writes (`If-None-Match`), as those of Amazon, MinIO, Ceph and Cloudflare do. */
import fs from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { promisify } from 'node:util';
import type { AwsClient } from 'aws4fetch';
import { ContentError, checkKey, type SharedStore, StorageError } from './store.js';

/** A request is sent at most this often, if the store does not answer or is busy; the first wait in milliseconds. */
const ATTEMPTS = 5;
const FIRST_WAIT = 100;

/** Bytes that one request may store. */
const LARGEST = 5e9;

type Body = Uint8Array | { readonly file: string; readonly bytes: number };

export class S3Store implements SharedStore {
  private constructor(
    readonly name: string,
    private readonly client: AwsClient,
    /** Address of the bucket and the prefix of keys, without slashes at their ends. */
    private readonly bucket: string,
    private readonly prefix: string,
  ) {}

  /**
   * Opens a storage in a bucket that exists. Credentials, region and endpoint are those of the variables AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
   * AWS_SESSION_TOKEN, AWS_REGION and AWS_ENDPOINT_URL.
   * @throws {StorageError} when it cannot be reached
   * @example const store = await S3Store.open('s3://bucket/studies')
   */
  static async open(address: string, environment: NodeJS.ProcessEnv = process.env): Promise<S3Store> {
    const [, bucket, prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*?))?\/?$/.exec(address) ?? [];
    if (bucket === undefined || (prefix !== '' && checkKey(prefix) === ''))
      throw new StorageError(
        `The storage is not understood. Expected s3://BUCKET or s3://BUCKET/PREFIX, without credentials.`,
      );
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = environment;
    if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY)
      throw new StorageError(`${address} requires the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`);
    const region = environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION ?? 'us-east-1';
    const endpoint = environment.AWS_ENDPOINT_URL_S3 ?? environment.AWS_ENDPOINT_URL;
    const { AwsClient } = await loadClient();
    const client = new AwsClient({
      ...{ accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY, service: 's3', region, retries: 0 },
      ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
    });
    const place =
      endpoint === undefined
        ? `https://${bucket}.s3.${region}.amazonaws.com`
        : `${endpoint.replace(/\/$/, '')}/${bucket}`;
    const store = new S3Store(address.replace(/\/$/, ''), client, place, prefix);
    await store.list('studies');
    return store;
  }

  async read(key: string): Promise<Uint8Array | undefined> {
    const response = await this.#send('GET', key, [200, 404]);
    if (response.status === 200) return new Uint8Array(await response.arrayBuffer());
    await response.body?.cancel();
    return undefined;
  }

  async write(key: string, content: Uint8Array): Promise<void> {
    await drained(this.#send('PUT', key, [200], content));
  }

  async create(key: string, content: Uint8Array): Promise<boolean> {
    return this.#create(key, content);
  }

  async has(key: string): Promise<boolean> {
    return (await drained(this.#send('HEAD', key, [200, 404]))) === 200;
  }

  async list(prefix: string): Promise<string[]> {
    const within = `${this.#keyOf(prefix)}/`;
    const names: string[] = [];
    for (let token: string | undefined, isFirst = true; isFirst || token !== undefined; isFirst = false) {
      const query = new URLSearchParams({ 'list-type': '2', prefix: within, delimiter: '/' });
      if (token !== undefined) query.set('continuation-token', token);
      const response = await this.#request('GET', `${this.bucket}?${query}`, prefix, [200]);
      const text = await response.text();
      for (const [, key] of text.matchAll(/<Key>([^<]*)<\/Key>/g)) names.push(key.slice(within.length));
      for (const [, inner] of text.matchAll(/<CommonPrefixes><Prefix>([^<]*)<\/Prefix>/g))
        names.push(inner.slice(within.length, -1));
      token = /<NextContinuationToken>([^<]*)<\/NextContinuationToken>/.exec(text)?.[1].replaceAll('&amp;', '&');
    }
    return names.sort();
  }

  async remove(key: string): Promise<void> {
    await drained(this.#send('DELETE', key, [200, 204, 404]));
  }

  async upload(file: string, key: string): Promise<void> {
    if (await this.has(key)) return;
    const { size: bytes } = fs.statSync(file);
    if (bytes > LARGEST)
      throw new StorageError(
        `${file} has ${bytes} bytes; ${this.name} takes at most ${LARGEST} in a file. Use a folder as storage.`,
      );
    await this.#create(key, { file, bytes });
  }

  async download(key: string, file: string): Promise<void> {
    const response = await this.#send('GET', key, [200, 404]);
    if (response.status === 404 || !response.body) {
      await response.body?.cancel();
      throw new ContentError(`${this.name} lacks ${key}.`);
    }
    try {
      // The types of the web's streams and of Node's are not the same.
      const body = Readable.fromWeb(response.body as ReadableStream);
      await promisify(pipeline)(body, fs.createWriteStream(file));
    } catch (cause) {
      throw new StorageError(`Could not copy ${key} to ${file}: ${messageOf(cause)}`, undefined, { cause });
    }
  }

  async #create(key: string, body: Body): Promise<boolean> {
    return (await drained(this.#send('PUT', key, [200, 409, 412], body, { 'If-None-Match': '*' }))) === 200;
  }

  #keyOf(key: string): string {
    return this.prefix === '' ? checkKey(key) : `${this.prefix}/${checkKey(key)}`;
  }

  #send(method: string, key: string, expected: readonly number[], body?: Body, headers = {}): Promise<Response> {
    return this.#request(method, `${this.bucket}/${this.#keyOf(key)}`, key, expected, body, headers);
  }

  async #request(
    method: string,
    url: string,
    key: string,
    expected: readonly number[],
    body?: Body,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      let problem: string;
      try {
        const response = await this.client.fetch(url, { method, ...contentOf(body, headers) });
        if (expected.includes(response.status)) return response;
        problem = `the store answers ${response.status}${codeIn(await response.text())}`;
        if (response.status < 500 && response.status !== 429)
          throw new StorageError(this.#message(method, key, problem));
      } catch (error) {
        if (error instanceof StorageError) throw error;
        problem = messageOf(error);
      }
      if (attempt === ATTEMPTS) throw new StorageError(this.#message(method, key, problem));
      await new Promise((resolve) => setTimeout(resolve, FIRST_WAIT * 2 ** attempt));
    }
  }

  #message = (method: string, key: string, problem: string): string =>
    `Could not ${method === 'PUT' ? 'write' : method === 'DELETE' ? 'remove' : 'read'} ${key} of ${this.name}: ${problem}. Check the bucket, AWS_REGION, AWS_ENDPOINT_URL and the credentials.`;
}

function contentOf(body: Body | undefined, headers: Readonly<Record<string, string>>): RequestInit {
  if (body === undefined) return { headers };
  if (body instanceof Uint8Array) return { headers, body: new Uint8Array(body) };
  const stream = Readable.toWeb(fs.createReadStream(body.file)) as RequestInit['body'];
  return { headers: { ...headers, 'Content-Length': String(body.bytes) }, body: stream, duplex: 'half' };
}

/** The status of a response whose content does not matter. */
async function drained(responding: Promise<Response>): Promise<number> {
  const response = await responding;
  await response.arrayBuffer();
  return response.status;
}

/** " (NoSuchBucket)" */
function codeIn(text: string): string {
  const code = /<Code>(\w+)<\/Code>/.exec(text)?.[1];
  return code === undefined ? '' : ` (${code})`;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}, ${error.cause.message}` : error.message;
}

async function loadClient(): Promise<typeof import('aws4fetch')> {
  try {
    return await import('aws4fetch');
  } catch (cause) {
    throw new StorageError('A storage on S3 requires the package aws4fetch: npm install aws4fetch.', undefined, {
      cause,
    });
  }
}
