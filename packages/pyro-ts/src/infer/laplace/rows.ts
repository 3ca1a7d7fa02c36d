/** What refinement needs to know of a model: for each of several independent rows, a cost and its derivatives by a few latents. */

/** The cost of every row at one point, with derivatives. Row major. */
export interface RowQuadratic {
  /** -log p(data, latents) of each row in nats, up to a constant of its own that `laplaceEvidence` takes as part of the answer, [rows]. */
  readonly cost: ArrayLike<number>;
  /** First derivatives, [rows, dim]. */
  readonly gradient: ArrayLike<number>;
  /** Second derivatives, or a positive semi-definite approximation of them such as J'J of Gauss-Newton, [rows, dim, dim]. */
  readonly curvature: ArrayLike<number>;
}

/**
 * Costs of rows that are independent given everything else: one row for each datum, or for each datum and value of its discrete latents. A model that
 * knows its normal equations (least squares, a fused kernel) implements this itself; `programRows` derives it from any program.
 * @example
 * // (z - 3)^2 / 2 in every row
 * const objective: RowObjective = {
 *   rows: 4,
 *   dim: 1,
 *   at: (z) => ({ cost: z.map((v) => (v - 3) ** 2 / 2), gradient: z.map((v) => v - 3), curvature: z.map(() => 1) }),
 * };
 */
export interface RowObjective {
  readonly rows: number;
  /** Number of latents in a row; the work grows with its cube. */
  readonly dim: number;
  /** @param z the latents in unconstrained space, [rows, dim] */
  at(z: Float64Array): RowQuadratic;
}
