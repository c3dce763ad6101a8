import { type Query, sql, toQuery } from '../base/sql.ts';
import type { Catalog } from '../model/catalog.ts';
import { bare } from '../policy/resource.ts';
import { reachable } from '../policy/table-decision.ts';
import type { Planned } from './planned.ts';

/**
 * Raises where no rule of the table can let the caller read any row, which an answer without rows doesn't tell. Asked only then, so
 * that a read that finds something is one statement. Undefined: the table has no such rules.
 */
export function reachQuery({ table, intent }: Planned, catalog: Catalog): Query | undefined {
  if (table.access !== 'policy' || table.kind === 'view') return undefined;
  const action = intent === 'aggregate' || intent === 'export' ? intent : 'read';
  const reaches = reachable({ table, catalog, action, columns: bare });
  return toQuery(sql`select rowhouse.require_reach(${reaches})::text`);
}
