import { isObject, isStrings, type Json, type JsonObject, memberOf } from '../../base/json.ts';
import type { Table } from '../../model/table.ts';
import type { Predicate } from '../../statement/predicate.ts';
import type { RouteContext } from '../dialect.ts';
import { aggregateWork } from './aggregate.ts';
import { accessEach, accessOf, accessWork } from './bulk-access.ts';
import { firstMatch, withMessage } from './bulk-first.ts';
import { objects } from './changes.ts';
import { type Code, refuse } from './codes.ts';
import { parseWhere } from './filter.ts';
import { largestPage, list, parseSelection, readOf, type Selection } from './find.ts';
import { checkCount, keyedBodies } from './records.ts';
import type { Shape } from './respond.ts';
import { keyOf, nameOf, toRead, toWrite } from './tables.ts';
import { asOne, last, type Work } from './work.ts';
import {
  createRecords,
  deleteAny,
  deleteRecords,
  readRecord,
  updateAny,
  updateRecords,
} from './writes.ts';

/** An operation whose shape is right. */
export interface Operation {
  readonly name: string;
  readonly schema: string;
  readonly id?: string;
  readonly filter?: JsonObject;
  readonly data?: JsonObject | readonly Json[];
  readonly message?: string;
  readonly body: JsonObject;
}

interface Needs {
  /** What says which records: an id, one of both, a filter; or the data itself. */
  readonly target?: 'id' | 'either' | 'filter' | 'data';
  readonly data?: 'object' | 'array';
}

const write = (target: Needs['target'], data?: Needs['data']): Needs => ({
  ...(target ? { target } : {}),
  ...(data ? { data } : {}),
});

/** THE table of operations and what each needs. */
const operations: Readonly<Record<string, Needs>> = {
  select: {},
  'select-all': {},
  'select-one': { target: 'either' },
  'select-404': { target: 'either' },
  'select-max': {},
  count: {},
  aggregate: {},
  create: write(undefined, 'object'),
  'create-one': write(undefined, 'object'),
  'create-all': write(undefined, 'array'),
  update: write('id', 'object'),
  'update-one': write('id', 'object'),
  'update-404': write('either', 'object'),
  'update-all': write('data', 'array'),
  'update-any': write('filter', 'object'),
  delete: write('id'),
  'delete-one': write('id'),
  'delete-404': write('either'),
  'delete-all': write('data', 'array'),
  'delete-any': write('filter'),
  access: write('id', 'object'),
  'access-one': write('id', 'object'),
  'access-404': write('either', 'object'),
  'access-all': write('data', 'array'),
  'access-any': write('filter', 'object'),
};

/** Checks one operation's shape; what its schema says comes later. */
export function parseOperation(value: Json): Operation {
  if (!isObject(value)) return refuse('REQUEST_INVALID_FORMAT', 'An operation is an object');
  const {
    operation: name,
    schema,
    message,
  } = value as {
    operation?: Json;
    schema?: Json;
    message?: Json;
  };
  if (typeof name !== 'string' || name === '' || typeof schema !== 'string' || schema === '') {
    return refuse('OPERATION_MISSING_FIELDS', 'An operation needs operation and schema');
  }
  const needs = Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (needs === undefined) {
    return refuse('OPERATION_UNSUPPORTED', `Operation '${name}' is not supported`);
  }
  const id = idOf(value['id']);
  const filter = filterOf(value['filter'], needs);
  checkTarget(name, needs, id, filter);
  const data = dataOf(name, value['data'], needs);
  if (name === 'aggregate') checkAggregate(value);
  return {
    name,
    schema,
    ...(id === undefined ? {} : { id }),
    ...(filter === undefined ? {} : { filter }),
    ...(data === undefined ? {} : { data }),
    ...(typeof message === 'string' ? { message } : {}),
    body: value,
  };
}

function isId(id: Json): id is string | number {
  return typeof id === 'string' || typeof id === 'number';
}

function idOf(id: Json | undefined): string | undefined {
  if (id === undefined || id === null) return undefined;
  if (isId(id)) return String(id);
  return refuse('OPERATION_MISSING_ID', 'id is a string', { field: 'id' });
}

function filterOf(filter: Json | undefined, needs: Needs): JsonObject | undefined {
  if (filter === undefined || filter === null) return undefined;
  if (!isObject(filter) || needs.target === 'data' || needs.target === 'id') {
    return refuse('OPERATION_INVALID_FILTER', 'A filter is an object where one is taken', {
      field: 'filter',
    });
  }
  const onlyWhere = Object.keys(filter).length === 1 && filter['where'] !== undefined;
  if (needs.target === 'filter' && !onlyWhere) {
    refuse('OPERATION_INVALID_FILTER', 'The filter is {"where": {…}}', { field: 'filter' });
  }
  return filter;
}

function checkTarget(
  name: string,
  needs: Needs,
  id: string | undefined,
  filter: JsonObject | undefined,
): void {
  if (needs.target === 'id' && id === undefined) missing('OPERATION_MISSING_ID', name, 'id');
  if (needs.target === 'either' && id === undefined && filter === undefined) {
    missing('OPERATION_MISSING_ID', name, 'id or filter');
  }
  if (needs.target === 'filter' && filter === undefined) {
    missing('OPERATION_MISSING_FILTER', name, 'filter');
  }
}

function missing(code: Code, name: string, what: string): never {
  return refuse(code, `Operation '${name}' needs ${what}`, { field: what });
}

