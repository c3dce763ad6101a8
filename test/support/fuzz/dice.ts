/** Choices that a seed determines. */
export interface Dice {
  /** A whole number from 0 up to, not including, `below`. */
  readonly below: (below: number) => number;
  readonly one: <T>(from: readonly T[]) => T;
  /** True once in `of` times. */
  readonly rarely: (of: number) => boolean;
}

/** Mulberry32: 32 bits of state are plenty for choices. */
export function dice(seed: number): Dice {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    one: <T>(from: readonly T[]): T => {
      if (from.length === 0) throw new Error('nothing to choose from');
      return from[below(from.length)] as T;
    },
    rarely: (of) => below(of) === 0,
  };
}
