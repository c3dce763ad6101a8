import { type Meter, noMeter } from '../base/meter.ts';
import type { Catalog } from '../model/catalog.ts';

export interface Catalogs {
  /** The definitions of a tenant. `fresh`: those at hand are known to be stale, read again. */
  readonly load: (tenant: string, fresh: boolean) => Promise<Catalog>;
  /** Takes a catalog that a definition has just made. */
  readonly put: (catalog: Catalog) => void;
  readonly forget: (tenant: string) => void;
}

interface Reads {
  readonly current: Promise<Catalog>;
  /** Begun after `current` ended: for those who ask when `current` may already have read too early. */
  next?: Promise<Catalog>;
}

/** 5 KB each, with what planning remembers of them: 25 MB at most. To read a tenant's catalog again takes a few milliseconds. */
const tablesKept = 5_000;

/**
 * Catalogs at hand, newest version of each tenant, bounded by the number of tables. Requests that miss at once share one read; one
 * that found its catalog stale never joins a read begun before.
 */
export function createCatalogs(
  read: (tenant: string) => Promise<Catalog>,
  maxTables = tablesKept,
  meter: Meter = noMeter,
): Catalogs {
  const kept = new Map<string, Catalog>();
  const reads = new Map<string, Reads>();
  let weight = 0;

  const forget = (tenant: string): void => {
    const old = kept.get(tenant);
    if (!old) return;
    kept.delete(tenant);
    weight -= weigh(old);
  };
  const put = (catalog: Catalog): void => {
    forget(catalog.tenant);
    kept.set(catalog.tenant, catalog);
    weight += weigh(catalog);
    for (const tenant of kept.keys()) {
      if (weight <= maxTables || tenant === catalog.tenant) break;
      forget(tenant);
    }
  };
  const begin = (tenant: string): Promise<Catalog> => {
    const current = read(tenant).then(
      (catalog) => {
        put(catalog);
        return catalog;
      },
      (error: unknown) => {
        forget(tenant);
        throw error;
      },
    );
    const entry: Reads = { current };
    reads.set(tenant, entry);
    const done = (): void => {
      if (reads.get(tenant) === entry) reads.delete(tenant);
    };
    current.then(done, done);
    return current;
  };
  const after = (tenant: string, running: Reads): Promise<Catalog> => {
    const again = (): Promise<Catalog> => begin(tenant);
    running.next ??= running.current.then(again, again);
    return running.next;
  };

  return {
    load: (tenant, fresh) => {
      const running = reads.get(tenant);
      const catalog = fresh ? undefined : kept.get(tenant);
      meter.catalog(catalog ? 'hit' : running ? 'joined' : 'read');
      if (fresh) return running ? after(tenant, running) : begin(tenant);
      if (!catalog) return running?.current ?? begin(tenant);
      // Last used, last to go.
      kept.delete(tenant);
      kept.set(tenant, catalog);
      return Promise.resolve(catalog);
    },
    put,
    forget,
  };
}

function weigh(catalog: Catalog): number {
  return catalog.tables.length + 1;
}
