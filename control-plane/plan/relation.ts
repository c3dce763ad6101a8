import { ServiceError } from '../base/errors.ts';
import { raw, type Sql, sql } from '../base/sql.ts';
import { findTable } from '../model/catalog.ts';
import type { Reference, Table } from '../model/table.ts';
import { logicalName } from '../model/table-schema.ts';
import type { Hop } from '../statement/predicate.ts';
import { type Context, liveOnly, relation, type Source, tableOf, tableSource } from './scope.ts';

/** The rows of another table that belong to one row. */
export interface Step {
  readonly far: Source;
  /** The other table under its alias. */
  readonly from: Sql;
  /** What makes a row of it belong to the near one, and be live. */
  readonly links: readonly Sql[];
}

/** One hop from the rows of a source. @throws ServiceError relation_not_found, table_disabled */
export function step(hop: Hop, source: Source, context: Context): Step {
  const { table, pairs } = followed(hop, source.table, context);
  const alias = `r${++context.related}`;
  const far = tableSource(table, alias);
  const links = pairs.map(([near, there]) => sql`${far.column(there)} = ${source.column(near)}`);
  const from = sql`${relation(table)} as ${raw(alias)}`;
  return { far, from, links: [...links, ...liveOnly(table, far)] };
}

/** The table at the other end of a reference, and the columns that meet: [near, far]. */
export function followed(
  hop: Hop,
  from: Table,
  context: Context,
): { table: Table; pairs: readonly (readonly [string, string])[] } {
  const named = (table: Table): Reference | undefined =>
    table.references.find(({ name }) => name === hop.reference);
  if (hop.direction === 'forward') {
    const reference = named(from);
    if (!reference) return unknownRelation(hop, from);
    const pairs = reference.columns.map(
      (column, at) => [column, reference.targetColumns[at] ?? ''] as const,
    );
    return { table: tableOf(context.catalog, reference.target), pairs };
  }
  for (const table of context.catalog.tables) {
    const reference = named(table);
    if (!reference || findTable(context.catalog, reference.target) !== from) continue;
    const pairs = reference.columns.map(
      (column, at) => [reference.targetColumns[at] ?? '', column] as const,
    );
    return { table: tableOf(context.catalog, table), pairs };
  }
  return unknownRelation(hop, from);
}

function unknownRelation(hop: Hop, from: Table): never {
  throw new ServiceError('relation_not_found', undefined, {
    field: hop.reference,
    table: logicalName(from),
  });
}
