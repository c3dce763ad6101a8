import { ident, sql, toText } from '../base/sql.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Table } from '../model/table.ts';
import { type TableObject, tableName } from './object.ts';
import { policies, viewCondition } from './policy.ts';
import type { Step } from './step.ts';
import { viewOwner } from './view.ts';

/**
 * What a change of policies does to the rows' policies of a table: those that read otherwise are made anew. Only tables that change are
 * locked, for the time of a change of the catalog.
 * @throws ServiceError invalid_definition where a condition does not fit the table
 */
export function policySteps(table: Table, before: Catalog, after: Catalog): readonly Step[] {
  const next = rowPolicies(table, after);
  if (table.materialized === false) return [];
  const last = new Map(rowPolicies(table, before).map((each) => [each.name, each]));
  return next.flatMap((object) => {
    const old = last.get(object.name);
    if (!old || old.create.join() === object.create.join()) return [];
    return [
      {
        class: 'safe',
        description: `change policy ${object.name} of ${table.name}`,
        forward: [...old.drop, ...object.create],
        reverse: [...object.drop, ...old.create],
      },
    ];
  });
}

/** Those that tell which rows are met, views' readers included. */
function rowPolicies(table: Table, catalog: Catalog): readonly TableObject[] {
  const own = policies(table, catalog).filter(({ on }) => on === table.physical);
  const read = catalog.tables.some(({ view }) => view?.reads.includes(table.id));
  if (!read) return own;
  const [on, name] = [tableName(table), ident('_views')];
  const owner = ident(viewOwner(table.schema));
  const rest = sql`for select to ${owner} using (${viewCondition(table, catalog)})`;
  return [
    ...own,
    {
      kind: 'policy',
      on: table.physical,
      name: '_views',
      create: [toText(sql`create policy ${name} on ${on} ${rest}`)],
      drop: [toText(sql`drop policy ${name} on ${on}`)],
    },
  ];
}