function dataOf(
  name: string,
  data: Json | undefined,
  needs: Needs,
): JsonObject | readonly Json[] | undefined {
  if (needs.data === undefined) {
    if (name === 'aggregate' && data !== undefined) invalidData('An aggregate takes no data');
    return undefined;
  }
  if (data === undefined || data === null) return missing('OPERATION_MISSING_DATA', name, 'data');
  if (needs.data === 'object') return isObject(data) ? data : invalidData('data is an object');
  if (!Array.isArray(data)) return invalidData('data is an array');
  const items: readonly Json[] = data;
  const isRecord = (item: Json): boolean => isObject(item) || (name === 'delete-all' && isId(item));
  if (!items.every(isRecord)) invalidData('data is an array of objects');
  return items;
}

function invalidData(message: string): never {
  return refuse('OPERATION_INVALID_DATA', message, { field: 'data' });
}

function checkAggregate(value: JsonObject): void {
  const { aggregate, where } = value as { aggregate?: Json; where?: Json };
  if (aggregate === undefined || !isObject(aggregate)) {
    missing('OPERATION_MISSING_AGGREGATE', 'aggregate', 'aggregate');
  }
  const groupBy = value['groupBy'] ?? value['group_by'];
  if (groupBy !== undefined && typeof groupBy !== 'string' && !isStrings(groupBy)) {
    refuse('OPERATION_INVALID_GROUP_BY', 'groupBy is a column name or an array of them');
  }
  if (where !== undefined && !isObject(where)) {
    refuse('OPERATION_INVALID_FILTER', 'where is an object', { field: 'where' });
  }
}

/** The statements of an operation. */
export function workOf(operation: Operation, context: RouteContext, shape: Shape): Work {
  const { name, schema } = operation;
  const [verb = ''] = name.split('-');
  const reads = verb === 'select' || verb === 'count' || verb === 'aggregate';
  const table = reads ? toRead(context, schema) : toWrite(context, schema);
  const work = reads
    ? readWork(operation, table, context, shape)
    : writeWork(operation, verb, table, context, shape);
  return operation.message === undefined ? work : withMessage(work, operation.message);
}

function readWork(operation: Operation, table: Table, context: RouteContext, shape: Shape): Work {
  const { name, id, filter = {}, body } = operation;
  const selection = (): Selection => parseSelection(table, filter, context);
  const subject = { schema: nameOf(table), verb: 'read' } as const;
  switch (name) {
    case 'select-max':
      return { steps: [], data: () => '[]', subject };
    case 'aggregate': {
      const { where = filter['where'] } = body as { where?: Json };
      const { where: _, ...rest } = body;
      const spec = where === undefined ? rest : { ...rest, where };
      return aggregateWork(table, spec, selection().show);
    }
    case 'count': {
      const counted = { ...selection(), limit: 0, total: true };
      return {
        steps: [readOf(table, counted, shape)],
        data: (results) => String(last(results).total ?? 0),
        subject,
      };
    }
    case 'select-one':
    case 'select-404': {
      const required = name === 'select-404';
      if (id !== undefined) {
        const work = readRecord(table, id, 'trashed', shape);
        return required ? work : optional(work);
      }
      const read = readOf(table, { ...selection(), limit: 1 }, shape);
      return { steps: [required ? { ...read, require: {} } : read], data: asOne, subject };
    }
    default:
      return list(table, selection(), shape);
  }
}

/** A read by key that answers null where there's nothing. */
function optional(work: Work): Work {
  return {
    ...work,
    steps: work.steps.map((step) => {
      if (typeof step === 'function' || step.kind !== 'read') return step;
      const { require: _, ...read } = step;
      return read;
    }),
  };
}

function writeWork(
  operation: Operation,
  verb: string,
  table: Table,
  context: RouteContext,
  shape: Shape,
): Work {
  const { name, id, filter, data = {} } = operation;
  const object: JsonObject = isObject(data) ? data : {};
  const items: readonly Json[] = Array.isArray(data) ? data : [];
  const many = name.endsWith('-all');
  if (verb === 'create') return createRecords(table, many ? objects(items) : [object], many, shape);
  const key = keyOf(table);
  if (many) return writeAll(verb, table, key, items, shape);
  const one = (target: string): Work => {
    if (verb === 'update')
      return updateRecords(table, [{ id: target, body: object }], false, shape);
    if (verb === 'delete') return deleteRecords(table, [target], false, false, shape);
    return accessWork(table, { by: 'keys', keys: [target] }, accessOf(object), false, shape);
  };
  if (id !== undefined) return one(id);
  if (!name.endsWith('-any')) {
    return firstMatch(table, parseSelection(table, filter ?? {}, context), one);
  }
  const where: Predicate = parseWhere(table, filter?.['where'] ?? {});
  if (verb === 'update') return updateAny(table, where, object, shape);
  if (verb === 'delete') return deleteAny(table, where, shape);
  const target = { by: 'where', where, strict: true, cap: largestPage } as const;
  return accessWork(table, target, accessOf(object), true, shape);
}

function writeAll(
  verb: string,
  table: Table,
  key: string,
  items: readonly Json[],
  shape: Shape,
): Work {
  checkCount(items);
  const bodies = items.map((item) => (isObject(item) ? item : { [key]: item }));
  if (bodies.some((item) => idOf(memberOf(item, key) ?? item['id']) === undefined)) {
    refuse('OPERATION_MISSING_ID', 'Each record needs its id', { field: 'data' });
  }
  if (verb === 'update') return updateRecords(table, keyedBodies(key, bodies), true, shape);
  if (verb === 'access') return accessEach(table, keyedBodies(key, bodies), shape);
  const keys = bodies.map((item) => idOf(memberOf(item, key) ?? item['id']) ?? '');
  return deleteRecords(table, [...new Set(keys)], false, true, shape);
}
