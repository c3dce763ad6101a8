import { answer, constant, json, list, object, type Routes, text } from '../../described.ts';
import { ref, success } from './schemas.ts';

const schema = (description: string) => answer(description, success(ref('Schema')));
const column = (description: string) => answer(description, success(ref('Column')));

export const definitions: Routes = {
  'GET /api/describe': {
    id: 'listSchemas',
    summary: 'List the names of schemas',
    replies: { 200: answer('Names, sorted.', success(list(text))) },
  },
  'POST /api/describe/:schema': {
    id: 'createSchema',
    summary: 'Make a schema: a table of the tenant',
    parameters: ['Force'],
    body: {
      media: json(ref('SchemaSent')),
      optional: true,
      example: {
        status: 'active',
        columns: [{ column_name: 'title', type: 'text', required: true }],
      },
    },
    replies: {
      200: answer('The schema as it was made.', success(ref('SchemaMade'))),
    },
  },
  'GET /api/describe/:schema': {
    id: 'getSchema',
    summary: 'Read a schema and its columns',
    replies: { 200: schema('The schema.') },
  },
  'PUT /api/describe/:schema': {
    id: 'updateSchema',
    summary: 'Change status, description and protection of a schema',
    body: { media: json(ref('SchemaSent')), example: { description: 'Books of the library' } },
    replies: { 200: schema('The schema after the change.') },
  },
  'DELETE /api/describe/:schema': {
    id: 'deleteSchema',
    summary: 'Withdraw a schema; its rows are kept aside',
    replies: {
      200: answer(
        'What was withdrawn.',
        success(object({ name: text, schema_name: text, deleted: constant(true) })),
      ),
    },
  },
  'POST /api/describe/:schema/:column': {
    id: 'createColumn',
    summary: 'Add a column',
    body: { media: json(ref('ColumnSent')), example: { type: 'integer', minimum: 0 } },
    replies: { 200: column('The column.') },
  },
  'GET /api/describe/:schema/:column': {
    id: 'getColumn',
    summary: 'Read a column',
    replies: { 200: column('The column.') },
  },
  'PUT /api/describe/:schema/:column': {
    id: 'updateColumn',
    summary: 'Change a column',
    body: { media: json(ref('ColumnSent')), example: { required: true } },
    replies: { 200: column('The column after the change.') },
  },
  'DELETE /api/describe/:schema/:column': {
    id: 'deleteColumn',
    summary: 'Remove a column and its values',
    replies: {
      200: answer('What was removed.', success(ref('ColumnGone'))),
    },
  },
};
