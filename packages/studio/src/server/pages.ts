/** The files of the built page, read by name from one folder and nowhere else. */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

/** A file of the page. */
export interface PageFile {
  readonly content: Uint8Array<ArrayBuffer>;
  readonly type: string;
  /** Whether its name changes with its content, so that a browser may keep it. */
  readonly isImmutable: boolean;
}

/** Where the build puts the page. */
export const pageFolder = fileURLToPath(new URL('../page', import.meta.url));

/** The files of a folder, by their paths as in addresses, e.g. "/index.html"; listed once, so that no request is joined with a path. */
export class Pages {
  readonly #files: ReadonlyMap<string, string>;

  constructor(folder = pageFolder) {
    const names = fs.existsSync(folder) ? fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
    this.#files = new Map(
      names
        .filter((name) => path.extname(name) in TYPES)
        .map((name) => [`/${name.split(path.sep).join('/')}`, path.join(folder, name)]),
    );
  }

  /** Undefined for a file that the page does not have. */
  read(address: string): PageFile | undefined {
    const name = address === '/' ? '/index.html' : address;
    const file = this.#files.get(name);
    if (file === undefined) return undefined;
    return {
      content: new Uint8Array(fs.readFileSync(file)),
      type: TYPES[path.extname(file)],
      isImmutable: name.startsWith('/assets/'),
    };
  }
}
