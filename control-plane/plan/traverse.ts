import { bind, join, literal, raw, type Sql, sql, toQuery } from '../base/sql.ts';
import type { Catalog } from '../model/catalog.ts';
import type { EdgeType } from '../model/graph.ts';
import type { Table } from '../model/table.ts';
import { logicalName } from '../model/table-schema.ts';
import type { Output } from '../statement/output.ts';
import type { Traverse } from '../statement/traverse.ts';
import { answerRow } from './answer-row.ts';
import { type GraphFacts, graphOf, typeList } from './graph.ts';
import { rowOf } from './key-row.ts';
import { orderBy, terms } from './order.ts';
import type { Planned } from './planned.ts';
import { matching, pageOf, whereAll } from './read.ts';
import { refusal, verdict } from './refuse.ts';
import {
  type Context,
  joinLists,
  newContext,
  relation,
  type Source,
  tableOf,
  tableSource,
} from './scope.ts';
import { shape } from './shape.ts';

/** How many edges a graph shows for each node it may show. */
const edgesPerNode = 10;

/** Roots, traversal and printing in one statement. */
export function planTraverse(statement: Traverse, catalog: Catalog): Planned {
  const context = newContext(catalog);
  const table = tableOf(catalog, statement.table);
  const facts = graphOf(table, catalog);
  const source = tableSource(table);
  const roots = rootsOf(statement, table, source, context);
  const steps = {
    flat: flatSteps,
    tree: treeSteps,
    graph: graphSteps,
  }[statement.form](statement, facts);
  const printed = printedRows(statement.output, facts, source, context);
  const { roots: target } = statement;
  const answer = sql`(select rowhouse.bounded(a.text) from answer as a)`;
  const missing =
    target.by === 'key' ? [[sql`count(*) = 0`, notFound(table, target.key)] as const] : [];
  const rows = missing.length > 0 ? sql`coalesce(${verdict(missing)}, ${answer})` : answer;
  const total = target.by === 'key' ? sql`null::bigint` : sql`(select count(*) from matching)`;
  const ctes = [...roots, ...steps.found, printed, steps.answer];
  const text = sql`with ${join(ctes)} select ${answerRow({ rows, total, matched: steps.nodes })} from roots`;
  return {
    query: toQuery(text),
    show: statement.show,
    intent: 'edit',
    readOnly: true,
    table,
    suspects: context.suspects,
    ...(target.by === 'key' ? { misfit: 'row_not_found' as const } : {}),
  };
}

/** The refusal of a row that is not there. */
export function notFound(table: Table, key: string): Sql {
  return refusal('row_not_found', { table: logicalName(table), keys: [key] });
}

/** CTE `roots` (key, place), and `matching`: all rows that could be roots. */
function rootsOf(
  { roots, show }: Traverse,
  table: Table,
  source: Source,
  context: Context,
): readonly Sql[] {
  const { key } = graphOf(table, context.catalog);
  const where =
    roots.by === 'key'
      ? rowOf(roots.key, table, source, show)
      : matching(roots.where, show, source, context);
  const from = sql`select t.* from ${relation(table)} as t${whereAll(where)}`;
  const order = orderBy(terms(roots.by === 'key' ? [] : roots.order, source, context));
  const page = roots.by === 'key' ? sql`` : pageOf(roots);
  return [
    sql`matching as not materialized (${from})`,
    sql`roots as materialized (select x.key, row_number() over () as place from (select ${source.column(key.name)} as key from matching as t${order}${page}) as x)`,
  ];
}

interface Steps {
  /** CTEs up to `found`, which has a row (node, …) for each place that a node is shown at. */
  readonly found: readonly Sql[];
  /** CTE `answer` (text). */
  readonly answer: Sql;
  /** How many nodes are shown. */
  readonly nodes: Sql;
}

/** A call of one of the functions that follow edges from the roots. */
function call(
  name: 'reach' | 'walk' | 'paths',
  statement: Traverse,
  facts: GraphFacts,
  more: Sql = sql``,
): Sql {
  const keys = sql`array(select r.key from roots as r order by r.place)::${facts.keys}`;
  const { direction, depth, most } = statement;
  return sql`${raw(`rowhouse.${name}`)}(${facts.told}, ${keys}, ${bind(direction)}::text, ${bind(depth)}::int, ${typeList(facts, statement.types)}, ${bind(most)}::int${more})`;
}

/** The CTE `printed` (node, text): each node that is shown anywhere, as JSON text. */
export function printedRows(
  output: Output,
  { key }: GraphFacts,
  source: Source,
  context: Context,
): Sql {
  const printer = shape(output, source, context, true);
  const lists = printer.lists ? [joinLists(source.table, source)] : [];
  const joins = join([...lists, ...printer.joins], '');
  const node = source.column(key.name);
  const rows = sql`select ${node} as node, ${printer.select} from ${relation(source.table)} as t${joins} where ${node} = any(array(select f.node from found as f))`;
  return sql`printed as materialized (select r.node, ${printer.row} as text from (${rows}) as r)`;
}

/** A printed row that goes on: without its last brace. */
const open = sql`left(p.text, -1)`;

