/** One way of doing a thing. `round` does it for a while and answers with the round's figure (a rate, or a time). */
export interface Contender {
  readonly name: string;
  readonly round: () => Promise<number>;
}

/** The figures of one contender over all rounds, and how they compare with the first contender's. */
export interface Outcome {
  readonly name: string;
  readonly figures: readonly number[];
  readonly median: number;
  /** Median of the ratios round by round: a machine that slows down half-way slows both sides of a ratio. */
  readonly ratio: number;
  readonly lowest: number;
  readonly highest: number;
}

/**
 * Runs the contenders in turn, round by round, forwards and backwards, after one round each that doesn't count. The first is the
 * baseline of the ratios.
 */
export async function alternate(
  contenders: readonly Contender[],
  rounds: number,
): Promise<readonly Outcome[]> {
  const figures = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (const { round } of contenders) await round();
  for (let turn = 0; turn < rounds; turn++) {
    for (const { name, round } of turn % 2 === 0 ? contenders : contenders.toReversed()) {
      figures.get(name)?.push(await round());
    }
  }
  const baseline = figures.get(contenders[0]?.name ?? '') ?? [];
  return contenders.map(({ name }) => {
    const own = figures.get(name) ?? [];
    const ratios = own.map((value, index) => value / (baseline[index] ?? Number.NaN));
    return {
      name,
      figures: own,
      median: median(own),
      ratio: median(ratios),
      lowest: Math.min(...ratios),
      highest: Math.max(...ratios),
    };
  });
}

/** The middle value; of an even number, the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  const upper = sorted[Math.floor(half)] ?? Number.NaN;
  return Number.isInteger(half) ? ((sorted[half - 1] ?? Number.NaN) + upper) / 2 : upper;
}

/** Milliseconds that `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** How often a second `work` can be done by so many at once. */
export async function rate(
  workers: number,
  milliseconds: number,
  work: (worker: number) => Promise<unknown>,
): Promise<number> {
  const started = performance.now();
  const end = started + milliseconds;
  let done = 0;
  await Promise.all(
    Array.from({ length: workers }, async (_, worker) => {
      while (performance.now() < end) {
        await work(worker);
        done++;
      }
    }),
  );
  return (done * 1000) / (performance.now() - started);
}
