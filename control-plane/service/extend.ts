import { keep } from '../base/keep.ts';
import { ident, sql, toQuery } from '../base/sql.ts';
import { untraced } from '../base/trace.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Principal } from '../model/principal.ts';
import type { Pool } from '../pg/pool.ts';
import type { Entry, Session } from '../pg/session.ts';
import { callerKey } from './caller-key.ts';

type Extend = (pool: Pool, catalog: Catalog, principal: Principal, entry: Entry) => void;

const every = 64;
const remembered = 10_000;

/**
 * Lets Postgres store a caller's verdicts on access lists, behind the first request of the caller and then behind every 64th. Only a
 * matter of speed: it runs beside the requests, gives way to them, and its failure is nobody's.
 */
export function createExtender(session: Session): Extend {
  const counts = new Map<string, number>();
  return (pool, catalog, principal, entry) => {
    if (!catalog.tables.some(({ features }) => features.acl)) return;
    const key = callerKey(catalog, principal);
    const count = counts.get(key) ?? 0;
    keep(counts, key, (count + 1) % every, remembered);
    if (count !== 0 || pool.stats().waiting > 0) return;
    const query = toQuery(sql`select ${ident(catalog.schema, '_rowhouse_extend')}()`);
    untraced(() => session.run(pool, entry, [query])).catch(() => undefined);
  };
}
