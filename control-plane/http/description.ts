import {
  answer,
  constant,
  type Description,
  json,
  list,
  nullable,
  object,
  oneOf,
  openObject,
  type Routes,
  refs,
  text,
  time,
} from '../dialects/described.ts';
import { dialects } from '../dialects/index.ts';

const ref = refs('Server');

const tenant = answer('The tenant.', ref('Tenant'));

const routes: Routes = {
  'GET /health': {
    id: 'getHealth',
    summary: 'Tell that the process runs',
    replies: { 200: answer('It does.', object({ status: constant('ok') })) },
  },
  'GET /ready': {
    id: 'getReadiness',
    summary: 'Tell whether the database can be reached and is installed',
    replies: {
      200: answer('It is.', object({ status: constant('ready') })),
      503: answer('It is not.', object({ status: constant('unavailable'), reason: text })),
    },
  },
  'GET /metrics': {
    id: 'getMetrics',
    summary: 'Read the metrics of this process',
    replies: { 200: { description: 'Text for Prometheus.', media: { 'text/plain': text } } },
  },
  'GET /openapi.json': {
    id: 'getDescription',
    summary: 'Read this document',
    description: 'With a token: also the tables that the caller may use.',
    parameters: [
      {
        name: 'dialect',
        description: 'Only the routes of this dialect.',
        schema: oneOf(...dialects.map(({ name }) => name)),
      },
    ],
    replies: {
      200: answer('An OpenAPI document.', openObject({ openapi: text, info: {}, paths: {} })),
    },
  },
  'GET /docs': {
    id: 'getPage',
    summary: 'Browse this document',
    replies: { 200: { description: 'A page.', media: { 'text/html': text } } },
  },
  'GET /docs/:file': {
    id: 'getPageFile',
    summary: 'Read a file of that page',
    replies: {
      200: { description: 'The file.', media: { 'text/javascript': text, 'text/css': text } },
    },
  },
  'POST /admin/tenants': {
    id: 'createTenant',
    summary: 'Make a tenant',
    body: {
      media: json(object({ tenant: text, 'name?': nullable(text) })),
      example: { tenant: 'acme', name: 'Acme' },
    },
    replies: { 201: tenant },
  },
  'GET /admin/tenants': {
    id: 'listTenants',
    summary: 'List tenants',
    replies: { 200: answer('Tenants.', object({ tenants: list(ref('Tenant')) })) },
  },
  'GET /admin/tenants/:tenant': {
    id: 'getTenant',
    summary: 'Read a tenant',
    replies: { 200: tenant },
  },
  'DELETE /admin/tenants/:tenant': {
    id: 'deleteTenant',
    summary: 'Remove a tenant and all its rows',
    parameters: [
      { name: 'confirm', required: true, description: 'The tenant once more.', schema: text },
    ],
    replies: {
      200: answer('That it is gone.', object({ tenant: text, deleted: constant(true) })),
    },
  },
};

/** The routes of the server itself. */
export const description: Description = {
  name: 'Server',
  about: 'The server itself: probes, this description, and tenants for operators.',
  routes,
  schemas: {
    Failure: object({
      error: openObject({ code: text, kind: text, message: text }),
    }),
    Tenant: object({
      tenant: text,
      name: nullable(text),
      status: text,
      created_at: time,
    }),
  },
  parameters: {},
};

/** Those that ask for no token. */
export const openRoutes: readonly string[] = [
  'GET /health',
  'GET /ready',
  'GET /metrics',
  'GET /openapi.json',
  'GET /docs',
  'GET /docs/:file',
];
