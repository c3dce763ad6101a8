import { isObject, type Json } from '../../base/json.ts';
import type { Table } from '../../model/table.ts';
import type { OutputItem } from '../../statement/output.ts';
import type { Result, Show } from '../../statement/statement.ts';
import type { DialectRequest, RouteContext } from '../dialect.ts';
import { refuse } from './codes.ts';
import { largestPage, parseQuery, queryShow, showOf } from './find.ts';
import { parseReply } from './lossless.ts';
import { format } from './output.ts';
import type { Shape } from './respond.ts';
import { timeColumns } from './system-fields.ts';
import { keyOf, nameOf, needFeature, ref, toRead } from './tables.ts';
import { asOne, last, type Step, type Work } from './work.ts';
import { keyIs, keyMisfit } from './writes.ts';

type Handler = (request: DialectRequest, context: RouteContext, shape: Shape) => Work;

/** `GET /api/stat/:schema/:id`: the system columns, whatever the shape says of records. */
export const stat: Handler = (request, context, shape) => {
  const table = toRead(context, request.params['schema'] ?? '');
  const id = request.params['id'] ?? '';
  const key = keyOf(table);
  const times = shape.stat ? timeColumns(table).filter((name) => name !== 'deleted_at') : [];
  const items: OutputItem[] = [
    { kind: 'column', name: key, as: 'id' },
    ...times.map((name): OutputItem => ({ kind: 'column', name })),
    { kind: 'column', name: key, as: 'etag' },
    { kind: 'literal', value: 0, as: 'size' },
  ];
  return {
    steps: [
      {
        kind: 'read',
        table: ref(table),
        where: keyIs(table, id),
        output: { items, format },
        limit: 1,
        show: showOf(queryShow(request.query), context.principal, 'trashed'),
        cap: largestPage,
        require: { key: id },
      },
    ],
    data: (results) => {
      const row = parseReply(asOne(results));
      // A tag is a text, also where the key is a number.
      return JSON.stringify(isObject(row) ? { ...row, etag: String(row['etag']) } : row);
    },
    subject: { schema: nameOf(table), verb: 'read' },
    fail: (error) => keyMisfit(error, id),
  };
};

/** The changes of a record, newest first. */
export const listChanges: Handler = (request, context) => {
  const { table, id, show } = subject(request, context);
  const { limit, offset } = parseQuery(table, pageOnly(request.query), context);
  const page = {
    ...(limit === undefined ? {} : { limit }),
    ...(offset === undefined ? {} : { offset }),
  };
  return {
    steps: steps(table, id, show, { ...page, cap: largestPage }),
    data: (results) => JSON.stringify(entries(table, id, results)),
    subject: { schema: nameOf(table), verb: 'read' },
  };
};

export const getChange: Handler = (request, context) => {
  const { table, id, show } = subject(request, context);
  const text = request.params['change'] ?? '';
  const change = /^\d{1,15}$/.test(text) ? Number(text) : -1;
  return {
    steps: steps(table, id, show, { change }),
    data: (results) => {
      const [entry] = entries(table, id, results);
      if (entry === undefined) {
        return refuse('CHANGE_NOT_FOUND', `Change '${text}' not found for record '${id}'`);
      }
      return JSON.stringify(entry);
    },
    subject: { schema: nameOf(table), verb: 'read' },
  };
};

function subject(
  request: DialectRequest,
  context: RouteContext,
): { table: Table; id: string; show: Show } {
  const table = toRead(context, request.params['schema'] ?? '');
  keyOf(table);
  if (!isTrackable(table)) needFeature(table, 'history');
  return {
    table,
    id: request.params['id'] ?? '',
    show: showOf(queryShow(request.query), context.principal, 'trashed'),
  };
}

/** Schemas of this dialect get the feature with their first tracked column: until then their histories are empty. */
function isTrackable(table: Table): boolean {
  const { acl, softDelete, timestamps } = table.features;
  return table.access === 'acl' && acl && softDelete && timestamps;
}

function pageOnly(query: DialectRequest['query']): DialectRequest['query'] {
  return new Map([...query].filter(([name]) => name === 'limit' || name === 'offset'));
}

/** First that the record is there for the caller, as an empty history says nothing of that. */
function steps(
  table: Table,
  id: string,
  show: Show,
  page: { change?: number; limit?: number; offset?: number; cap?: number },
): readonly Step[] {
  const found: Step = { kind: 'require', table: ref(table), keys: [id], show, live: false };
  if (!table.features.history) return [found];
  return [found, { kind: 'history', table: ref(table), key: id, show, ...page }];
}

function entries(table: Table, id: string, results: readonly Result[]): readonly Json[] {
  if (results.length < 2) return [];
  const rows = parseReply(last(results).rows);
  if (!Array.isArray(rows)) return [];
  return (rows as readonly Json[]).map((row) => {
    if (!isObject(row)) return row;
    const {
      change_id: change = null,
      row_key: _,
      ...rest
    } = row as {
      change_id?: Json;
      row_key?: Json;
    };
    return {
      id: change === null ? null : String(change),
      change_id: change,
      schema_name: nameOf(table),
      record_id: id,
      ...rest,
    };
  });
}
