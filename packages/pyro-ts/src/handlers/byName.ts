/** What handlers with values by name share: a name that the program never mentions is rejected, as it would change nothing. */
import { didYouMean, rejectUnknownKeys, SiteError } from '../errors.js';
import type { Message } from '../runtime/messages.js';
import { Handler } from '../runtime/stack.js';

export interface ByNameOptions {
  /** Let names pass that a run does not meet, for programs that have a site only in some runs. @default false */
  allowUnused?: boolean;
}

/** How each type of site is called in messages, and the handler that gives it a value. */
const kinds: Record<Message['type'], { called: string; handler: string }> = {
  sample: { called: 'sample site', handler: 'condition' },
  param: { called: 'parameter', handler: 'substitute' },
};

/** Remembers which names a run meets, and rejects those of `wanted` that it did not. A run that throws is not checked. */
export abstract class ByNameHandler extends Handler {
  private readonly met = new Map<string, Message['type']>();
  private readonly allowUnused: boolean;

  constructor(
    private readonly owner: string,
    private readonly type: Message['type'],
    private readonly wanted: readonly string[],
    options: ByNameOptions = {},
  ) {
    super();
    rejectUnknownKeys(owner, options, ['allowUnused']);
    this.allowUnused = options.allowUnused ?? false;
  }

  override run<R>(body: () => R): R {
    this.met.clear();
    const result = super.run(body);
    if (!this.allowUnused) for (const name of this.wanted) if (this.met.get(name) !== this.type) this.reject(name);
    return result;
  }

  override process(message: Message): void {
    if (message.type === 'sample' && message.isSubsample) return;
    this.met.set(message.name, message.type);
  }

  private reject(name: string): never {
    const { called } = kinds[this.type];
    const other = this.met.get(name);
    if (other) {
      const { called: is, handler } = kinds[other];
      throw new SiteError(`${this.owner}: "${name}" is a ${is} of the program, not a ${called}. Use ${handler}.`, name);
    }
    const names = [...this.met].filter(([, type]) => type === this.type).map(([known]) => known);
    throw new SiteError(
      `${this.owner}: the program has no ${called} "${name}" that this handler can see.${didYouMean(name, names)} Where a run may do without it, ` +
        'give { allowUnused: true }.',
      name,
    );
  }
}
