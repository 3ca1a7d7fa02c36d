/** Tree classifiers of scikit-learn and xgboost, which run in a Python that has them. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { encodeNpz, type ImageSet, imageSize } from 'pyroved-ts';

/** Trains on one set and tests on another; prints accuracies as JSON. */
const SCRIPT = `
import json, sys
import numpy as np
data = np.load(sys.argv[1])
train, labels, test, truth = (data[name] for name in ('train', 'labels', 'test', 'truth'))
from sklearn.tree import DecisionTreeClassifier
from sklearn.ensemble import RandomForestClassifier
models = {'decision tree': DecisionTreeClassifier(random_state=1),
          'random forest': RandomForestClassifier(n_estimators=300, random_state=1)}
try:
    from xgboost import XGBClassifier
    models['gradient boosting (xgboost)'] = XGBClassifier(n_estimators=50, max_depth=4, random_state=1, n_jobs=1)
except ImportError:
    from sklearn.ensemble import HistGradientBoostingClassifier
    models['gradient boosting (scikit-learn)'] = HistGradientBoostingClassifier(max_iter=50, random_state=1)
results = []
for name, model in models.items():
    found = model.fit(train, labels).predict(test)
    recalls = [float(np.mean(found[truth == k] == k)) for k in np.unique(truth)]
    results.append({'name': name, 'accuracy': float(np.mean(found == truth)), 'recalls': recalls})
print(json.dumps(results))
`;

export interface TreeResult {
  readonly name: string;
  readonly accuracy: number;
  /** The fraction of each class that is classified correctly. */
  readonly recalls: readonly number[];
}

/** The results, or why there are none. */
export function treeResults(python: string, train: ImageSet, test: ImageSet): readonly TreeResult[] | string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pyroved-trees-'));
  try {
    const file = path.join(folder, 'images.npz');
    const arrays = {
      train: { data: train.images, shape: [train.count, imageSize(train)] },
      labels: { data: train.labels ?? new Int32Array(), shape: [train.count] },
      test: { data: test.images, shape: [test.count, imageSize(test)] },
      truth: { data: test.labels ?? new Int32Array(), shape: [test.count] },
    };
    fs.writeFileSync(file, encodeNpz(arrays, { level: 0 }));
    const { status, stdout, stderr, error } = spawnSync(python, ['-c', SCRIPT, file], { encoding: 'utf8' });
    if (error) return `${python} could not be started: ${error.message}`;
    if (status !== 0) return `${python} failed: ${stderr.trim().split('\n').at(-1) ?? ''}`;
    return resultsIn(JSON.parse(stdout));
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

const isResult = (value: unknown): value is TreeResult =>
  typeof value === 'object' &&
  value !== null &&
  'name' in value &&
  typeof value.name === 'string' &&
  'accuracy' in value &&
  typeof value.accuracy === 'number' &&
  'recalls' in value &&
  Array.isArray(value.recalls);

const resultsIn = (value: unknown): readonly TreeResult[] | string =>
  Array.isArray(value) && value.every(isResult) ? value : 'The Python program printed something unexpected.';
