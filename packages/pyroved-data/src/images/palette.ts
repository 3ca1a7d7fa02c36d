/** Pictures whose pixels name colours of a table. */

/** Converts palette indices to their colours (8 bits per channel; a fourth channel is alpha). */
export function paletted(indices: ArrayLike<number>, colour: (index: number) => readonly number[] | undefined) {
  const channels = colour(0)?.length ?? 3;
  const data = new Uint8Array(indices.length * channels);
  for (let i = 0; i < indices.length; i++) {
    const found = colour(indices[i]);
    if (!found) throw new Error(`a pixel refers to colour ${indices[i]}, which the palette lacks`);
    data.set(found, i * channels);
  }
  return { data, channels, white: 255 };
}
