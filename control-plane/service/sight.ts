import { keep } from '../base/keep.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Principal } from '../model/principal.ts';
import type { Sight } from '../plan/planned.ts';
import { callerKey } from './caller-key.ts';

/** How long an answer counts, in milliseconds: rows and lists change meanwhile, and either way gives the same page. */
const lasting = 60_000;

/** Of some 150 bytes each. */
const remembered = 10_000;

/** Answers of Postgres on whether a caller sees little of a table. */
export interface SightMemory {
  readonly of: (catalog: Catalog, principal: Principal) => Sight;
}

/**
 * Remembers for a minute which way to a page of a table is the shorter for a caller. Asked of Postgres along with each page it was
 * .3 ms of 1.3, and both ways were planned.
 */
export function createSightMemory(now: () => number = () => performance.now()): SightMemory {
  const known = new Map<string, { readonly little: boolean; readonly until: number }>();
  return {
    of: (catalog, principal) => {
      const keyOf = (table: number, page: number): string =>
        `${callerKey(catalog, principal)} ${table} ${page}`;
      return {
        seesLittle: ({ id }, page) => {
          const found = known.get(keyOf(id, page));
          return found !== undefined && now() < found.until ? found.little : undefined;
        },
        learn: ({ id }, page, little) =>
          keep(known, keyOf(id, page), { little, until: now() + lasting }, remembered),
      };
    },
  };
}
