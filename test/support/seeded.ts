import fc from 'fast-check';

/**
 * Settings of a property run: bounded in time, and repeatable. A failure prints its seed and path; `FC_SEED=<seed>` runs it again.
 */
export function bounded(
  runs: number,
  seconds: number,
): { numRuns: number; interruptAfterTimeLimit: number; seed: number; endOnFailure: boolean } {
  const asked = process.env['FC_SEED'];
  const seed = asked === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(asked);
  // Shrinking repeats whole requests: a failure is small enough without it.
  return { numRuns: runs, interruptAfterTimeLimit: seconds * 1000, seed, endOnFailure: true };
}

/** Subsets of a few names, empty ones often: lists that say nothing are a case of their own. */
export function someOf(names: readonly string[]): fc.Arbitrary<string[]> {
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant<string[]>([]) },
    { weight: 3, arbitrary: fc.subarray([...names], { minLength: 1, maxLength: 3 }) },
  );
}
