import {
  answer,
  any,
  boolean,
  count,
  type Description,
  either,
  integer,
  json,
  list,
  nullable,
  object,
  oneOf,
  open,
  openObject,
  type Routes,
  refs,
  type Schema,
  text,
  time,
} from '../described.ts';
import { opWords } from './conditions.ts';
import { codes } from './errors.ts';
import { mostOrderBys, sortingTypes } from './order.ts';
import { mostFound } from './query.ts';
import { shortKeys } from './reply.ts';
import { mostSent } from './upsert.ts';

const ref = refs('DataSvc');

const names = nullable(list(text));

/** Keys that nobody knows are passed over, so no object of a request is closed. */
const lists = { 'readers?': names, 'writers?': names, 'deleters?': names };
const change = { 'data?': nullable(open), ...lists };
const table = { ...text, minLength: 1, maxLength: 63 };
const whole = { 'id?': text, ...change, 'authors?': names };

/** What an object shows. */
const keys = {
  id: text,
  table: text,
  authors: list(text),
  readers: list(text),
  writers: list(text),
  deleters: list(text),
  data: open,
  createdAt: nullable(time),
  updatedAt: nullable(time),
};

const values: Schema = {
  description: 'A JSON array, or a string that holds one.',
  anyOf: [text, list(any)],
};

const schemas: Description['schemas'] = {
  Failure: object({
    error: text,
    code: oneOf(...Object.keys(codes)),
  }),
  Object: {
    description:
      'An object and its lists; in tables made elsewhere `data` holds their columns, and times may be missing.',
    ...object(keys),
  },
  Written: object(Object.fromEntries(shortKeys.map((key) => [key, keys[key]]))),
  Created: openObject({ table, ...whole }),
  Upserted: openObject({ 'table?': table, ...whole }),
  Change: openObject(change),
  Filter: openObject({
    'fields?': list({ ...text, description: 'Of the object, or a dotted path into its data.' }),
    op: oneOf(...opWords),
    'valuesJson?': values,
    'jsonValues?': values,
    'subFilters?': list(ref('Filter')),
  }),
  Order: openObject({
    field: text,
    'desc?': boolean,
    'sortingType?': oneOf(...sortingTypes),
  }),
  Query: openObject({
    'filters?': nullable(list(ref('Filter'))),
    'orderBys?': nullable({ ...list(ref('Order')), maxItems: mostOrderBys }),
    'limit?': nullable({ ...integer, maximum: mostFound }),
    'afterJson?': nullable(text),
    'jsonAfter?': nullable(text),
    'count?': nullable(boolean),
  }),
};

const objects = { ...list(ref('Upserted')), maxItems: mostSent };
const filters = { ...list(ref('Filter')), minItems: 1 };
const some = [{ fields: ['age'], op: 'greaterThan', valuesJson: '[3]' }];

const routes: Routes = {
  'POST /data-svc/object': {
    id: 'createObject',
    summary: 'Create an object; the table appears with its first',
    body: {
      media: json(openObject({ object: ref('Created') })),
      example: { object: { table: 'pet', data: { age: 9 }, readers: ['_self'] } },
    },
    replies: { 200: answer('The object.', object({ object: ref('Object') })) },
  },
  'PUT /data-svc/object/:objectId': {
    id: 'upsertObject',
    summary: 'Create an object, or replace its data and the lists sent',
    body: {
      media: json(openObject({ object: ref('Upserted') })),
      example: { object: { table: 'pet', data: { age: 10 } } },
    },
    replies: {
      200: answer(
        'The object; of one that its author may not read, only what says that it was written.',
        object({
          object: either(ref('Object'), ref('Written')),
        }),
      ),
    },
  },
  'PUT /data-svc/objects/upsert': {
    id: 'upsertObjects',
    summary: 'Upsert several objects, all or none',
    body: {
      media: json(openObject({ 'objects?': objects, 'object?': ref('Upserted') })),
      example: { objects: [{ id: 'pet_1', table: 'pet', data: { age: 10 } }] },
    },
    replies: {
      200: answer(
        'The objects, in the order sent.',
        object({ objects: list(either(ref('Object'), ref('Written'))) }),
      ),
    },
  },
  'POST /data-svc/objects': {
    id: 'queryObjects',
    summary: 'Find objects',
    body: {
      media: json(openObject({ table: text, 'readers?': names, 'query?': nullable(ref('Query')) })),
      example: {
        table: 'pet',
        query: {
          filters: some,
          orderBys: [{ field: 'age', desc: true, sortingType: 'numeric' }],
          limit: 5,
          count: true,
        },
      },
    },
    replies: {
      200: answer(
        'Objects, how many there are in all when asked for, and where the next page begins.',
        object({ objects: list(ref('Object')), 'count?': count, 'afterJson?': text }),
      ),
    },
  },
  'POST /data-svc/objects/update': {
    id: 'updateObjects',
    summary: 'Merge data into the objects that filters name',
    body: {
      media: json(openObject({ table: text, filters, object: ref('Change') })),
      example: { table: 'pet', filters: some, object: { data: { fed: true } } },
    },
    replies: { 200: answer('How many changed.', object({ updated: count })) },
  },
  'POST /data-svc/objects/delete': {
    id: 'deleteObjects',
    summary: 'Delete the objects that filters name',
    body: {
      media: json(openObject({ table: text, filters })),
      example: { table: 'pet', filters: some },
    },
    replies: { 200: answer('How many were deleted.', object({ deleted: count })) },
  },
};

/** The Data Svc dialect as its users read of it. Tables are named in bodies, so none has paths of its own. */
export const description: Description = {
  name: 'DataSvc',
  about:
    'Schemaless objects in tables that appear with their first object, each with lists of who may read, write and delete it.',
  routes,
  schemas,
  parameters: {},
};
