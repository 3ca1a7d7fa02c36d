/** A one-line description of each method for the page. */

const methods = {
  recognition: 'ours without templates: recognition of class and pose in eight views',
  'label-propagation': 'labels propagated over a nearest-neighbour graph of all images, distances over all rotations',
  'spectral-clustering': 'clusters of a nearest-neighbour graph of the unlabelled images, distances over all rotations',
  'template-angle': 'nearest labelled image, over angles and shifts',
  'template-scale': 'nearest labelled image, over angles, shifts and scales',
  'template-shear': 'nearest labelled image, over angles, shifts, scales and shears',
  forest: 'random forest (scikit-learn) on 12,000 copies at random poses',
  boosting: 'gradient boosting (xgboost) on 12,000 copies at random poses',
  mlp: 'dense network 128-128 on images at random poses',
  'cnn-turn': 'CNN 16-32-64 on images at random rotations and shifts',
  'cnn-affine': 'CNN 16-32-64 on images under random affine maps: rotation, shift, scale, shear',
  'fixmatch-turn': 'the CNN with FixMatch on the unlabelled images, random rotations and shifts',
  'fixmatch-affine': 'the CNN with FixMatch on the unlabelled images, random affine maps',
  'c8-turn': 'CNN equivariant to rotations by 45°, random rotations and shifts',
  'c8-affine': 'CNN equivariant to rotations by 45°, random affine maps',
};

const suffixes = {
  noise: 'new noise on each training image',
  prep: 'robust plane removal and standardisation; new noise on each training image',
};

/** @param method a name such as `cnn-affine+prep` */
export function describeMethod(method) {
  const [base, suffix] = method.split('+');
  return [methods[base] ?? base, ...(suffix === undefined ? [] : [suffixes[suffix] ?? suffix])].join('; ');
}
