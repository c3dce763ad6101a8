import type { Sample } from './request.ts';

const open = { readers: ['any'], writers: ['_self', 'ann'], deleters: ['_self', 'any'] };
const filters = [
  { fields: ['n', 'deep.a'], op: 'greaterThan', valuesJson: '[0]' },
  { fields: ['title'], op: 'equals', valuesJson: '["one"]' },
];

/** A success for each route of the Data Svc dialect. */
export const dataSvcSamples: Readonly<Record<string, readonly Sample[]>> = {
  'POST /data-svc/object': [
    { body: { object: { table: 'thing', data: { title: 'new', n: 3 }, ...open } } },
    { body: { object: { table: 'fresh_things', id: '', data: {} } } },
  ],
  'PUT /data-svc/object/:objectId': [
    {
      params: { objectId: 'thing_1' },
      body: { object: { table: 'thing', data: { title: 'one', n: 1 }, ...open } },
    },
  ],
  'PUT /data-svc/objects/upsert': [
    {
      body: { objects: [{ id: 'thing_2', table: 'thing', data: { title: 'two', n: 2 }, ...open }] },
    },
  ],
  'POST /data-svc/objects': [
    { body: { table: 'thing', query: { filters: filters.slice(1) } } },
    {
      body: {
        table: 'thing',
        query: {
          filters,
          afterJson: '[9,"thing_1"]',
          orderBys: [{ field: 'n', desc: true, sortingType: 'numeric' }],
          limit: 2,
          count: true,
        },
      },
    },
  ],
  'POST /data-svc/objects/update': [
    { body: { table: 'thing', filters: filters.slice(1), object: { data: { n: 4 } } } },
  ],
  'POST /data-svc/objects/delete': [
    {
      body: {
        table: 'thing',
        filters: [{ fields: ['title'], op: 'equals', valuesJson: '["new"]' }],
      },
    },
  ],
};
