import {
  answer,
  any,
  count,
  type Described,
  either,
  json,
  list,
  map,
  nullable,
  object,
  oneOrMany,
  type Routes,
  text,
} from '../../described.ts';
import { paging, presence, shaping } from './parameters.ts';
import { listed, ref, success } from './schemas.ts';

const record = (description: string) => answer(description, success(ref('Record')));
const records = (description: string) => answer(description, success(list(ref('Record'))));
const page = (description: string) => answer(description, listed(ref('Record')));

const values = ref('Values');
const ids = list(text);
const idBody = { media: json(ids), example: ['0198f3a2-0000-7000-8000-000000000001'] };
const change = { media: json(values), example: { title: 'Emma' } };

/** A change by id, and the same under PATCH. */
function changes(id: string, path: string, summary: string): Record<string, Described> {
  const described = (verb: string): Described => ({
    id: `${verb}${id}`,
    summary,
    parameters: ['Trashed', ...shaping],
    body: change,
    replies: { 200: record('The record after the change.') },
  });
  return { [`PUT ${path}`]: described('update'), [`PATCH ${path}`]: described('patch') };
}

function changesOfMany(): Record<string, Described> {
  const described = (id: string): Described => ({
    id,
    summary: 'Change the records that a condition names, or each by its id',
    parameters: ['Where', ...shaping],
    body: { media: json(oneOrMany(values)), example: { title: 'Emma' } },
    replies: {
      200: answer(
        'How many were changed; the records where they were named by id.',
        success(either(object({ updated: count, matched: count }), list(ref('Record')))),
      ),
    },
  });
  return {
    'PUT /api/data/:schema': described('updateRecords'),
    'PATCH /api/data/:schema': described('patchRecords'),
  };
}

const related = '/api/data/:schema/:id/:relationship';

export const recordRoutes: Routes = {
  'GET /api/data/:schema': {
    id: 'listRecords',
    summary: 'List records',
    parameters: [...paging, ...presence, ...shaping],
    replies: { 200: page('Records in the order asked for.') },
  },
  'POST /api/data/:schema': {
    id: 'createRecords',
    summary: 'Create a record, or several at once',
    parameters: shaping,
    body: { media: json(oneOrMany(values)), example: { title: 'Emma' } },
    replies: {
      200: answer(
        'The record, or the records in the order sent.',
        success(oneOrMany(ref('Record'))),
      ),
    },
  },
  ...changesOfMany(),
  'DELETE /api/data/:schema': {
    id: 'deleteRecords',
    summary: 'Delete the records that a condition names, or those of the ids sent',
    parameters: ['Where', ...shaping],
    body: {
      media: json(either(ids, list(object({ id: any })), object({ ids }))),
      optional: true,
      example: ['0198f3a2-0000-7000-8000-000000000001'],
    },
    replies: {
      200: answer(
        'How many were deleted; the records where they were named by id.',
        success(either(object({ deleted: count, matched: count }), list(ref('Record')))),
      ),
    },
  },
  'GET /api/data/:schema/:id': {
    id: 'getRecord',
    summary: 'Read a record',
    parameters: [...presence, ...shaping],
    replies: { 200: record('The record.') },
  },
  ...changes('Record', '/api/data/:schema/:id', 'Change the named columns of a record'),
  'DELETE /api/data/:schema/:id': {
    id: 'deleteRecord',
    summary: 'Delete a record',
    parameters: ['Permanent', ...shaping],
    replies: { 200: record('The record that was.') },
  },
  [`GET ${related}`]: {
    id: 'listRelated',
    summary: 'Read the records that a relationship leads to',
    parameters: [...paging, ...presence, ...shaping],
    replies: {
      200: answer(
        'Records, or the one record of a reference.',
        either(
          listed(ref('Record')),
          success(either(list(ref('Record')), nullable(ref('Record')))),
        ),
      ),
    },
  },
  [`POST ${related}`]: {
    id: 'createRelated',
    summary: 'Create or link a record there',
    parameters: shaping,
    body: change,
    replies: { 200: record('The record.') },
  },
  [`DELETE ${related}`]: {
    id: 'deleteRelated',
    summary: 'Delete or unlink all records there',
    parameters: shaping,
    replies: { 200: records('The records that were there.') },
  },
  [`GET ${related}/:child`]: {
    id: 'getChild',
    summary: 'Read one record of a relationship',
    parameters: [...presence, ...shaping],
    replies: { 200: record('The record.') },
  },
  ...changes('Child', `${related}/:child`, 'Change one record of a relationship'),
  [`DELETE ${related}/:child`]: {
    id: 'deleteChild',
    summary: 'Delete or unlink one record of a relationship',
    parameters: shaping,
    replies: { 200: record('The record that was.') },
  },
  'POST /api/find/:schema': {
    id: 'findRecords',
    summary: 'Find records by conditions',
    parameters: shaping,
    body: {
      media: json(ref('Filter')),
      optional: true,
      example: { where: { title: { $like: 'E%' } }, order: 'title desc', limit: 10, count: true },
    },
    replies: { 200: page('Records in the order asked for.') },
  },
  'POST /api/aggregate/:schema': {
    id: 'aggregateRecords',
    summary: 'Count, sum and compare, by groups',
    parameters: shaping,
    body: {
      media: json(ref('Aggregation')),
      example: { aggregate: { total: { $count: '*' } }, groupBy: 'title' },
    },
    replies: {
      200: answer('A row for each group.', success(list(map(any)))),
    },
  },
  'POST /api/bulk': {
    id: 'runBulk',
    summary: 'Do several operations in one transaction',
    parameters: shaping,
    body: {
      media: json(object({ operations: list(ref('Operation')) })),
      example: { operations: [{ operation: 'count', schema: 'books' }] },
    },
    replies: {
      200: answer(
        'What each operation answers.',
        success(list(object({ operation: text, schema: text, result: any }))),
      ),
    },
  },
  'GET /api/trashed': {
    id: 'listAllTrash',
    summary: 'List the deleted records of all schemas',
    parameters: shaping,
    replies: { 200: answer('Records by schema.', success(map(list(ref('Record'))))) },
  },
  'GET /api/trashed/:schema': {
    id: 'listTrash',
    summary: 'List the deleted records of a schema',
    parameters: [...paging, ...shaping],
    replies: { 200: page('Deleted records.') },
  },
  'POST /api/trashed/:schema': {
    id: 'restoreRecords',
    summary: 'Restore records',
    parameters: shaping,
    body: idBody,
    replies: { 200: records('The records restored.') },
  },
  'DELETE /api/trashed/:schema': {
    id: 'eraseRecords',
    summary: 'Delete records for good',
    parameters: shaping,
    body: idBody,
    replies: { 200: records('The records that were.') },
  },
  'GET /api/trashed/:schema/:id': {
    id: 'getTrash',
    summary: 'Read a deleted record',
    parameters: shaping,
    replies: { 200: record('The record.') },
  },
  'POST /api/trashed/:schema/:id': {
    id: 'restoreRecord',
    summary: 'Restore a record',
    parameters: shaping,
    replies: { 200: record('The record restored.') },
  },
  'DELETE /api/trashed/:schema/:id': {
    id: 'eraseRecord',
    summary: 'Delete a record for good',
    parameters: shaping,
    replies: { 200: record('The record that was.') },
  },
};