function member(name: string, value: Sql): Sql {
  return sql`${bind(`,${JSON.stringify(name)}:`)}::text || ${value}`;
}

function sorted({ order }: Traverse): Sql {
  return order === 'breadth'
    ? sql`f.distance, f.node, f.type, f.outgoing`
    : sql`f.trail collate "C", f.type, f.outgoing`;
}

/** An object a root: the root, and a list for every name under which types lead on. */
function flatSteps(statement: Traverse, facts: GraphFacts): Steps {
  const { keys } = statement;
  const reached = sql`${open} || ${member(keys.depth, sql`f.distance`)} || ${member(keys.type, sql`to_json(f.type)`)} || '}'`;
  const lists = namesOf(statement, facts.types).map(([name, ways]) => {
    const among = join(
      ways.map(
        ([type, outgoing]) =>
          sql`(f.type = ${bind(type)}::text and f.outgoing = ${raw(String(outgoing))})`,
      ),
      ' or ',
    );
    const rows = sql`string_agg(${reached}, ',' order by ${sorted(statement)}) filter (where ${among})`;
    return sql`${bind(`,${JSON.stringify(name)}:[`)}::text || coalesce(${rows}, '') || ']'`;
  });
  const root = sql`${bind(`{${JSON.stringify(keys.row)}:`)}::text || min(p.text) filter (where f.distance = 0)`;
  const object = join([root, ...lists, sql`'}'`], ' || ');
  const each = sql`select f.root, ${object} as text from found as f join printed as p on p.node = f.node group by f.root`;
  return {
    found: [
      sql`found as materialized (select f.* from ${call('walk', statement, facts, sql`, true`)} as f)`,
    ],
    answer: sql`answer as (select coalesce('[' || string_agg(e.text, ',' order by e.root) || ']', '[]') as text from (${each}) as e)`,
    nodes: sql`(select count(*)::int from (select distinct f.root, f.node from found as f) as n)`,
  };
}

/** What rows are listed under: the name of a type seen from the child, its inverse from the parent. */
function namesOf(
  { direction, types: asked }: Traverse,
  types: readonly EdgeType[],
): readonly (readonly [
  name: string,
  ways: readonly (readonly [type: string, outgoing: boolean])[],
])[] {
  const names = new Map<string, (readonly [string, boolean])[]>();
  const add = (name: string, type: string, outgoing: boolean): void => {
    names.set(name, [...(names.get(name) ?? []), [type, outgoing]]);
  };
  for (const { name, inverse } of types) {
    if (asked && !asked.includes(name)) continue;
    if (direction !== 'ancestors') add(inverse, name, false);
    if (direction !== 'descendants') add(name, name, true);
  }
  return [...names];
}

/**
 * Rows within rows, written in one pass: nodes come depth first, so what a node leaves open is told by how much less deep the next one is.
 */
function treeSteps(statement: Traverse, facts: GraphFacts): Steps {
  const { keys } = statement;
  const type = sql`case when f.distance > 0 then ${member(keys.type, sql`to_json(f.type)`)} else '' end`;
  const begin = sql`case when f.distance <= f.before then ',' else '' end || ${open} || ${member(keys.depth, sql`f.distance`)} || ${type} || ${member(keys.children, sql`'['`)}`;
  const end = sql`repeat(']}', f.distance - f.behind + 1)`;
  const near = sql`select f.*, lag(f.distance) over w as before, coalesce(lead(f.distance) over w, 0) as behind from found as f window w as (order by f.place)`;
  return {
    found: [sql`found as materialized (select f.* from ${call('paths', statement, facts)} as f)`],
    answer: sql`answer as (select '[' || coalesce(string_agg(${begin} || ${end}, '' order by f.place), '') || ']' as text from (${near}) as f join printed as p on p.node = f.node)`,
    nodes: sql`(select count(*)::int from found)`,
  };
}

/** Every node once, and the edges that were followed: those of nodes that are not as deep as it goes. */
function graphSteps(statement: Traverse, facts: GraphFacts): Steps {
  const { depth, direction, most, order } = statement;
  const walk = sql`select w.node, min(w.distance) as distance, min(w.trail collate "C") as trail from ${call('walk', statement, facts, sql`, false`)} as w group by w.node`;
  const from =
    order === 'breadth'
      ? sql`select f.*, null::text as trail from ${call('reach', statement, facts)} as f`
      : walk;
  const sources = sql`array(select f.node from found as f where f.distance < ${bind(depth)}::int)::${facts.keys}`;
  const edges = sql`rowhouse.followed(${facts.told}, ${sources}, ${bind(direction)}::text, ${typeList(facts, statement.types)}, ${literal(most * edgesPerNode)}::int)`;
  const by = order === 'breadth' ? sql`f.distance, f.node` : sql`f.trail collate "C"`;
  return {
    found: [sql`found as materialized (${from})`],
    answer: sql`answer as (select '[{"nodes":[' || coalesce(string_agg(p.text, ',' order by ${by}), '') || '],"edges":[' || coalesce((select string_agg(e.edge::text, ',') from ${edges} as e), '') || ']}]' as text from found as f join printed as p on p.node = f.node)`,
    nodes: sql`(select count(*)::int from found)`,
  };
}
