/** What a module of `scripts/attack` exports, so that a test can carry out a part of it. */
export interface Attack {
  readonly bars: readonly string[];
  open(options?: object): Promise<Work>;
}

export interface Work {
  /** Carries out a numbered unit of the attack. */
  unit(index: number): Promise<Outcome>;
  close(): void;
}

export interface Outcome {
  readonly figures: Readonly<Record<string, number>>;
  readonly failures?: readonly string[];
  /** Why some of it could not be carried out. */
  readonly notes?: readonly string[];
}
