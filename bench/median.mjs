/** The statistic of times and rates that are set against each other: the middle one, since other work on the machine can move a single one either way. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const [below, above] = [Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2)];
  return (sorted[below] + sorted[above]) / 2;
}
