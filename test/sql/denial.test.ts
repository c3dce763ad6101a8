/** What a login role could do to stop others: locks on rows it may not see, access lists without end. */
import type pg from 'pg';
import { beforeAll, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createLogin } from '../support/logins.ts';
import { principal } from '../support/principal.ts';
import { asGateway, attempt, codeOf, rolledBack, withClient } from '../support/sql.ts';
import { createTenant, one } from './fixture.ts';

let database: TestDatabase;
let tenant: string;
let s: string;
let hidden: string;
const urls = new Map<string, string>();

beforeAll(async () => {
  database = await createDatabase();
  tenant = await createTenant(database, 'denial');
  s = `"t_${tenant}"`;
  for (const access of ['deny', 'read', 'edit'] as const) {
    urls.set(access, await createLogin(database, access, principal(tenant, access, { access })));
  }
  hidden = await asGateway(
    database,
    principal(tenant, 'ann', { sudo: true }),
    async (client) => {
      const row = await one(
        client,
        `insert into ${s}.docs (title, _acl) values ('hidden', ${s}.acl(full => array['ann'])) returning id`,
      );
      return String(row['id']);
    },
    { commit: true },
  );
});

async function as<T>(who: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  return withClient(urls.get(who) ?? '', (client) => rolledBack(client, () => work(client)));
}

it('sharing a hidden row does not lock it', async () => {
  const { rows } = await database.admin.query<{ id: number }>(
    `select r.id from control.relations as r join control.tenants as t on t.id = r.tenant_id
     where t.slug = $1 and r.name = 'docs'`,
    [tenant],
  );
  for (const who of ['deny', 'edit']) {
    await as(who, async (client) => {
      const call = 'select * from rowhouse.change_access($1, $2, $3, $4, false)';
      const tried = await attempt(client, call, [rows[0]?.id, [hidden], 'merge', '{}']);
      expect(tried).toMatchObject({ ok: true, count: 0 });
      const update = `update ${s}.docs set count = 2 where id = '${hidden}'`;
      await asGateway(database, principal(tenant, 'ann'), async (ann) => {
        await ann.query(`set local lock_timeout = '500ms'`);
        expect(await codeOf(ann, update)).toBe('done');
      });
    });
  }
});

it('a login role cannot use up the connections of all', async () => {
  const { rows } = await database.admin.query(
    'select distinct rolconnlimit from pg_roles where rolname = any ($1)',
    [[...urls.values()].map((url) => new URL(url).username)],
  );
  expect(rows).toEqual([{ rolconnlimit: 40 }]);
});

it('advisory locks and large objects, which belong to no tenant, are not for login roles', async () => {
  for (const call of [
    'pg_advisory_lock(7241109001)',
    'pg_try_advisory_lock(1, 2)',
    'pg_advisory_xact_lock_shared(1)',
    'lo_create(0)',
    'lo_creat(-1)',
    `lo_from_bytea(0, 'x')`,
  ]) {
    await as('edit', async (client) => {
      expect([call, await codeOf(client, `select ${call}`)]).toEqual([call, '42501']);
    });
  }
});

it('making access lists takes the right to give them to a row', async () => {
  for (const [who, code] of [
    ['deny', 'RH303'],
    ['read', 'RH303'],
    ['edit', 'done'],
  ] as const) {
    await as(who, async (client) => {
      await client.query('savepoint s');
      expect([who, await codeOf(client, `select ${s}.acl(read => array['new'])`)]).toEqual([
        who,
        code,
      ]);
      await client.query('rollback to savepoint s');
      // Those that are there answer everyone with their number.
      expect(await codeOf(client, `select ${s}.acl()`)).toBe('done');
    });
  }
});

it('who manages a single row may give it new lists, whatever the level', async () => {
  await asGateway(database, principal(tenant, 'ann', { sudo: true }), async (client) => {
    await client.query(
      `insert into ${s}.docs (title, _acl) values ('shared', ${s}.acl(full => array['deny']))`,
    );
    await client.query('commit');
  });
  await as('deny', async (client) => {
    expect(
      await codeOf(client, `update ${s}.docs set _acl = ${s}.acl(full => array['deny', 'bob'])`),
    ).toBe('done');
  });
});
