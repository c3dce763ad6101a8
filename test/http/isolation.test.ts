/** Two tenants with equal names for everything never meet: not in data, caches, errors, ids or statistics. */
import format from 'pg-format';
import { beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createLogin } from '../support/logins.ts';
import { type Monk, monk } from '../support/monk.ts';
import { principal, tokenFor } from '../support/principal.ts';
import { attempt, codeOf, withClient } from '../support/sql.ts';

const key = '00000000-0000-7000-8000-000000000001';

let database: TestDatabase;
let app: TestApp;
let one: string;
let two: string;
let first: Monk;
let second: Monk;

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  one = await app.createTenant('one');
  two = await app.createTenant('two');
  first = monk(app, principal(one, 'boss', { access: 'root', sudo: true }));
  second = monk(app, principal(two, 'boss', { access: 'root', sudo: true }));
  // The same names everywhere; only the second tenant's secret column differs in type and rule.
  await first.define('item', {
    status: 'active',
    columns: [
      { column_name: 'code', type: 'text', unique: true, tracked: true },
      { column_name: 'amount', type: 'integer' },
    ],
  });
  await second.define('item', {
    status: 'active',
    columns: [
      { column_name: 'code', type: 'text', unique: true, tracked: true },
      { column_name: 'amount', type: 'text', maximum: 5 },
    ],
  });
});

describe('data', () => {
  it('equal keys and equal unique values live side by side', async () => {
    await first.create('item', [{ id: key, code: 'A', amount: 1, access_read: ['ann'] }]);
    await second.create('item', [{ id: key, code: 'A', amount: 'one' }]);
    expect(await first.find('item', { select: ['code', 'amount'] })).toEqual([
      { code: 'A', amount: 1 },
    ]);
    expect(await second.find('item', { select: ['code', 'amount'] })).toEqual([
      { code: 'A', amount: 'one' },
    ]);
  });

  it('a write in one leaves the other alone, history included', async () => {
    expect((await first.send('PUT', `/api/data/item/${key}`, { code: 'B' })).status).toBe(200);
    const other = await second.send('GET', `/api/data/item/${key}`);
    expect((other.body as { data: { code: string } }).data.code).toBe('A');
    const history = await second.send('GET', `/api/history/item/${key}`);
    expect((history.body as { data: unknown[] }).data).toHaveLength(1);
    await first.send('PUT', `/api/data/item/${key}`, { code: 'A' });
  });

  it('access lists of one say nothing in the other', async () => {
    const ann = (tenant: string) => monk(app, principal(tenant, 'ann', { access: 'read' }));
    expect(await ann(one).ids('item', {})).toEqual([key]);
    expect(await ann(two).ids('item', {})).toEqual([key]);
    await second.send('PUT', `/api/acls/item/${key}`, { access_read: ['bob'] });
    expect(await ann(one).ids('item', {})).toEqual([key]);
    expect(await ann(two).ids('item', {})).toEqual([]);
    await second.send('DELETE', `/api/acls/item/${key}`);
  });
});

describe('caches', () => {
  it('alternating requests of both tenants are planned with their own definitions', async () => {
    for (let round = 0; round < 10; round += 1) {
      const [left, right] = await Promise.all([
        first.send('POST', '/api/find/item', { where: { amount: { $gte: 1 } } }),
        second.send('POST', '/api/find/item', { where: { amount: { $gte: 'a' } } }),
      ]);
      expect((left.body as { count: number }).count).toBe(1);
      expect((right.body as { count: number }).count).toBe(1);
      const wrong = await first.send('POST', '/api/find/item', { where: { amount: 'a' } });
      expect(wrong.status).toBe(400);
    }
  });

  it('a definition in one is in force at once there and nowhere else', async () => {
    await first.send('POST', '/api/describe/item/extra', { type: 'text' });
    expect((await first.send('POST', '/api/find/item', { where: { extra: null } })).status).toBe(
      200,
    );
    expect((await second.send('POST', '/api/find/item', { where: { extra: null } })).status).toBe(
      400,
    );
    await first.send('DELETE', '/api/describe/item/extra');
    expect((await first.send('POST', '/api/find/item', { where: { extra: null } })).status).toBe(
      400,
    );
  });
});

describe('errors', () => {
  it('name the tenant’s own things only', async () => {
    const clash = await second.send('POST', '/api/data/item', { code: 'A', amount: 'x' });
    expect(clash.status).toBe(409);
    for (const reply of [
      clash,
      await second.send('POST', '/api/data/item', { code: 'Z', amount: 'too long' }),
      await second.send('GET', '/api/data/nothing'),
      await second.send('GET', '/api/data/item/no-such-id'),
    ]) {
      expect(reply.text).not.toContain(one);
      expect(reply.text).not.toContain(`t_${two}`);
    }
  });

  it('a tenant that exists and one that does not look the same to a stranger', async () => {
    const token = await tokenFor(principal(one, 'ann'), app.secret);
    const replies = [two, 'never-made', '../../etc', `${one} `, one.toUpperCase()].map((tenant) =>
      app.request('GET', '/api/data/item', { token, headers: { 'x-tenant': tenant } }),
    );
    const [real, ...others] = await Promise.all(replies);
    expect(real?.status).toBe(403);
    for (const other of others.filter((reply) => reply.status !== 200)) {
      expect([other.status, other.text]).toEqual([real?.status, real?.text]);
    }
  });
});

