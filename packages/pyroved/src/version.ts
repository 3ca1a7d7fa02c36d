/** This package's own version. */
import { createRequire } from 'node:module';

export const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

/** What a run or an import keeps of the software that made it. */
export const versions = (): Record<string, string> => ({ pyroved: version, node: process.versions.node });
