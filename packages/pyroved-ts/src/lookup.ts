/** Looking up names that people give, such as those of classes, which may be "constructor" or "__proto__". */

/** The own property of `record` with that name; undefined for inherited properties. */
export const lookUp = <T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined =>
  record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
