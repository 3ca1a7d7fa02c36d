/** What a module of `scripts/attack` exports, so that a test can carry out a part of it. */
export interface Attack {
  readonly bars: readonly string[];
  open(options?: object): Promise<Work>;
}

export interface Work {
  /** Carries out a numbered unit of the attack. */
  unit(index: number): Promise<{ readonly figures: Record<string, number>; readonly failures: readonly string[] }>;
  close(): void;
}
