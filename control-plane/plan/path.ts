import { bind, join, type Sql, sql, toQuery } from '../base/sql.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Path } from '../statement/traverse.ts';
import { answerRow } from './answer-row.ts';
import { graphOf, typeList } from './graph.ts';
import { rowOf } from './key-row.ts';
import type { Planned } from './planned.ts';
import { whereAll } from './read.ts';
import { verdict } from './refuse.ts';
import { newContext, relation, tableOf, tableSource } from './scope.ts';
import { notFound, printedRows } from './traverse.ts';

/** A path between two rows, with its edges. */
export function planPath(statement: Path, catalog: Catalog): Planned {
  const context = newContext(catalog);
  const table = tableOf(catalog, statement.table);
  const facts = graphOf(table, catalog);
  const source = tableSource(table);
  const { from, to, show, weight = null } = statement;
  const end = (key: string): Sql =>
    sql`(select ${source.column(facts.key.name)} from ${relation(table)} as t${whereAll(rowOf(key, table, source, show))})`;
  const ends = sql`ends as materialized (select ${end(from)} as source, ${end(to)} as target)`;
  const call = sql`rowhouse.path(${facts.told}, array[e.source, e.target]::${facts.keys}, ${bind(statement.direction)}::text, ${bind(statement.depth)}::int, ${typeList(facts, statement.types)}, ${bind(weight)}::text, ${bind(statement.most)}::int)`;
  const found = sql`found as materialized (select f.* from ends as e cross join lateral ${call} as f where e.source is not null and e.target is not null)`;
  const list = (value: Sql): Sql => sql`'[' || string_agg(${value}, ',' order by f.place) || ']'`;
  const edges = sql`coalesce('[' || string_agg(f.edge::text, ',' order by f.place) || ']', '[]')`;
  const cost = weight === null ? sql`` : sql` || ',"cost":' || coalesce(max(f.cost)::text, 'null')`;
  const object = sql`'[{"path":' || coalesce(${list(sql`p.text`)}, 'null') || ',"edges":' || ${edges} || ',"length":' || coalesce((nullif(count(*), 0) - 1)::text, 'null')${cost} || '}]'`;
  const answer = sql`answer as (select ${object} as text, count(*)::int as nodes from found as f join printed as p on p.node = f.node)`;
  const missing = verdict([
    [sql`e.source is null`, notFound(table, from)],
    [sql`e.target is null`, notFound(table, to)],
  ]);
  const ctes = [ends, found, printedRows(statement.output, facts, source, context), answer];
  const text = sql`with ${join(ctes)} select ${answerRow({ rows: sql`coalesce(${missing}, (select rowhouse.bounded(a.text) from answer as a))`, count: sql`1`, matched: sql`(select a.nodes from answer as a)` })} from ends as e`;
  return {
    query: toQuery(text),
    show,
    intent: 'edit',
    readOnly: true,
    table,
    suspects: context.suspects,
    misfit: 'row_not_found',
  };
}
