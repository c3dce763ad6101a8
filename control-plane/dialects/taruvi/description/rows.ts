import {
  type Answer,
  answer,
  any,
  count,
  type Described,
  either,
  json,
  list,
  type Media,
  object,
  oneOrMany,
  open,
  type Routes,
  text,
} from '../../described.ts';
import { listPage, matching, ordered, shaping, traversal } from './parameters.ts';
import { ofTables } from './paths.ts';
import { listed, records, ref, success } from './schemas/envelope.ts';

const row = answer('The row.', success(ref('Row')));
const rows = answer(
  'Rows, or groups where an aggregate is asked for, or what a traversal found.',
  success(either(list(any), object({ nodes: list(any), edges: list(any) })), {
    total: count,
    'pagination?': ref('Pagination'),
    'aggregates?': any,
  }),
);
/** A row, or what a traversal makes of rows. */
const rowOrGraph = either(ref('Row'), list(open), open);
const deleted: Answer = answer('How many were deleted.', ref('Deleted'));
const values: Described['body'] = { media: json(ref('Values')), example: { title: 'Emma' } };
const valuesOrMany: Described['body'] = {
  media: json(oneOrMany(ref('Values'))),
  example: { title: 'Emma' },
};

/** Files by their media types, or as the part `file` of a form. */
const file: Media = {
  'text/csv': text,
  'application/json': list(ref('Values')),
  'application/x-ndjson': text,
  'multipart/form-data': object({
    file: { type: 'string', contentMediaType: 'application/octet-stream' },
  }),
};

const exported: Answer = {
  description: 'The file.',
  media: {
    'text/csv': text,
    'application/json': either(list(ref('Row')), ref('Package')),
    'application/x-ndjson': text,
  },
};

const versions = answer('Versions, newest first.', listed(ref('Version')));

export const rowRoutes: Routes = {
  ...ofTables('GET', '/:table/data', {
    id: 'listRows',
    summary: 'List, aggregate or traverse rows',
    parameters: [
      ...matching,
      ...ordered,
      ...listPage,
      'CountOnly',
      'Search',
      ...shaping,
      'Aggregate',
      'GroupBy',
      'Having',
      ...traversal,
    ],
    replies: { 200: rows },
  }),
  ...ofTables('POST', '/:table/data', {
    id: 'createRows',
    summary: 'Create a row, or several at once',
    body: valuesOrMany,
    replies: {
      201: answer('The row, or the rows in order.', success(oneOrMany(ref('Row')))),
    },
  }),
  ...ofTables('PATCH', '/:table/data', {
    id: 'updateRows',
    summary: 'Change several rows, each with its key',
    body: { media: json(list(ref('Values'))), example: [{ id: 1, title: 'Emma' }] },
    replies: { 200: answer('The rows after the change.', records(ref('Row'))) },
  }),
  ...ofTables('DELETE', '/:table/data', {
    id: 'deleteRows',
    summary: 'Delete rows by keys or by conditions',
    parameters: ['Ids', 'DeleteFilter'],
    replies: { 200: deleted },
  }),
  ...ofTables('POST', '/:table/data/upsert', {
    id: 'upsertRows',
    summary: 'Create rows, or change those that are there',
    parameters: ['UniqueFields', 'Partial'],
    body: valuesOrMany,
    replies: { 200: answer('The rows as they are now.', records(ref('Row'))) },
  }),
  ...ofTables('POST', '/:table/data/import', {
    id: 'importRows',
    summary: 'Load a file of rows',
    parameters: ['FileFormat', 'Mode', 'UniqueFields', 'OnError', 'Delimiter', 'DryRun'],
    body: { media: file },
    replies: { 200: answer('What became of the rows.', ref('Imported')) },
  }),
  ...ofTables('GET', '/:table/export', {
    id: 'exportRows',
    summary: 'Read rows as a file',
    parameters: ['ExportFormat', ...matching, ...ordered, 'Fields', 'Deleted', 'Delimiter'],
    replies: { 200: exported },
  }),
  ...ofTables('GET', '/:table/data/:id', {
    id: 'getRow',
    summary: 'Read a row, or what a traversal from it finds',
    parameters: [...shaping, ...traversal, 'To', 'Weight'],
    replies: {
      200: answer('The row, or what was found.', success(rowOrGraph, { 'total?': count })),
    },
  }),
  ...ofTables('PATCH', '/:table/data/:id', {
    id: 'updateRow',
    summary: 'Change the named columns of a row',
    body: values,
    replies: { 200: row },
  }),
  ...ofTables('PUT', '/:table/data/:id', {
    id: 'replaceRow',
    summary: 'Change a row; columns not named return to their default',
    body: values,
    replies: { 200: row },
  }),
  ...ofTables('DELETE', '/:table/data/:id', {
    id: 'deleteRow',
    summary: 'Delete a row',
    replies: { 200: deleted },
  }),
  ...ofTables('POST', '/:table/data/:id/restore', {
    id: 'restoreRow',
    summary: 'Restore a row that was marked as deleted',
    replies: { 200: row },
  }),
  ...ofTables('GET', '/:table/data/:id/history', {
    id: 'getRowHistory',
    summary: 'List the versions of a row',
    parameters: listPage,
    replies: { 200: versions },
  }),
  ...ofTables('GET', '/:table/audit', {
    id: 'getAudit',
    summary: 'List the versions of rows',
    parameters: ['RecordId', ...listPage],
    replies: { 200: versions },
  }),
  ...ofTables('GET', '/:table/edges', {
    id: 'listEdges',
    summary: 'List the edges of a graph',
    parameters: [...matching, ...ordered, ...listPage, 'CountOnly', 'Fields'],
    replies: { 200: answer('Edges.', listed(ref('Row'))) },
  }),
  ...ofTables('POST', '/:table/edges', {
    id: 'createEdges',
    summary: 'Create edges, from child to parent',
    body: {
      media: json(oneOrMany(ref('EdgeSent'))),
      example: [{ from: 2, to: 1, type: 'parent' }],
    },
    replies: {
      201: answer('The edges.', success(oneOrMany(ref('Row')))),
    },
  }),
  ...ofTables('PATCH', '/:table/edges/:id', {
    id: 'updateEdge',
    summary: 'Change an edge',
    body: { media: json(ref('EdgeSent')), example: { metadata: { since: 2020 } } },
    replies: { 200: row },
  }),
  ...ofTables('DELETE', '/:table/edges', {
    id: 'deleteEdges',
    summary: 'Delete edges',
    parameters: ['Ids', 'DeleteFilter'],
    body: { media: json(object({ edge_ids: list(any) })), optional: true },
    replies: { 200: deleted },
  }),
};
