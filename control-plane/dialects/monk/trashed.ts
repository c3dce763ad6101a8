import type { Json } from '../../base/json.ts';
import type { Table } from '../../model/table.ts';
import type { Predicate } from '../../statement/predicate.ts';
import type { Result } from '../../statement/statement.ts';
import type { DialectRequest, RouteContext } from '../dialect.ts';
import { refuse } from './codes.ts';
import { all } from './filter.ts';
import { largestPage, parseQuery, queryShow, readOf, showOf } from './find.ts';
import { parseReply } from './lossless.ts';
import { columnsOutput } from './output.ts';
import { checkCount } from './records.ts';
import type { Shape } from './respond.ts';
import { keyOf, nameOf, needFeature, notFound, ref, toRead, toWrite } from './tables.ts';
import { asArray, asOne, listCounts, type Work } from './work.ts';
import { deleteRecords, keyIs, readRecord, restoreRecords } from './writes.ts';

type Handler = (request: DialectRequest, context: RouteContext, shape: Shape) => Work;

const schemaOf = (request: DialectRequest): string => request.params['schema'] ?? '';

const inTrash: Predicate = {
  kind: 'compare',
  field: { kind: 'column', name: 'trashed_at' },
  operator: 'is_null',
  operand: false,
  label: 'trashed_at',
};

/** All trash, by schema: one statement a table. */
export const listAllTrash: Handler = (request, { catalog, principal }, shape) => {
  const show = showOf(queryShow(request.query), principal) === 'deleted' ? 'deleted' : 'trashed';
  const tables = catalog.tables
    .filter((table) => table.features.softDelete && table.status !== 'disabled')
    .filter((table) => table.kind === 'table')
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  return {
    steps: tables.map((table) => readOf(table, { where: inTrash, total: false, show }, shape)),
    data: (results) => trashText(tables, results),
    subject: { verb: 'read' },
  };
};

function trashText(tables: readonly Table[], results: readonly Result[]): string {
  const total = results.reduce((sum, { count }) => sum + count, 0);
  if (total > largestPage) {
    refuse('FILTER_LIMIT_REQUIRED', `More than ${largestPage} trashed records: ask by schema`);
  }
  const parts = tables.flatMap((table, index) => {
    const result = results[index];
    return result === undefined || result.count === 0
      ? []
      : [`${JSON.stringify(nameOf(table))}:${result.rows}`];
  });
  return `{${parts.join(',')}}`;
}

export const listTrash: Handler = (request, context, shape) => {
  const table = toRead(context, schemaOf(request));
  needFeature(table, 'softDelete');
  const asked = parseQuery(table, request.query, context);
  const where = asked.where === undefined ? inTrash : all([inTrash, asked.where]);
  const show = asked.show === 'deleted' ? 'deleted' : 'trashed';
  return {
    steps: [readOf(table, { ...asked, where, show }, shape)],
    data: asArray,
    counts: listCounts,
    subject: { schema: nameOf(table), verb: 'read' },
  };
};

export const getTrash: Handler = (request, context, shape) => {
  const table = toRead(context, schemaOf(request));
  needFeature(table, 'softDelete');
  const id = request.params['id'] ?? '';
  const asked = showOf(queryShow(request.query), context.principal);
  const work = readRecord(table, id, asked === 'deleted' ? asked : 'trashed', shape);
  return {
    ...work,
    steps: work.steps.map((step) =>
      typeof step === 'object' && step.kind === 'read'
        ? { ...step, where: all([keyIs(table, id), inTrash]) }
        : step,
    ),
  };
};

export const restoreMany: Handler = (request, context, shape) => {
  const table = trashToWrite(request, context);
  return restoreRecords(table, ids(request.body), true, shape);
};

export const restoreOne: Handler = (request, context, shape) => {
  const table = trashToWrite(request, context);
  return restoreRecords(table, [request.params['id'] ?? ''], false, shape);
};

export const eraseMany: Handler = (request, context, shape) => {
  const table = trashToWrite(request, context);
  return erase(table, ids(request.body), true, shape);
};

export const eraseOne: Handler = (request, context, shape) => {
  const table = trashToWrite(request, context);
  return erase(table, [request.params['id'] ?? ''], false, shape);
};

function trashToWrite(request: DialectRequest, context: RouteContext): Table {
  const table = toWrite(context, schemaOf(request));
  needFeature(table, 'softDelete');
  keyOf(table);
  return table;
}

/** Deletes for good what is in the trash, and nothing else: the keys are looked up there first, in the same transaction. */
function erase(table: Table, keys: readonly string[], many: boolean, shape: Shape): Work {
  const work = deleteRecords(table, keys, true, many, shape);
  const [deletion] = work.steps;
  if (deletion === undefined) return work;
  const key = keyOf(table);
  return {
    ...work,
    steps: [
      {
        kind: 'require',
        table: ref(table),
        keys,
        show: 'trashed',
        live: false,
      },
      {
        kind: 'read',
        table: ref(table),
        where: all([
          {
            kind: 'compare',
            field: { kind: 'column', name: key },
            operator: 'in',
            operand: keys,
            label: key,
          },
          inTrash,
        ]),
        output: columnsOutput([key]),
        limit: keys.length,
        show: 'trashed',
        cap: largestPage,
      },
      (earlier) => {
        const live = missing(table, keys, earlier[1]?.rows ?? '[]');
        if (live.length > 0) throw notFound(table, live);
        return typeof deletion === 'function' ? deletion(earlier) : deletion;
      },
    ],
    data: many ? asArray : asOne,
  };
}

function missing(table: Table, keys: readonly string[], rows: string): readonly string[] {
  const key = keyOf(table);
  const found = new Set(
    (parseReply(rows) as readonly { readonly [column: string]: Json }[]).map((row) =>
      String(row[key]).toLowerCase(),
    ),
  );
  return keys.filter((each) => !found.has(each.toLowerCase()));
}

function ids(body: Json | undefined): readonly string[] {
  if (!Array.isArray(body)) return refuse('BODY_NOT_ARRAY', 'The body must be an array of ids');
  checkCount(body);
  const keys = (body as readonly Json[]).map((id) =>
    typeof id === 'string' ? id : refuse('INVALID_ID_FORMAT', 'An id is a string'),
  );
  return [...new Set(keys)];
}
