"""The rival of bench/reference/micrographs.mjs: scikit-image finds and splits the objects of a micrograph, and a random forest on turned copies of the
labelled ones classifies them and tells their angle.

python micrographs.py TRAIN.mrc LABELLED.csv FRESH.mrc OUT.csv SEED

The background is a Gaussian blur, rows are levelled by their medians, Otsu's threshold separates objects, a watershed on the distance transform splits
touching ones, and region properties are their places. Patches of 48 pixels around them, without other objects, are features, reduced to 24 x 24. The angle is
that of the turned copy (of the labelled objects of the class, every 5 degrees) that resembles the patch most.
"""
import csv
import sys

import numpy as np
from scipy import ndimage
from skimage import feature, filters, measure, morphology, segmentation
from sklearn.ensemble import RandomForestClassifier

PATCH = 48
STEP = 5


def read_mrc(path):
    with open(path, 'rb') as file:
        head = np.frombuffer(file.read(1024), '<i4')
        return np.frombuffer(file.read(), '<f4').reshape(head[1], head[0]).astype(float)


def flattened(image):
    flat = image - filters.gaussian(image, 64, mode='nearest')
    return flat - np.median(flat, axis=1, keepdims=True)


def objects_of(flat):
    smooth = filters.gaussian(flat, 1)
    mask = ndimage.binary_fill_holes(smooth > filters.threshold_otsu(smooth))
    mask = morphology.remove_small_objects(mask, max_size=60)
    distance = filters.gaussian(ndimage.distance_transform_edt(mask), 1)
    peaks = feature.peak_local_max(distance, min_distance=7, labels=measure.label(mask), exclude_border=False)
    markers = np.zeros(mask.shape, int)
    markers[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
    labels = segmentation.watershed(-distance, markers, mask=mask)
    return labels, measure.regionprops(labels)


def patch_at(flat, labels, x, y):
    """The patch around a place, with 0 where other objects are."""
    half = PATCH // 2
    row, column = int(round(y)) + half, int(round(x)) + half
    padded, regions = np.pad(flat, half), np.pad(labels, half)
    own = regions[row, column]
    part = (slice(row - half, row + half), slice(column - half, column + half))
    return np.where((regions[part] == 0) | (regions[part] == own), padded[part], 0)


def features(patch):
    return patch.reshape(PATCH // 2, 2, PATCH // 2, 2).mean((1, 3)).ravel()


def main(train, labelled, fresh, out, seed):
    flat = flattened(read_mrc(train))
    labels, _ = objects_of(flat)
    with open(labelled, newline='') as file:
        known = [row for row in csv.DictReader(file) if row['label']]
    names = sorted({row['label'] for row in known})
    X, y, turns = [], [], []
    for row in known:
        patch = patch_at(flat, labels, float(row['x']), float(row['y']))
        for angle in range(0, 360, STEP):
            # Rotates counter-clockwise as seen.
            X.append(features(ndimage.rotate(patch, angle - float(row['label_angle']), reshape=False, order=1)))
            y.append(names.index(row['label']))
            turns.append(angle)
    X, y, turns = np.array(X), np.array(y), np.array(turns)
    forest = RandomForestClassifier(300, random_state=seed, n_jobs=1).fit(X, y)
    unit = (X - X.mean(1, keepdims=True)) / X.std(1, keepdims=True)
    flat = flattened(read_mrc(fresh))
    labels, found = objects_of(flat)
    with open(out, 'w', newline='') as file:
        table = csv.writer(file)
        table.writerow(['x', 'y', 'class', 'probability', 'angle_deg'])
        for region in found:
            y0, x0 = region.centroid
            x = features(patch_at(flat, labels, x0, y0))
            p = forest.predict_proba(x[None])[0]
            k = int(np.argmax(p))
            own = np.flatnonzero(y == k)
            best = own[np.argmax(unit[own] @ ((x - x.mean()) / x.std()))]
            table.writerow([x0, y0, names[k], p[k], turns[best]])


if __name__ == '__main__':
    main(*sys.argv[1:5], int(sys.argv[5]))
