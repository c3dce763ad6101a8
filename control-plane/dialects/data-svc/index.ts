import type { Dialect, Route } from '../dialect.ts';
import { create } from './create.ts';
import { description } from './description.ts';
import { fail } from './errors.ts';
import { query } from './query.ts';
import { remove, update } from './update.ts';
import { upsert, upsertMany } from './upsert.ts';

const routes: readonly Route[] = [
  { method: 'POST', path: '/data-svc/object', handle: create },
  { method: 'PUT', path: '/data-svc/object/:objectId', handle: upsert },
  { method: 'PUT', path: '/data-svc/objects/upsert', handle: upsertMany },
  { method: 'POST', path: '/data-svc/objects', handle: query },
  { method: 'POST', path: '/data-svc/objects/update', handle: update },
  { method: 'POST', path: '/data-svc/objects/delete', handle: remove },
];

/** The Data Svc dialect: schemaless objects in shared tables, with access lists on every object. */
export const dataSvc: Dialect = {
  name: 'data-svc',
  prefixes: ['/data-svc'],
  routes,
  description,
  tokenHeaders: [],
  cors: {
    methods: ['POST', 'PUT'],
    exposed: ['retry-after', 'x-request-id'],
    credentials: false,
  },
  fail,
};
