/** A warning for programs whose order suggests a dependence that plates rule out. */
import type { PlateFrame } from '../../runtime/messages.js';
import type { SampleSite, Trace } from '../../runtime/trace.js';
import { warn } from '../../runtime/warn.js';
import type { TracePair } from '../elbo/elbo.js';
import { isWithin, keyOf, type Ordinal, ordinalOf } from './elimination/ordinals.js';

/**
 * Warns where a site outside a plate comes after an enumerated site of the guide inside it: a variable outside must not depend on one inside.
 * That cannot be checked in general, only where it is easy to write so that it is plain. Source: `pyro.util.check_traceenum_requirements`.
 */
export function warnOfInvalidDependencies({ model, guide }: TracePair): void {
  const enumerated = new Set(guide.sampleSites.filter((s) => s.enumeration?.own).map((s) => s.name));
  if (enumerated.size === 0) return;
  warnOfOrder('model', model, enumerated);
  warnOfOrder('guide', guide, enumerated);
}

function warnOfOrder(role: string, trace: Trace, enumerated: ReadonlySet<string>): void {
  const contexts = new Map<string, { ordinal: Ordinal; sites: SampleSite[] }>();
  for (const site of trace.sampleSites) {
    const ordinal = ordinalOf(site);
    for (const { ordinal: inner, sites } of contexts.values()) {
      if (ordinal.size >= inner.size || !isWithin(ordinal, inner)) continue;
      const late = sites.filter((other) => !areIndependent(site.frames, other.frames)).map((s) => s.name);
      if (late.length === 0) continue;
      const plates = [...inner].filter((plate) => !ordinal.has(plate)).join(', ');
      warn(
        `At ${role} site "${site.name}", possibly invalid dependency. Expected "${site.name}" to come before "${late.join('", "')}", to keep ` +
          `the elements of ${plates} independent.`,
      );
    }
    if (!enumerated.has(site.name)) continue;
    const key = keyOf(ordinal);
    const context = contexts.get(key);
    if (context) context.sites.push(site);
    else contexts.set(key, { ordinal, sites: [site] });
  }
}

/** Whether the sites are in different turns of one sequential plate. */
function areIndependent(a: readonly PlateFrame[], b: readonly PlateFrame[]): boolean {
  const turns = new Map(a.flatMap((f) => (f.dim === undefined ? [[f.name, f.counter]] : [])));
  return b.some((f) => f.dim === undefined && turns.has(f.name) && turns.get(f.name) !== f.counter);
}
