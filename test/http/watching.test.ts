/** What operators see: metrics, log lines, Server-Timing, and the probes while the database is away. */
import { beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../control-plane/app.ts';
import { loadConfig } from '../../control-plane/config.ts';
import { createLog } from '../../control-plane/http/log.ts';
import type { Principal } from '../../control-plane/model/principal.ts';
import { startApp, startAppOn, type TestApp } from '../support/app.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { monk } from '../support/monk.ts';
import { principal, tokenFor } from '../support/principal.ts';

let database: TestDatabase;
let app: TestApp;
let tenant: string;
let root: Principal;

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('acme');
  root = principal(tenant, 'boss', { access: 'root', sudo: true });
  await monk(app, root).define('letters', {
    status: 'active',
    columns: [{ column_name: 'to', type: 'text' }],
  });
});

/** Series of a scrape, by name and labels. */
async function scrape(of: TestApp = app): Promise<ReadonlyMap<string, number>> {
  const { text } = await of.request('GET', '/metrics');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

/** How much a series has grown while work was done. */
async function growth(work: () => Promise<unknown>, of = app): Promise<(name: string) => number> {
  const before = await scrape(of);
  await work();
  const after = await scrape(of);
  return (name) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
}

const read = (query = '') => app.request('GET', `/api/data/letters${query}`, { as: root });

describe('metrics', () => {
  it('count what a request took: look-ups, plans, statements, waits, the request itself', async () => {
    await read();
    const grown = await growth(() => Promise.all([read(), read('?limit=1')]));
    expect(grown('rowhouse_catalog_lookups_total{result="hit"}')).toBeGreaterThanOrEqual(2);
    expect(grown('rowhouse_catalog_lookups_total{result="read"}')).toBe(0);
    expect(grown('rowhouse_plans_total{kind="read"}')).toBe(2);
    expect(grown('rowhouse_prepared_statements_total{how="reused"}')).toBeGreaterThanOrEqual(1);
    expect(
      grown('rowhouse_statement_duration_seconds_count{outcome="done"}'),
    ).toBeGreaterThanOrEqual(2);
    expect(grown('rowhouse_pool_wait_seconds_count{pool="data"}')).toBeGreaterThanOrEqual(2);
    const labels = 'dialect="monk",route="/api/data/:schema",method="GET",status="200"';
    expect(grown(`rowhouse_http_request_duration_seconds_count{${labels}}`)).toBe(2);
  });

  it('count what failed in Postgres, and what was done again because of a definition', async () => {
    const failed = await growth(() =>
      app.request('POST', '/api/data/letters', {
        as: principal(tenant, 'r', { access: 'read' }),
        body: {},
      }),
    );
    expect(failed('rowhouse_statement_duration_seconds_count{outcome="failed"}')).toBeGreaterThan(
      0,
    );
    const other = await startApp(database);
    await other.request('GET', '/api/data/letters', { as: root });
    await monk(app, root).define(`more_${Date.now()}`, {});
    const again = await growth(
      () => other.request('GET', '/api/data/letters', { as: root }),
      other,
    );
    expect(again('rowhouse_retries_total{reason="definition"}')).toBe(1);
    expect(again('rowhouse_catalog_lookups_total{result="read"}')).toBe(1);
  });

  it('tell of the process: memory, processor time, lag of its event loop', async () => {
    const names = [...(await scrape()).keys()].map((name) => name.split('{')[0]);
    for (const name of [
      'process_resident_memory_bytes',
      'process_cpu_seconds_total',
      'nodejs_eventloop_lag_seconds',
      'nodejs_eventloop_lag_p99_seconds',
      'rowhouse_http_requests_in_flight',
      'rowhouse_pool_connections',
    ]) {
      expect(names).toContain(name);
    }
    // The scrape itself is the only request that is there.
    expect((await scrape()).get('rowhouse_http_requests_in_flight')).toBe(1);
  });

  it('have no label that a request can choose, so that their number is bounded', async () => {
    const marks = ['mark1', 'mark2', 'mark3'];
    for (const mark of marks) {
      await app.request('GET', `/api/data/${mark}`, { as: root });
      await app.request('GET', `/${mark}`, { as: root });
      await app.request('GET', `/api/data/letters/${mark}`, { as: root });
      await app.request('GET', '/api/data/letters', { token: mark });
      await app.request('GET', `/v3/pgrest/data/${mark}`, { as: root });
      await app.request('GET', '/health', { headers: { 'x-tenant': mark } });
    }
    const first = await scrape();
    const more = 'mark4';
    await app.request('GET', `/api/data/${more}`, { as: root });
    await app.request('GET', `/${more}`, { as: root });
    const second = await scrape();
    expect([...second.keys()].filter((name) => /mark/.test(name) || name.includes(tenant))).toEqual(
      [],
    );
    const own = (series: ReadonlyMap<string, number>) =>
      [...series.keys()].filter((name) => name.startsWith('rowhouse_'));
    expect(own(second)).toEqual(own(first));
  });
});

/** The application with a log of its own, at the level that servers have. */
async function logging(work: (request: TestApp['request']) => Promise<void>) {
  const lines: Record<string, unknown>[] = [];
  const log = createLog({ write: (line: string) => void lines.push(JSON.parse(line)) });
  const config = loadConfig({
    env: {
      DATABASE_URL: database.url,
      ROWHOUSE_JWT_SECRET: app.secret,
      PORT: '0',
      HOST: '127.0.0.1',
    },
    cwd: '/nonexistent',
  });
  const server = createApp(config, { log });
  const { url } = await server.listen();
  const request: TestApp['request'] = async (method, path, { as, body, headers = {} } = {}) => {
    const token = as && (await tokenFor(as, app.secret));
    const reply = await fetch(url + path, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        'content-type': 'application/json',
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return {
      status: reply.status,
      headers: reply.headers,
      text: await reply.text(),
      body: undefined,
    };
  };
  await work(request);
  await server.close();
  return lines;
}

describe('log lines', () => {
  it('tell who asked for what, with the hash of the statement and milliseconds', async () => {
    const lines = await logging(async (request) => {
      const headers = { 'x-request-id': 'my-request' };
      const to = (name: string) => encodeURIComponent(JSON.stringify({ to: name }));
      await request('GET', `/api/data/letters?where=${to('ada')}`, { as: root, headers });
      await request('GET', `/api/data/letters?where=${to('bob')}`, { as: root });
      await request('GET', '/api/data/letters?order=to', { as: root });
    });
    const [first, second, third] = lines.filter(({ msg }) => msg === 'request');
    expect(first).toMatchObject({
      rid: 'my-request',
      tenant,
      sub: 'boss',
      method: 'GET',
      route: '/api/data/:schema',
      names: { schema: 'letters' },
      status: 200,
      statements: 1,
    });
    for (const key of ['ms', 'db']) expect(typeof first?.[key]).toBe('number');
    expect(first?.['statement']).toMatch(/^r[\w-]{32}$/);
    // The hash is of the text: operands are no part of it, conditions and order are.
    expect(second?.['statement']).toBe(first?.['statement']);
    expect(third?.['statement']).not.toBe(first?.['statement']);
  });

  it('hold no value: no key of a row, condition, body, token, nor what Postgres quotes', async () => {
    const secret = 'ada@secret.example';
    const lines = await logging(async (request) => {
      const as = root;
      await request('GET', `/api/data/letters/${encodeURIComponent(secret)}`, { as });
      const where = encodeURIComponent(JSON.stringify({ to: secret }));
      await request('GET', `/api/data/letters?where=${where}`, { as });
      await request('POST', '/api/data/letters', { as, body: { to: secret } });
      await request('POST', '/api/data/letters', { as, body: { id: secret } });
      await request('GET', `/nowhere/${secret}`, { as });
      await request('POST', '/auth/login', {
        body: { tenant, username: secret, password: secret },
      });
    });
    expect(lines).toHaveLength(6);
    expect(JSON.stringify(lines)).not.toMatch(/secret|eyJ/);
  });

  it('of a fault in Postgres have its place and no value', () => {
    const lines: string[] = [];
    const log = createLog({ write: (line: string) => void lines.push(line) });
    const fault = Object.assign(new Error('duplicate key "hush"'), {
      code: '23505',
      severity: 'ERROR',
      detail: 'Key (email)=(hush) exists',
      where: 'SQL statement "select hush"',
      constraint: 'letters_email',
    });
    log.error({ err: new Error('it broke', { cause: fault }) }, 'refused');
    expect(lines.join()).toContain('letters_email');
    expect(lines.join()).toContain('it broke');
    expect(lines.join()).not.toContain('hush');
  });
});

/** A list that callers without a token may read. */
async function openToAnybody() {
  const make = async (path: string, body: object): Promise<void> => {
    const reply = await app.request('POST', path, { as: root, body });
    expect(reply.status, reply.text).toBeLessThan(300);
  };
  const shop = '/api/apps/shop';
  await make('/api/apps', { name: 'Shop', settings: { allow_anonymous: true } });
  const fields = [
    { name: 'id', type: 'integer' },
    { name: 'title', type: 'string' },
  ];
  await make(`${shop}/datatables`, { name: 'books', json_schema: { fields } });
  await make(`${shop}/datatables/books/data`, { title: 'Emma' });
  const rule = { actions: ['read'], effect: 'EFFECT_ALLOW', roles: ['anonymous'] };
  const resourcePolicy = { resource: 'datatable:books', version: 'default', rules: [rule] };
  await make(`${shop}/policies`, { apiVersion: 'api.cerbos.dev/v1', resourcePolicy });
  return app.request('GET', `${shop}/datatables/books/data`, { headers: { 'x-tenant': tenant } });
}

describe('Server-Timing', () => {
  it('tells the parts of a success in whole milliseconds', async () => {
    const told = (await read()).headers.get('server-timing') ?? '';
    expect(told).toMatch(/^auth;dur=\d+, plan;dur=\d+, wait;dur=\d+, db;dur=\d+, total;dur=\d+$/);
    const parts = Object.fromEntries(
      [...told.matchAll(/(\w+);dur=(\d+)/g)].map(([, name, ms]) => [name, Number(ms)]),
    );
    // Each is rounded by itself.
    expect(Number(parts['db'])).toBeLessThanOrEqual(Number(parts['total']) + 1);
  });

  it('tells nothing of a refusal, nor of what nobody has signed in to', async () => {
    const missing = '/api/data/letters/0198f3a2-0000-7000-8000-000000000001';
    const refused = await app.request('GET', missing, { as: root });
    expect([refused.status, refused.headers.get('server-timing')]).toEqual([404, null]);
    const body = { tenant, username: 'x', password: 'y' };
    const open = await openToAnybody();
    expect([open.status, open.text.includes('Emma')]).toEqual([200, true]);
    for (const reply of [
      open,
      await app.request('POST', '/auth/login', { body }),
      await app.request('GET', '/api/data/letters', { token: 'bad' }),
      await app.request('GET', '/health'),
    ]) {
      expect(reply.headers.get('server-timing')).toBeNull();
    }
  });
});

describe('while the database is away', () => {
  it('the process says that it runs, and is not ready, and the pages are there', async () => {
    const away = await startAppOn('postgres://nobody@127.0.0.1:1/none', app.secret);
    database.onClose(() => away.close());
    expect((await away.request('GET', '/health')).body).toEqual({ status: 'ok' });
    const ready = await away.request('GET', '/ready');
    expect(ready.status).toBe(503);
    expect(ready.headers.get('retry-after')).toBe('1');
    expect(ready.body).toMatchObject({ status: 'unavailable', reason: expect.any(String) });
    expect(ready.text).not.toMatch(/127\.0\.0\.1|nobody|ECONN/);
    expect((await away.request('GET', '/metrics')).status).toBe(200);
    expect((await away.request('GET', '/openapi.json')).status).toBe(200);
    expect((await away.request('GET', '/docs')).status).toBe(200);
    const data = await away.request('GET', '/api/data/letters', { as: root });
    expect([data.status, data.headers.get('retry-after')]).toEqual([503, '1']);
  });
});
