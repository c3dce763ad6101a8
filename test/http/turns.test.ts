/** Allowances: one count for all processes on a database, whatever the dialect. */
import { beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { principal } from '../support/principal.ts';

let database: TestDatabase;
let one: TestApp;
let two: TestApp;
let free: TestApp;
let tenant: string;

beforeAll(async () => {
  database = await createDatabase();
  free = await startApp(database);
  tenant = await free.createTenant('turns');
  const settings = { ROWHOUSE_RATE_LIMIT: '5/60/2/1' };
  [one, two] = [await startApp(database, settings), await startApp(database, settings)];
});

const person = (sub: string) => principal(tenant, sub, { access: 'root' });

const headersOf = ({ headers }: { readonly headers: Headers }) =>
  ['limit', 'remaining', 'reset'].map((name) => Number(headers.get(`ratelimit-${name}`)));

describe('allowances', () => {
  it('are counted once for two processes, each caller apart', async () => {
    const get = (app: TestApp, sub: string) =>
      app.request('GET', '/api/describe', { as: person(sub) });
    for (let left = 4; left >= 0; left--) {
      const reply = await get(left % 2 ? one : two, 'ann');
      expect(reply.status).toBe(200);
      expect(headersOf(reply).slice(0, 2)).toEqual([5, left]);
    }
    for (const app of [one, two]) {
      const reply = await get(app, 'ann');
      expect(reply.status).toBe(429);
      const [limit, remaining, reset = 0] = headersOf(reply);
      expect([limit, remaining]).toEqual([5, 0]);
      // What was used first is given back first: about a minute from now.
      expect(reset).toBeGreaterThan(50);
      expect(reset).toBeLessThanOrEqual(62);
      expect(Number(reply.headers.get('retry-after'))).toBe(reset);
    }
    expect((await get(one, 'bob')).status).toBe(200);
    const other = await free.request('GET', '/api/describe', { as: person('ann') });
    expect([other.status, other.headers.get('ratelimit-limit')]).toEqual([200, null]);
  });

  it('let no more through than there are when requests come at once', async () => {
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        (at % 2 ? one : two).request('GET', '/api/describe', { as: person('crowd') }),
      ),
    );
    expect(replies.filter(({ status }) => status === 200).length).toBe(5);
    expect(replies.filter(({ status }) => status === 429).length).toBe(15);
  });

  it('give writes a bucket of their own, which a read leaves alone', async () => {
    const write = () =>
      one.request('POST', '/api/data/none', { as: person('carl'), body: [{ a: 1 }] });
    expect((await write()).status).toBe(404);
    expect((await write()).status).toBe(404);
    const refused = await write();
    // Five a minute come back: the next in twelve seconds.
    expect([refused.status, headersOf(refused)[0]]).toEqual([429, 2]);
    expect(headersOf(refused)[2]).toBeGreaterThan(9);
    expect(headersOf(refused)[2]).toBeLessThanOrEqual(12);
    expect((await one.request('GET', '/api/describe', { as: person('carl') })).status).toBe(200);
  });

  it('count callers without a token by address, before anything else is looked at', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 4; n++) {
      const body = { tenant: 'nope', username: 'x', password: 'y' };
      statuses.push((await two.request('POST', '/auth/login', { body })).status);
    }
    expect(statuses.slice(0, 2)).not.toContain(429);
    expect(statuses.slice(2)).toEqual([429, 429]);
  });
});

describe('take_turn', () => {
  const take = async (limits: object[]) => {
    const { rows } = await database.admin.query<{
      t: { allowed: boolean; limit: number; remaining: number; reset: number };
    }>('select rowhouse.take_turn($1) as t', [JSON.stringify(limits)]);
    return rows[0]?.t;
  };

  it('gives a window back as it rolls, a bucket as it fills', async () => {
    // Parts of ten seconds: however slow the test, it takes no part of the window.
    const limits = [{ key: 'w', most: 2, seconds: 600 }];
    expect(await take(limits)).toMatchObject({ allowed: true, remaining: 1 });
    expect(await take(limits)).toMatchObject({ allowed: true, remaining: 0 });
    const refused = await take(limits);
    expect(refused).toMatchObject({ allowed: false });
    // A sixtieth more than the window at most, for the part that is leaving counts in full.
    expect(refused?.reset).toBeGreaterThan(540);
    expect(refused?.reset).toBeLessThanOrEqual(610);
    const key = [Buffer.from('77', 'hex')];
    const age = (seconds: number) =>
      database.admin.query(
        `update control.turns set looked_at = looked_at - $2::float8, parts = (
           select coalesce(jsonb_object_agg((key::bigint - $2::float8 / 10)::bigint, value), '{}') from jsonb_each(parts))
         where key = sha256($1)`,
        [key[0], seconds],
      );
    await age(480);
    expect(await take(limits)).toMatchObject({ allowed: false });
    await age(180);
    expect(await take(limits)).toMatchObject({ allowed: true });
  });

  it('takes none where one is used up, and speaks of the tightest', async () => {
    const [small, large] = [
      { key: 'small', most: 1, seconds: 60 },
      { key: 'large', most: 10, refill: 1 },
    ];
    expect(await take([large, small])).toMatchObject({ allowed: true, limit: 1, remaining: 0 });
    expect(await take([large, small])).toMatchObject({ allowed: false, limit: 1 });
    expect(await take([large])).toMatchObject({ allowed: true, limit: 10, remaining: 8 });
  });

  it("is the gateway's alone", async () => {
    const { rows } = await database.admin.query(
      `select r.rolname from pg_roles as r
       where has_function_privilege(r.oid, 'rowhouse.take_turn(jsonb)', 'execute')
         and not r.rolsuper and r.rolname not in ('rowhouse_owner', 'rowhouse_gateway')`,
    );
    expect(rows).toEqual([]);
  });
});
