import fc from 'fast-check';

/** What every run without a word takes: a change must fail by what it changed, not by the draw of the day. */
const usual = 20_261_122;

/** `FC_SEED=random` looks for new cases; a failure prints its seed and path, and `FC_SEED=<seed>` runs it again. */
const asked = process.env['FC_SEED'] ?? usual;
const seed = asked === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(asked);

// Every file loads this one first (vitest.config.ts), so properties without settings of their own are repeatable too.
fc.configureGlobal({ seed });

/** Settings of a property run: bounded in time, and repeatable. */
export function bounded(
  runs: number,
  seconds: number,
): { numRuns: number; interruptAfterTimeLimit: number; seed: number; endOnFailure: boolean } {
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
