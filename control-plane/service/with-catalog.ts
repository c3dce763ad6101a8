import { ServiceError } from '../base/errors.ts';
import type { Catalog } from '../model/catalog.ts';
import { isUnforeseen } from '../pg/sqlstate.ts';

/** How often work is done by the catalog of the moment before it is given up: definitions can come in series. */
const attempts = 8;

/**
 * Work that goes by the definitions of a tenant, done anew when others have overtaken it: Postgres found them stale, or met something that
 * they don't explain and there are newer ones. `first`: by those at hand, perhaps out of date. `overtaken` is told of each repetition.
 */
export async function withCatalog<T>(
  load: (fresh: boolean) => Promise<Catalog>,
  work: (catalog: Catalog, first: boolean) => Promise<T>,
  overtaken: () => void = () => undefined,
): Promise<T> {
  let catalog = await load(false);
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(catalog, attempt === 1);
    } catch (error) {
      const stale = isStale(error);
      if (attempt === attempts || !(stale || isUnforeseen(error))) throw error;
      const latest = await load(true);
      // The same definitions again: the fault is ours.
      if (!stale && latest.version === catalog.version) throw error;
      catalog = latest;
      overtaken();
    }
  }
}

/** Whether Postgres found that the definitions a statement was planned by are not those of now. */
export function isStale(error: unknown): boolean {
  return error instanceof ServiceError && error.kind === 'stale_catalog';
}