describe('ids', () => {
  it('count per tenant: what one makes moves nothing in the other', async () => {
    const read = async (tenant: string) => {
      const found = await database.admin.query<{ relations: number; acls: number }>(
        format(
          `select (select last_relation from control.tenants where slug = %L) as relations,
                  (select count(*)::int from %I._rowhouse_acls) as acls`,
          tenant,
          `t_${tenant}`,
        ),
      );
      return found.rows[0];
    };
    const before = await read(two);
    await first.define('another', { status: 'active', columns: [] });
    await first.create('item', [{ code: 'L', amount: 2, access_read: ['a', 'b', 'c'] }]);
    expect(await read(two)).toEqual(before);
  });

  it('a history entry of one is no entry of the other', async () => {
    const mine = await first.send('GET', `/api/history/item/${key}`);
    const [entry] = (mine.body as { data: { change_id: number }[] }).data;
    const own = await second.send('GET', `/api/history/item/${key}`);
    const ids = (own.body as { data: { change_id: number }[] }).data.map((each) => each.change_id);
    if (entry !== undefined && !ids.includes(entry.change_id)) {
      const reply = await second.send('GET', `/api/history/item/${key}/${entry.change_id}`);
      expect(reply.status).toBe(404);
    }
  });
});

describe('plain SQL', () => {
  it('a login role of one sees nothing of the other: no rows, no catalog, no statistics', async () => {
    await database.admin.query('analyze');
    const url = await createLogin(database, 'pat', principal(one, 'pat', { access: 'root' }));
    await withClient(url, async (client) => {
      const foreign = (name: string) => format('%I.%I', `t_${two}`, name);
      for (const text of [
        `select * from ${foreign('item')}`,
        `insert into ${foreign('item')} (code) values ('x')`,
        `update ${foreign('item')} set code = 'x'`,
        `delete from ${foreign('item')}`,
        `select * from ${foreign('_rowhouse_acls')}`,
        `select * from ${foreign('_rowhouse_principals')}`,
        `select * from ${foreign('_rowhouse_verdicts')}`,
        `select * from ${foreign('_rowhouse_history')}`,
        `select ${foreign('_rowhouse_readable')}()`,
        `select ${foreign('_rowhouse_acl')}('{}','{}','{}','{}','{}','{}')`,
        `select ${foreign('access_of')}('item', '${key}')`,
        `select '${foreign('item')}'::regclass`,
        `set role ${format.ident(`t_${two}`)}`,
      ]) {
        expect(await codeOf(client, text), text).toMatch(/^(42501|3F000|22023|RH\d\d\d)$/);
      }
      const seen = await attempt(
        client,
        `select tablename, most_common_vals::text from pg_stats where schemaname = $1`,
        [`t_${two}`],
      );
      expect(seen).toMatchObject({ ok: true, rows: [] });
    });
  });

  it('equal login principals of both tenants see their own rows', async () => {
    for (const [tenant, name] of [
      [one, 'same_one'],
      [two, 'same_two'],
    ] as const) {
      const url = await createLogin(database, name, principal(tenant, 'same', { access: 'edit' }));
      await withClient(url, async (client) => {
        const rows = await client.query<{ code: string }>(
          format('select code from %I.item order by code', `t_${tenant}`),
        );
        expect(rows.rows).toEqual(tenant === one ? [] : [{ code: 'A' }]);
      });
    }
  });
});

describe('dropping one', () => {
  it('leaves the other whole', async () => {
    const three = await app.createTenant('three');
    const third = monk(app, principal(three, 'boss', { access: 'root', sudo: true }));
    await third.define('item', {
      status: 'active',
      columns: [{ column_name: 'code', type: 'text' }],
    });
    await third.create('item', [{ code: 'C' }]);
    const { tenant: _, ...operator } = principal('', 'operator', { operator: true });
    const reply = await app.request('DELETE', `/admin/tenants/${three}?confirm=${three}`, {
      as: operator,
    });
    expect(reply.status, reply.text).toBeLessThan(300);
    expect((await third.send('GET', '/api/data/item')).status).toBe(401);
    expect(await second.ids('item', {})).toEqual([key]);
    // A new tenant of the old name starts empty: no cached definition comes back.
    await app.createTenant('three');
    expect((await third.send('GET', '/api/data/item')).status).toBe(404);
  });
});
