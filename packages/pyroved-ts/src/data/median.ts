/** The median of many numbers without sorting them. */

/** The median (of an even number of values the upper one); NaN of no values. The values are reordered. */
export function medianInPlace(values: Float32Array | Float64Array): number {
  const rank = values.length >> 1;
  let [low, high] = [0, values.length - 1];
  // Quickselect: only the part with the wanted rank is partitioned further.
  while (low < high) {
    const pivot = values[(low + high) >> 1];
    let [i, j] = [low, high];
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i > j) break;
      const swapped = values[i];
      values[i++] = values[j];
      values[j--] = swapped;
    }
    if (rank <= j) high = j;
    else if (rank >= i) low = i;
    else break;
  }
  return values.length === 0 ? Number.NaN : values[rank];
}
