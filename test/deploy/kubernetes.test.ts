/** The Kubernetes example and the container file: commands with options that exist, names that are declared, and no password on a command line. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly volumeMounts: readonly { readonly name: string }[];
}
interface Pod {
  readonly containers: readonly Container[];
  readonly volumes: readonly {
    readonly name: string;
    readonly secret?: { readonly secretName: string; readonly items: readonly { readonly key: string }[] };
    readonly persistentVolumeClaim?: { readonly claimName: string };
  }[];
}
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly stringData?: Readonly<Record<string, string>>;
  readonly spec?: { readonly template?: { readonly spec: Pod } };
}

const manifests: Manifest[] = parseAllDocuments(read('deploy/kubernetes.yaml')).map((document) => document.toJS());
const named = (kind: string) => manifests.filter((one) => one.kind === kind).map(({ metadata }) => metadata.name);
const pods = manifests.flatMap(({ metadata, spec }): [string, Pod][] =>
  spec?.template ? [[metadata.name, spec.template.spec]] : [],
);

/** The text about a command in the reference, which a test compares with the program. */
function reference(command: string): string {
  const text = read('docs/guides/command-line.md');
  const start = text.indexOf(`## pyroved ${command}\n`);
  return text.slice(start, text.indexOf('\n## ', start + 1));
}

describe.each(pods)('the pods of %s', (_, { containers, volumes }) => {
  it('run commands whose options exist', () => {
    for (const { image, args } of containers) {
      if (image !== 'pyroved') continue;
      const [command, ...rest] = args ?? [];
      const known = reference(command);
      expect(known.length).toBeGreaterThan(100);
      for (const flag of rest.filter((arg) => arg.startsWith('--'))) expect(known).toContain(`${flag} `);
    }
  });

  it('mount what is declared, and have no secret among their arguments', () => {
    const declared = volumes.map(({ name }) => name);
    for (const { volumeMounts, command = [], args = [] } of containers) {
      for (const { name } of volumeMounts) expect(declared).toContain(name);
      expect([...command, ...args].join(' ')).not.toMatch(/PASSWORD|:\/\//);
    }
    for (const { secret, persistentVolumeClaim } of volumes) {
      if (persistentVolumeClaim) expect(named('PersistentVolumeClaim')).toContain(persistentVolumeClaim.claimName);
      if (!secret) continue;
      const found = manifests.find(({ kind, metadata }) => kind === 'Secret' && metadata.name === secret.secretName);
      for (const { key } of secret.items) expect(Object.keys(found?.stringData ?? {})).toContain(key);
    }
  });
});

it('the container file starts a program that exists', () => {
  const [, program] = /ENTRYPOINT \["node", "\/app\/(.*)"\]/.exec(read('deploy/Containerfile')) ?? [];
  expect(existsSync(fileURLToPath(new URL(`../../${program}`, import.meta.url)))).toBe(true);
});
