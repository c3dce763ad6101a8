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

/** Settings of a property whose work is {@link forSeconds}: more cases than there is time for. */
export function enoughFor(seconds: number): {
  numRuns: number;
  seed: number;
  endOnFailure: boolean;
} {
  return { numRuns: Math.ceil(200 * seconds) + 100, seed, endOnFailure: true };
}

/** Work until the time is up, `least` times in any case: a busy machine does less, and fails nothing by it. */
export function forSeconds<Drawn extends unknown[]>(
  seconds: number,
  least: number,
  work: (...drawn: Drawn) => Promise<void>,
): (...drawn: Drawn) => Promise<void> {
  let end: number | undefined;
  let runs = 0;
  return async (...drawn) => {
    end ??= Date.now() + seconds * 1000;
    if (runs >= least && Date.now() > end) return;
    await work(...drawn);
    runs += 1;
  };
}

/** Subsets of a few names, empty ones often: lists that say nothing are a case of their own. */
export function someOf(names: readonly string[]): fc.Arbitrary<string[]> {
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant<string[]>([]) },
    { weight: 3, arbitrary: fc.subarray([...names], { minLength: 1, maxLength: 3 }) },
  );
}
