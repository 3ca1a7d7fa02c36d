/** What a model is filled by may fail, and then nothing of the model stays in memory. */

/** The result of `body(model)`; where it throws, `model` is disposed first. */
export function disposeOnError<M extends { dispose(): void }, Result>(model: M, body: (model: M) => Result): Result {
  try {
    return body(model);
  } catch (error) {
    model.dispose();
    throw error;
  }
}
