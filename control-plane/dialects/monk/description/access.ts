import {
  answer,
  constant,
  count,
  type Described,
  json,
  list,
  map,
  object,
  type Routes,
  type Sent,
  text,
} from '../../described.ts';
import { presence } from './parameters.ts';
import { ref, success } from './schemas.ts';

const names = list(text);
const one = { record_id: text, schema: text };
const lists = { access_lists: ref('AccessLists') };
const example = { access_read: ['ada', 'editors'] };

/** A change of the lists of many records. */
function many(id: string, summary: string, body: Sent): Described {
  return {
    id,
    summary,
    body,
    replies: {
      200: answer('How many records changed.', success(object({ matched: count, updated: count }))),
    },
  };
}

export const access: Routes = {
  'GET /api/acls/:schema/:id': {
    id: 'getAccessLists',
    summary: 'Read the access lists of a record, and what they let the caller do',
    parameters: presence,
    replies: { 200: answer('Lists and rights.', success(ref('Permissions'))) },
  },
  'POST /api/acls/:schema/:id': {
    id: 'mergeAccessLists',
    summary: 'Add members to the access lists of a record',
    body: { media: json(ref('AccessListsSent')), example },
    replies: {
      200: answer(
        'The lists after the change.',
        success(object({ ...one, updated_lists: names, ...lists })),
      ),
    },
  },
  'PUT /api/acls/:schema/:id': {
    id: 'replaceAccessLists',
    summary: 'Replace the access lists of a record',
    body: { media: json(ref('AccessListsSent')), example },
    replies: {
      200: answer('The lists after the change.', success(object({ ...one, ...lists }))),
    },
  },
  'DELETE /api/acls/:schema/:id': {
    id: 'clearAccessLists',
    summary: 'Empty the access lists of a record',
    replies: {
      200: answer(
        'The empty lists.',
        success(object({ ...one, status: constant('default_permissions'), ...lists })),
      ),
    },
  },
  'POST /api/acls/:schema': many(
    'changeAccessLists',
    'Add and remove members in the lists of the records that a condition names',
    {
      media: json(
        object({
          where: ref('Condition'),
          acl_update: map(object({ '$add?': names, '$remove?': names })),
        }),
      ),
      example: { where: {}, acl_update: { access_read: { $add: ['ada'] } } },
    },
  ),
  'PUT /api/acls/:schema': many(
    'replaceAccessListsOfMany',
    'Replace the lists of the records that a condition names',
    {
      media: json(object({ where: ref('Condition'), acl_update: ref('AccessListsSent') })),
      example: { where: {}, acl_update: example },
    },
  ),
  'GET /api/stat/:schema/:id': {
    id: 'getStat',
    summary: 'Read the times of a record',
    parameters: presence,
    replies: { 200: answer('The times.', success(ref('Stat'))) },
  },
  'GET /api/history/:schema/:id': {
    id: 'listChanges',
    summary: 'List the changes of the tracked columns of a record',
    parameters: ['Limit', 'Offset', ...presence],
    replies: { 200: answer('Changes, newest first.', success(list(ref('Change')))) },
  },
  'GET /api/history/:schema/:id/:change': {
    id: 'getChange',
    summary: 'Read one change of a record',
    parameters: presence,
    replies: { 200: answer('The change.', success(ref('Change'))) },
  },
};
