/** What a model is filled by may fail, and then nothing of the model stays in memory. */

/** Returns `body(model)`. If it throws, `model` is disposed before the error is rethrown. */
export function disposeOnError<M extends { dispose(): void }, Result>(model: M, body: (model: M) => Result): Result {
  try {
    return body(model);
  } catch (error) {
    model.dispose();
    throw error;
  }
}
