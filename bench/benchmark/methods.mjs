/** What each method is, in a line for the page. */

const methods = {
  recognition: 'ours without templates: recognition of class and pose in eight views',
  'label-propagation': 'labels spread over a nearest-neighbour graph of all images, distances over all rotations',
  'spectral-clustering': 'clusters of a nearest-neighbour graph of the unlabelled images, distances over all rotations',
  'template-angle': 'nearest labelled image, over angles and shifts',
  'template-scale': 'nearest labelled image, over angles, shifts and scales',
  'template-shear': 'nearest labelled image, over angles, shifts, scales and shears',
  forest: 'random forest (scikit-learn) on 12,000 copies at drawn poses',
  boosting: 'gradient boosting (xgboost) on 12,000 copies at drawn poses',
  mlp: 'dense network 128-128 on images at drawn poses',
  'cnn-turn': 'CNN 16-32-64 on images at drawn rotations and shifts',
  'cnn-affine': 'CNN 16-32-64 on images under drawn affine maps: rotation, shift, scale, shear',
  'fixmatch-turn': 'the CNN with FixMatch on the unlabelled images, drawn rotations and shifts',
  'fixmatch-affine': 'the CNN with FixMatch on the unlabelled images, drawn affine maps',
  'c8-turn': 'CNN equivariant to rotations by 45°, drawn rotations and shifts',
  'c8-affine': 'CNN equivariant to rotations by 45°, drawn affine maps',
};

const suffixes = {
  noise: 'fresh noise on each drawn image',
  prep: 'robust plane removal and standardisation; fresh noise on each drawn image',
};

/** @param method a name such as `cnn-affine+prep` */
export function describeMethod(method) {
  const [base, suffix] = method.split('+');
  return [methods[base] ?? base, ...(suffix === undefined ? [] : [suffixes[suffix] ?? suffix])].join('; ');
}
