/** `condition`: observes latent sites after the fact. */
import { type TensorLike, toTensor } from '../distributions/distribution.js';
import type { Message } from '../runtime/messages.js';
import { handlerFactory } from '../runtime/program.js';
import { Trace } from '../runtime/trace.js';
import { ByNameHandler, type ByNameOptions } from './byName.js';

/** Values by site name, or the values of a trace. */
export type SiteValues = Readonly<Record<string, TensorLike>> | Trace;

/** The value that `values` has for a site. */
export function valueFor(values: SiteValues, name: string): TensorLike | undefined {
  if (!(values instanceof Trace)) return Object.hasOwn(values, name) ? values[name] : undefined;
  const site = values.sites.get(name);
  return site?.type === 'sample' && !site.isSubsample ? site.value : undefined;
}

/** The names that a program must have for `values` to make sense; a trace may have more sites than a program. */
export const namesOf = (values: SiteValues): string[] =>
  values instanceof Trace ? [] : Object.keys(values).filter((name) => values[name] !== undefined);

/** Sets the value of the named sites and marks them observed. */
export class ConditionHandler extends ByNameHandler {
  constructor(
    readonly data: SiteValues,
    options?: ByNameOptions,
  ) {
    super('condition', 'sample', namesOf(data), options);
  }

  override process(message: Message): void {
    super.process(message);
    if (message.type !== 'sample' || message.isSubsample) return;
    const value = valueFor(this.data, message.name);
    if (value === undefined) return;
    message.value = toTensor(value);
    message.isObserved = true;
  }
}

/**
 * Observes the named sites at the given values. A name that the program lacks is an error, unless `allowUnused` is set or `data` is a trace.
 * Source: `pyro.poutine.condition`.
 * @example trace(condition(model, { w: 1.5 })).getTrace(data).get('w').isObserved // true
 */
export const condition = handlerFactory(
  (data: SiteValues, options?: ByNameOptions) => new ConditionHandler(data, options),
);
