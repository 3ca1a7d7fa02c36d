/** The statistic of a training step's times, which differ by what JavaScript's garbage collector does in each. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const [below, above] = [Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2)];
  return (sorted[below] + sorted[above]) / 2;
}
