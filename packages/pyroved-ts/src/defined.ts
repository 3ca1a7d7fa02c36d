/** The options that were given: an entry that is undefined counts as omitted, and gives way to a default. */
export const defined = <T extends object>(options: T): Partial<T> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
