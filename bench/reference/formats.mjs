/**
 * Reads the files named on standard input, one a line, with pyroved-data, and prints what it found as one line of JSON per file:
 * shape, pixel size, and sums of the values weighted by their places, which `formats.py` compares with other libraries.
 */
import { createInterface } from 'node:readline';
import { openMicrograph } from 'pyroved-data';

/** Sum of the values, and sum of the values weighted by their place modulo 97. */
function sums(pixels) {
  let [plain, weighted] = [0, 0];
  pixels.forEach((value, i) => {
    plain += value;
    weighted += value * (i % 97);
  });
  return [plain, weighted];
}

for await (const line of createInterface({ input: process.stdin })) {
  const [path, dataset] = line.split('\t');
  try {
    const file = await openMicrograph(path, dataset ? { dataset } : {});
    const { format, name, frames, channels, height, width, pixelSize } = file;
    const frameSums = [];
    for (const frame of [...new Set([0, frames - 1])])
      for (let c = 0; c < channels; c++) frameSums.push(sums((await file.read(frame, c)).pixels));
    file.close();
    console.log(JSON.stringify({ path, format, name, frames, channels, height, width, pixelSize, sums: frameSums }));
  } catch (error) {
    console.log(
      JSON.stringify({ path, error: error.message, isTyped: /Error$/.test(error.name) && error.name !== 'TypeError' }),
    );
  }
}
