/** Accuracy and recall of predicted classes. */

/** The fraction of images whose class is right, of all and of each class. */
export function accuracyAndRecall(classes, labels, numClasses) {
  const sums = Array.from({ length: numClasses }, () => ({ images: 0, right: 0 }));
  labels.forEach((label, i) => {
    sums[label].images++;
    if (classes[i] === label) sums[label].right++;
  });
  return {
    accuracy: sums.reduce((n, { right }) => n + right, 0) / labels.length,
    recall: sums.map(({ right, images }) => right / images),
  };
}
