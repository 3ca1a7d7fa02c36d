/** Sequential enumeration: the guide is run once for each combination of the values of its sequential sites. */
import type { Message } from '../../runtime/messages.js';
import { Handler } from '../../runtime/stack.js';
import type { SampleSite, Trace } from '../../runtime/trace.js';
import { supportValue } from './enumerateSite.js';

/** A run still to be made: as `trace` up to the site `name`, which takes value number `index`. */
interface Branch {
  readonly trace: Trace;
  readonly name: string;
  readonly index: number;
}

/** Gives sequential sites one value each: what the branch says up to its site, the first value after it. Source: `pyro.infer.enum`. */
export class SequentialHandler extends Handler {
  /** The sites that took their first value, with the number of values that they have. */
  readonly firstMet: { name: string; total: number }[] = [];
  private readonly before = new Map<string, SampleSite>();

  constructor(private readonly branch?: Branch) {
    super();
    for (const [name, site] of branch?.trace.sites ?? []) {
      if (name === branch?.name) break;
      if (site.type === 'sample') this.before.set(name, site);
    }
  }

  override process(message: Message): void {
    if (message.type !== 'sample' || message.isObserved || message.value !== undefined) return;
    const site = this.before.get(message.name);
    if (site) {
      message.value = site.value;
      message.enumeration = site.enumeration;
    } else if (!message.isSubsample && message.infer.enumerate === 'sequential') {
      const isBranch = this.branch?.name === message.name;
      const { value, total } = supportValue(message, isBranch && this.branch ? this.branch.index : 0);
      if (!isBranch) this.firstMet.push({ name: message.name, total });
      message.value = value;
      message.enumeration = {
        variables: new Map(),
        own: { dim: undefined, total, logWeight: (logProb) => logProb },
        isDrawn: false,
      };
    }
  }
}

/** Runs `run` once for each combination of values, inside the handler that it is given. Draws made before a site are shared by its runs. */
export function* sequentialRuns<Run extends { guide: Trace }>(
  run: (handler: SequentialHandler) => Run,
): Generator<Run> {
  const pending: (Branch | undefined)[] = [undefined];
  while (pending.length > 0) {
    const handler = new SequentialHandler(pending.pop());
    const result = run(handler);
    for (const { name, total } of handler.firstMet) {
      for (let index = total - 1; index > 0; index--) pending.push({ trace: result.guide, name, index });
    }
    yield result;
  }
}
