/** The edge over a fake engine, to be started by tests: it records what reaches it. */
import { request as plainRequest } from 'node:http';
import { connect } from 'node:net';
import { pino } from 'pino';
import { afterEach } from 'vitest';
import { ServiceError } from '../../../control-plane/base/errors.ts';
import { loadConfig } from '../../../control-plane/config.ts';
import type { Dialect, Reply } from '../../../control-plane/dialects/dialect.ts';
import { type App, createEdge, type EdgeParts } from '../../../control-plane/http/edge.ts';
import { createMetrics } from '../../../control-plane/http/metrics.ts';
import type { Principal } from '../../../control-plane/model/principal.ts';
import type { TenantAdmin } from '../../../control-plane/service/admin.ts';
import type { Call } from '../../../control-plane/service/call.ts';
import { createTokens, type Tokens } from '../../../control-plane/service/tokens.ts';
import type { TakeTurn } from '../../../control-plane/service/turns.ts';

export const secret = 'a secret of at least thirty-two bytes';
export const somebody: Principal = {
  sub: 'ann',
  tenant: 'acme',
  roles: [],
  orgs: [],
  access: 'edit',
  sudo: false,
  operator: false,
};
export const operator: Principal = {
  sub: 'op',
  roles: [],
  orgs: [],
  access: 'edit',
  sudo: false,
  operator: true,
};

export const unused = () => {
  throw new Error('not reached: the engine is a fake');
};

export const dialect: Dialect = {
  name: 'fake',
  prefixes: ['/api'],
  tokenHeaders: ['X-Session-Token'],
  routes: [
    { method: 'GET', path: '/api/things/:name', handle: unused },
    { method: 'POST', path: '/api/things/:name', handle: unused },
    { method: 'DELETE', path: '/api/things/:name', handle: unused },
    { method: 'POST', path: '/api/open', public: true, handle: unused },
  ],
  description: {
    name: 'Fake',
    about: '',
    routes: { 'GET /api/things/:name': { id: 'getThing', summary: 'Read a thing', replies: {} } },
    schemas: { Failure: {} },
    parameters: {},
  },
  fail: (error) => ({
    status: error.kind === 'body_too_large' ? 413 : 400,
    body: {
      json: { kind: error.kind, message: error.message, reason: error.detail.reason ?? null },
    },
  }),
};

export const tenants: TenantAdmin = {
  create: async (slug, name) => ({
    slug,
    name: name ?? slug,
    status: 'active',
    createdAt: '2025-01-01T00:00:00.000Z',
  }),
  list: async () => [],
  read: async () => {
    throw new ServiceError('tenant_not_found');
  },
  drop: async () => undefined,
};

export interface Edge {
  readonly url: string;
  readonly calls: Call[];
  readonly logs: string[];
  readonly tokens: Tokens;
  readonly app: App;
  ended: boolean;
}

export const open: App[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((app) => app.close()));
});

/** Allowances that are never given back. */
function countdown(): TakeTurn {
  const used = new Map<string, number>();
  return async ([first]) => {
    const { key = '', most = 0 } = first ?? {};
    const left = most - (used.get(key) ?? 0);
    if (left > 0) used.set(key, most - left + 1);
    return { allowed: left > 0, limit: most, remaining: Math.max(left - 1, 0), reset: 7 };
  };
}

export async function start(
  env: Record<string, string> = {},
  perform: (call: Call) => Promise<Reply> = async (call) => ({
    status: 200,
    body: JSON.stringify({ params: call.request.params, body: call.request.body ?? null }),
  }),
  patience: EdgeParts['patience'] = {},
): Promise<Edge> {
  const config = loadConfig({
    env: { DATABASE_URL: 'postgres://localhost/x', ROWHOUSE_JWT_SECRET: secret, ...env },
    cwd: '/nonexistent',
  });
  const tokens = createTokens(config);
  const logs: string[] = [];
  const edge: Edge = { url: '', calls: [], logs, tokens, app: {} as App, ended: false };
  const metrics = createMetrics();
  metrics.watch({ data: () => ({ total: 3, idle: 2, waiting: 0 }) });
  const app = createEdge(config, {
    tokens,
    patience,
    takeTurn: countdown(),
    dialects: [dialect],
    admin: tenants,
    ready: async () => ({ ready: true }),
    metrics,
    log: pino({ base: null }, { write: (line: string) => logs.push(line) }),
    end: async () => {
      edge.ended = true;
    },
    engine: {
      known: async () => ({ tenant: '', schema: '', version: 0, tables: [] }),
      catalog: async ({ principal: { tenant = '' } }) => ({
        tenant,
        schema: `t_${tenant}`,
        version: 7,
        tables: [],
      }),
      perform: (call) => {
        edge.calls.push(call);
        return perform(call);
      },
    },
  });
  open.push(app);
  const { url } = await app.listen(0);
  return Object.assign(edge, { url, app });
}

export async function send(
  edge: Edge,
  method: string,
  path: string,
  init: { headers?: Record<string, string>; body?: string | Buffer; as?: Principal | null } = {},
) {
  const { as = somebody } = init;
  const token = as === null ? undefined : await edge.tokens.sign(as, 60);
  const response = await fetch(edge.url + path, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...init.headers,
    },
    ...(init.body === undefined ? {} : { body: init.body as string }),
  });
  const text = await response.text();
  const json = response.headers.get('content-type')?.includes('json') === true;
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: (json && text !== '' ? JSON.parse(text) : {}) as Record<string, unknown>,
  };
}

export async function raw(
  edge: Edge,
  path: string,
  headers: Record<string, string>,
  init: { method?: string; body?: string; chunked?: boolean } = {},
): Promise<{ status: number; body: Record<string, unknown> }> {
  const token = await edge.tokens.sign(somebody, 60);
  const { body } = init;
  const length: Record<string, number> =
    body === undefined || init.chunked === true
      ? {}
      : { 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const request = plainRequest(edge.url + path, {
      method: init.method ?? 'GET',
      headers: { authorization: `Bearer ${token}`, ...length, ...headers },
    });
    request.on('error', reject);
    request.on('response', (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }),
      );
    });
    request.end(body);
  });
}

export function bytes(edge: Edge, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(edge.url).port), '127.0.0.1', () => socket.write(text));
    let reply = '';
    socket.on('data', (chunk) => {
      reply += chunk;
    });
    socket.on('close', () => resolve(reply));
    socket.on('error', (error) => (reply === '' ? reject(error) : resolve(reply)));
  });
}
