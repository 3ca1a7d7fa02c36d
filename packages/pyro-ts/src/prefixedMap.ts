/** Part of a map under shorter names: the entries whose keys begin with a prefix. */

/** What a store needs of a map. */
export interface NamedValues<V> extends Iterable<[string, V]> {
  get(name: string): V | undefined;
  has(name: string): boolean;
  set(name: string, value: V): unknown;
  delete(name: string): boolean;
  keys(): Iterable<string>;
}

/** The entries of `whole` whose keys begin with `prefix`, without it. Changes go through to `whole`. */
export class PrefixedMap<V> implements NamedValues<V> {
  constructor(
    private readonly whole: NamedValues<V>,
    private readonly prefix: string,
  ) {}

  get(name: string): V | undefined {
    return this.whole.get(this.prefix + name);
  }
  has(name: string): boolean {
    return this.whole.has(this.prefix + name);
  }
  set(name: string, value: V): void {
    this.whole.set(this.prefix + name, value);
  }
  delete(name: string): boolean {
    return this.whole.delete(this.prefix + name);
  }
  *keys(): Generator<string> {
    for (const [name] of this) yield name;
  }
  *[Symbol.iterator](): Generator<[string, V]> {
    for (const [name, value] of this.whole) {
      if (name.startsWith(this.prefix)) yield [name.slice(this.prefix.length), value];
    }
  }
}
