import { isObject, isStrings, type Json, type JsonObject } from '../../base/json.ts';
import { classOf } from '../../base/types.ts';
import type { Table } from '../../model/table.ts';
import type { AggregateFunction } from '../../statement/aggregate.ts';
import type { Field } from '../../statement/predicate.ts';
import type { Aggregate, Show } from '../../statement/statement.ts';
import type { DialectRequest, RouteContext } from '../dialect.ts';
import { refuse } from './codes.ts';
import { type Place, place } from './fields.ts';
import { parseWhere } from './filter.ts';
import { largestPage, queryShow, showOf } from './find.ts';
import { format } from './output.ts';
import type { Shape } from './respond.ts';
import { nameOf, ref, toRead } from './tables.ts';
import { asArray, type Work } from './work.ts';

const functions: Readonly<Record<string, AggregateFunction>> = {
  $count: 'count',
  $sum: 'sum',
  $avg: 'avg',
  $min: 'min',
  $max: 'max',
  $distinct: 'count_distinct',
};

const known: readonly string[] = [
  'aggregate',
  'groupBy',
  'group_by',
  'where',
  'include_trashed',
  'include_deleted',
];

/** `POST /api/aggregate/:schema`. */
export function aggregate(request: DialectRequest, context: RouteContext, _shape: Shape): Work {
  const table = toRead(context, request.params['schema'] ?? '');
  const { body } = request;
  if (!isObject(body)) return refuse('REQUEST_INVALID_BODY', 'The body must be an object');
  const stranger = Object.keys(body).find((key) => !known.includes(key));
  if (stranger !== undefined) {
    refuse('REQUEST_INVALID_BODY', `Unknown key '${stranger}'`, { field: stranger });
  }
  if (body['groupBy'] !== undefined && body['group_by'] !== undefined) {
    refuse('REQUEST_INVALID_BODY', 'groupBy and group_by are the same', { field: 'group_by' });
  }
  if (body['aggregate'] === undefined) {
    refuse('REQUEST_MISSING_AGGREGATIONS', 'aggregate is needed', { field: 'aggregate' });
  }
  const show = showOf({ ...queryShow(request.query), ...body }, context.principal);
  return aggregateWork(table, body, show);
}

/** An aggregation already known to be an object; also one operation of a bulk request. */
export function aggregateWork(table: Table, body: JsonObject, show: Show): Work {
  const groups = groupFields(table, body['groupBy'] ?? body['group_by']);
  const where = body['where'];
  const statement: Aggregate = {
    kind: 'aggregate',
    table: ref(table),
    ...(where === undefined ? {} : { where: parseWhere(table, where) }),
    groupBy: groups.map((field) => ({ as: fieldName(field), kind: 'field', field })),
    functions: functionsOf(table, body['aggregate'] ?? {}, groups),
    format,
    show,
    cap: largestPage,
  };
  return { steps: [statement], data: asArray, subject: { schema: nameOf(table), verb: 'read' } };
}

function groupFields(table: Table, groupBy: Json | undefined): readonly Field[] {
  if (groupBy === undefined) return [];
  const names = typeof groupBy === 'string' ? [groupBy] : groupBy;
  if (!isStrings(names)) {
    return refuse('REQUEST_INVALID_BODY', 'groupBy is a column name or an array of them', {
      field: 'groupBy',
    });
  }
  return [...new Set(names)].map((name) => columnPlace(table, name).field);
}

/** Only whole columns are grouped and aggregated, never expressions. */
function columnPlace(table: Table, name: string): Place {
  const found = place(table, name);
  if (found.field.kind === 'column') return found;
  return refuse('FILTER_INVALID_COLUMN', `'${name}' is no column`, { field: name });
}

function fieldName(field: Field): string {
  return field.kind === 'column' ? field.name : '';
}

function functionsOf(table: Table, spec: Json, groups: readonly Field[]): Aggregate['functions'] {
  if (!isObject(spec)) {
    return refuse('FILTER_INVALID_AGGREGATION', 'aggregate is an object of aliases');
  }
  const entries = Object.entries(spec);
  if (entries.length === 0) refuse('FILTER_NO_AGGREGATIONS', 'aggregate names no aggregation');
  if (entries.length > 1000) {
    refuse('PARAMETER_LIMIT_EXCEEDED', 'At most 1000 aggregations in one request');
  }
  const taken = groups.map(fieldName);
  return entries.map(([as, each]) => {
    if (as === '' || taken.includes(as)) bad(as, `The alias '${as}' is empty or taken`);
    return functionOf(table, as, each);
  });
}

function bad(alias: string, message: string): never {
  return refuse('FILTER_INVALID_AGGREGATION', message, { field: alias });
}

function functionOf(table: Table, as: string, spec: Json): Aggregate['functions'][number] {
  const [entry, ...more] = isObject(spec) ? Object.entries(spec) : [];
  if (entry === undefined || more.length > 0) return bad(as, `'${as}' takes exactly one function`);
  const [name, column] = entry;
  const fn = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (fn === undefined) return bad(as, `Unknown function '${name}'`);
  if (typeof column !== 'string') return bad(as, `${name} takes a column name`);
  if (column === '*') {
    return fn === 'count' ? { as, fn } : bad(as, `${name} takes a column name`);
  }
  const at = columnPlace(table, column);
  if (!goesWith(fn, at)) bad(as, `${name} does not go with the type of '${column}'`);
  return { as, fn, of: { kind: 'field', field: at.field } };
}

const orderedClasses: readonly string[] = ['number', 'text', 'time'];

function goesWith(fn: AggregateFunction, { type }: Place): boolean {
  if (fn === 'count' || fn === 'count_distinct') return true;
  if (type.array) return false;
  const kind = classOf(type);
  return fn === 'min' || fn === 'max' ? orderedClasses.includes(kind) : kind === 'number';
}
