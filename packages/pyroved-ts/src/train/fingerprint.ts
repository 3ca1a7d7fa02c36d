/** The settings of a saved training state, which must match to continue it. */
import { OptionError } from 'pyro-ts';

/** Settings that must match for a saved state to be continued reproducibly. */
export type Fingerprint = Readonly<Record<string, string | number>>;

/** @throws {OptionError} when the saved run had different settings. */
export function checkFingerprint(saved: Fingerprint = {}, own: Fingerprint): void {
  for (const name of new Set([...Object.keys(own), ...Object.keys(saved)])) {
    if (saved[name] === own[name]) continue;
    throw new OptionError(
      `Cannot continue the saved run: its ${name} is ${saved[name] ?? '(none)'}; got ${own[name] ?? '(none)'}. Use the same data and options.`,
    );
  }
}
