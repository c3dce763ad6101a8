import type { JsonObject } from '../../../base/json.ts';
import {
  answer,
  type Described,
  either,
  json,
  needing,
  object,
  oneOrMany,
  type Routes,
  type Schema,
  text,
} from '../../described.ts';
import { bareList } from './parameters.ts';
import { bareListed, gone, ofApp, ofTables } from './paths.ts';
import { ref } from './schemas/envelope.ts';

const table = answer('The table.', ref('Table'));

const definition = {
  name: 'books',
  json_schema: {
    fields: [
      { name: 'id', type: 'integer' },
      { name: 'title', type: 'string' },
    ],
  },
};

/** Done, foreseen, or still going on. */
const changed: Described['replies'] = {
  200: answer(
    'The table after the change; of a dry run what it would do.',
    either(ref('Table'), ref('Plan')),
  ),
  202: answer('The change goes on; the table serves as before.', ref('Running')),
};

const change = (id: string, summary: string, sent: Schema, example: JsonObject): Described => ({
  id,
  summary,
  parameters: ['DryRun', 'DataLoss', 'Envelope'],
  body: { media: json(sent), example },
  replies: changed,
});

export const tables: Routes = {
  ...ofTables('GET', '', {
    id: 'listTables',
    summary: 'List tables',
    parameters: [...bareList, 'Inactive', 'Datasource', 'Materialized'],
    replies: { 200: bareListed('Tables.', ref('Table')) },
  }),
  ...ofTables('POST', '', {
    id: 'createTable',
    summary: 'Make a table',
    parameters: ['Envelope'],
    body: {
      media: json(needing(ref('TableSent'), 'name', 'json_schema')),
      example: definition,
    },
    replies: { 201: table },
  }),
  ...ofApp('GET', '/datatables/stats', {
    id: 'getTablesStats',
    summary: 'Estimate what the tables of an app hold',
    parameters: ['Envelope'],
    replies: { 200: answer('Counts and estimates.', ref('TablesStats')) },
  }),
  ...ofApp('POST', '/datatables/validate_schema', {
    id: 'validateSchema',
    summary: 'Look at a schema without making anything',
    parameters: ['Envelope'],
    body: {
      media: json(object({ json_schema: ref('TableSchema') })),
      example: { json_schema: definition.json_schema },
    },
    replies: { 200: answer('Whether it is right, and what is not.', ref('Validity')) },
  }),
  ...ofApp('POST', '/datatables/create_schema', {
    id: 'createSchema',
    summary: 'Make or change the tables of a data package, all or none',
    parameters: ['Materialize', 'DryRun', 'DataLoss', 'Envelope'],
    body: {
      media: json(ref('Package')),
      example: { resources: [{ name: 'books', schema: definition.json_schema }] },
    },
    replies: { 200: answer('How many tables were made and changed.', ref('SchemasMade')) },
  }),
  ...ofTables('GET', '/:table', {
    id: 'getTable',
    summary: 'Read a table',
    parameters: ['Envelope'],
    replies: { 200: table },
  }),
  ...ofTables(
    'PUT',
    '/:table',
    change('replaceTable', 'Change a table', needing(ref('TableSent'), 'name'), {
      ...definition,
      dry_run: true,
    }),
  ),
  ...ofTables(
    'PATCH',
    '/:table',
    change('updateTable', 'Change what is sent of a table', ref('TableSent'), {
      json_schema: definition.json_schema,
      dry_run: true,
    }),
  ),
  ...ofTables('DELETE', '/:table', {
    id: 'deleteTable',
    summary: 'Deactivate a table',
    parameters: ['Force', 'Purge'],
    replies: { 204: gone },
  }),
  ...ofTables('GET', '/:table/schema', {
    id: 'getTableSchema',
    summary: 'Read the schema of a table',
    parameters: ['Envelope'],
    replies: { 200: answer('The schema.', ref('TableSchema')) },
  }),
  ...ofTables('POST', '/:table/materialize', {
    id: 'materializeTable',
    summary: 'Make the physical table of a definition',
    parameters: ['Envelope'],
    replies: { 200: table },
  }),
  ...ofTables('POST', '/:table/restore', {
    id: 'restoreTable',
    summary: 'Bring a table back',
    parameters: ['Envelope'],
    replies: { 200: table },
  }),
  ...ofTables('GET', '/:table/operations', {
    id: 'listOperations',
    summary: 'List what was done to the schema of a table',
    parameters: bareList,
    replies: { 200: bareListed('Operations, newest first.', ref('Operation')) },
  }),
  ...ofTables('GET', '/:table/operations/:revision', {
    id: 'getOperation',
    summary: 'Read an operation',
    parameters: ['Envelope'],
    replies: { 200: answer('The operation.', ref('Operation')) },
  }),
  ...ofTables('POST', '/:table/rollback', {
    id: 'rollBack',
    summary: 'Undo a change of the schema',
    parameters: ['Envelope'],
    body: { media: json(object({ revision_id: text })) },
    replies: changed,
  }),
  ...ofTables('POST', '/:table/validate', {
    id: 'validateRows',
    summary: 'Look at rows without writing them',
    parameters: ['Envelope'],
    body: {
      media: json(object({ data: oneOrMany(ref('Values')) })),
      example: { data: [{ title: 'Emma' }] },
    },
    replies: { 200: answer('Whether they are right, and what is not.', ref('RowsValidity')) },
  }),
};
