/** Why a dialect has no words for a filter of the corpus that mean the same. */
export class Unspeakable extends Error {}

/** @throws Unspeakable */
export function cannot(reason: string): never {
  throw new Unspeakable(reason);
}
