/** GeoJSON regions of classified objects, which QuPath and napari read. */
import { colourOf } from './canvas.js';

/** An object as a region, in pixels of the file. */
export interface RegionObject {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly class: string;
  /** e.g. `#4A84C4` */
  readonly colour: string;
  /** Numbers that are kept with the region, e.g. its probability. */
  readonly measurements: Readonly<Record<string, number>>;
}

/**
 * A feature collection with a rectangle per object. Coordinates are those of QuPath and ImageJ: the outer corner of the first pixel is at 0, so that
 * the centre of a pixel is half a pixel further.
 * @param file the micrograph, which each region names
 * @see https://qupath.readthedocs.io/en/stable/docs/advanced/exporting_annotations.html
 */
export function regionsGeoJson(file: string, objects: readonly RegionObject[]): string {
  const features = objects.map(({ x, y, width, height, class: name, colour, measurements }) => {
    const [left, right] = [x + 0.5 - width / 2, x + 0.5 + width / 2].map(rounded);
    const [top, bottom] = [y + 0.5 - height / 2, y + 0.5 + height / 2].map(rounded);
    return {
      type: 'Feature',
      geometry: {
        type: 'Polygon',
        coordinates: [
          [
            [left, top],
            [right, top],
            [right, bottom],
            [left, bottom],
            [left, top],
          ],
        ],
      },
      properties: {
        objectType: 'detection',
        file,
        classification: { name, color: colourOf(colour) },
        measurements,
      },
    };
  });
  return `${JSON.stringify({ type: 'FeatureCollection', features }, null, 1)}\n`;
}

const rounded = (value: number): number => Math.round(100 * value) / 100;
