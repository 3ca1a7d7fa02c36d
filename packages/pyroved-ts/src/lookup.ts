/** Looking up names that people give, such as those of classes, which may be "constructor" or "__proto__". */

/** The entry of `record` by that name; undefined for what every object inherits. */
export const lookUp = <T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined =>
  record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
