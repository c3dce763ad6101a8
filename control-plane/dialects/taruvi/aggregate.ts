import type { Catalog } from '../../model/catalog.ts';
import { systemColumns, type Table } from '../../model/table.ts';
import type { GroupOrder } from '../../statement/aggregate.ts';
import type { Field, Predicate } from '../../statement/predicate.ts';
import type { Aggregate, Result, Show } from '../../statement/statement.ts';
import type { DialectRequest, Reply } from '../dialect.ts';
import { type Call, type FieldOf, parseCall } from './aggregate-expression.ts';
import { parseGroup } from './aggregate-group.ts';
import { refuse } from './errors.ts';
import { isRelated } from './filter.ts';
import { type Output, parseHaving } from './having.ts';
import { mostRows, type Page, pageOf, pageState } from './page.ts';
import { relationsOf } from './relations.ts';
import { listText, successText } from './reply.ts';
import { flag, lastOf } from './request.ts';
import { format } from './rows.ts';
import { splitAlias, splitList, unquoted } from './split.ts';

type Query = DialectRequest['query'];

/** What can't be asked for together with aggregates: all of it speaks of single rows. */
const ofRows: readonly string[] = [
  ...['populate', 'fields', 'allowed_actions'],
  ...['include', 'depth', 'format', 'relationship_type', 'graph_types', 'traversal'],
];

const mostOutputs = 100;

/** Whether a list call asks for groups instead of rows. */
export function isAggregate(query: Query): boolean {
  return query.has('_aggregate') || query.has('_group_by') || query.has('_having');
}

/**
 * `_aggregate`, `_group_by` and `_having` of a list call, with its order and page.
 * @throws ServiceError bad_request naming what is not understood or doesn't go together; column_not_found
 */
export function parseAggregate(
  query: Query,
  table: Table,
  catalog: Catalog,
  rows: { readonly where?: Predicate; readonly show: Show },
): Aggregate {
  const stranger = ofRows.find((name) => query.has(name));
  if (stranger !== undefined) refuse(`${stranger} does not go with aggregates`, stranger);
  if (rows.where && isRelated(rows.where)) {
    refuse('Conditions on related rows do not go with aggregates', '_aggregate');
  }
  const fieldOf = fieldsOf(table, catalog);
  const groupBy = textsOf(query, '_group_by').map((text) => parseGroup(text, fieldOf));
  const functions = textsOf(query, '_aggregate').map((text) => functionOf(text, fieldOf));
  const outputs = [
    ...groupBy.map((key) => ({ as: key.as, json: isDocument(key.field, table) })),
    ...functions.map(({ as }) => ({ as, json: false })),
  ];
  checkNames(outputs);
  const having = (query.get('_having') ?? []).flatMap((text) => {
    if (groupBy.length === 0) refuse('_having needs _group_by', '_having');
    return parseHaving(text, outputs, fieldOf);
  });
  return {
    kind: 'aggregate',
    table: { app: table.app, name: table.name },
    ...rows,
    groupBy,
    functions,
    having,
    order: orderOf(query, outputs),
    ...(groupBy.length === 0 ? {} : { ...pageFor(query), total: true }),
    format,
    show: rows.show,
    cap: mostRows * 10,
  };
}

/** Groups as a list; without groups the one row also beside the data. */
export function aggregateReply(query: Query, result: Result): Reply {
  const grouped = textsOf(query, '_group_by').length > 0;
  const message = 'Aggregates retrieved';
  if (grouped) {
    const { count, total = count } = result;
    return listText(result.rows, message, { ...pageFor(query), count, total });
  }
  const page = { offset: 0, limit: 1, count: 1, total: 1 };
  const data = flag(query, '_count') ? '[]' : result.rows;
  const reply = successText(data, message, 200, { total: 1, pagination: pageState(page) });
  // One row is JSON text in brackets.
  return {
    ...reply,
    body: `${String(reply.body).slice(0, -1)},"aggregates":${result.rows.slice(1, -1)}}`,
  };
}

function pageFor(query: Query): Page {
  const page = pageOf(query);
  return flag(query, '_count') ? { ...page, limit: 0 } : page;
}

function textsOf(query: Query, parameter: string): readonly string[] {
  const texts = query.get(parameter) ?? [];
  return texts.flatMap((text) => splitList(text, parameter));
}

function functionOf(text: string, fieldOf: FieldOf): Call['call'] & { readonly as: string } {
  const { body, alias } = splitAlias(text);
  const found =
    parseCall(body, fieldOf, '_aggregate') ??
    refuse(`_aggregate: ${body} is no function of a field`, '_aggregate');
  return { ...found.call, as: alias ?? found.name };
}

/** Columns, and paths into documents; what lies behind a relation is no value of the row. */
function fieldsOf(table: Table, catalog: Catalog): FieldOf {
  return ([name = '', ...path]) => {
    const column = table.columns.find((each) => each.name === name);
    const kept =
      table.features.timestamps && systemColumns.timestamps.some((each) => each === name);
    if (path.length === 0) return column || kept ? { kind: 'column', name } : undefined;
    if (column?.type.base === 'jsonb' && !column.type.array)
      return { kind: 'path', column: name, path };
    if (relationsOf(table, catalog).some((relation) => relation.name === name)) {
      refuse(`Aggregates do not reach fields of related rows: ${[name, ...path].join('.')}`, name);
    }
    return undefined;
  };
}

function isDocument(field: Field, table: Table): boolean {
  if (field.kind !== 'column') return true;
  const type = table.columns.find(({ name }) => name === field.name)?.type;
  return type?.base === 'jsonb' && !type.array;
}

function checkNames(outputs: readonly Output[]): void {
  if (outputs.length === 0) refuse('_aggregate names no function', '_aggregate');
  if (outputs.length > mostOutputs) {
    refuse(`More than ${mostOutputs} outputs`, '_aggregate', 'limit_exceeded');
  }
  const seen = new Set<string>();
  for (const { as } of outputs) {
    if (as === '' || as.includes('\0'))
      refuse('An output needs a name: give an alias', '_aggregate');
    if (seen.has(as)) refuse(`Two outputs are called ${as}: give an alias`, as);
    seen.add(as);
  }
}

/** `ordering=-a,b`, or `_sort=a,b` with `_order=asc,desc`: names of outputs. */
function orderOf(query: Query, outputs: readonly Output[]): readonly GroupOrder[] {
  const ordering = lastOf(query, 'ordering');
  const named = (text: string, descending: boolean, parameter: string): GroupOrder => {
    const output = unquoted(text, '"') ?? text;
    if (outputs.some(({ as }) => as === output)) return { output, descending };
    return refuse(`${parameter}: ${text} is no output`, parameter, 'column_not_found');
  };
  if (ordering !== undefined) {
    return terms(ordering).map((term) =>
      named(term.replace(/^[-+]/, ''), term.startsWith('-'), 'ordering'),
    );
  }
  const directions = terms(lastOf(query, '_order') ?? '');
  return terms(lastOf(query, '_sort') ?? '').map((term, at) => {
    const direction = directions[at] ?? 'asc';
    if (direction !== 'asc' && direction !== 'desc') refuse('_order is asc or desc', '_order');
    return named(term, direction === 'desc', '_sort');
  });
}

function terms(text: string): readonly string[] {
  return text
    .split(',')
    .map((term) => term.trim())
    .filter((term) => term !== '');
}
