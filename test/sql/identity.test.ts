import { beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { installInto } from '../support/install.ts';
import { createLogin } from '../support/logins.ts';
import { principal } from '../support/principal.ts';
import { asBareGateway, asGateway, attempt, codeOf, withClient } from '../support/sql.ts';
import { createTenant } from './fixture.ts';

let database: TestDatabase;
let tenant: string;
let other: string;
let loginUrl: string;
let login: string;

const who = 'select * from rowhouse.principal()';

beforeAll(async () => {
  database = await createDatabase();
  tenant = await createTenant(database, 'one');
  other = await createTenant(database, 'two');
  login = database.slug('reader');
  loginUrl = await createLogin(
    database,
    'reader',
    principal(tenant, 'ann', { access: 'edit', roles: ['r2', 'r1'], orgs: ['o1'] }),
  );
  // Privileges of a database are not copied from its template.
  await installInto(database.url, database.secret);
});

describe('who asks', () => {
  it('is what the claims say in a gateway session', async () => {
    const ann = principal(tenant, 'ann', { access: 'full', roles: ['boss'], sudo: true });
    const { rows } = await asGateway(database, ann, (client) => client.query(who));
    expect(rows[0]).toMatchObject({
      tenant,
      sub: 'ann',
      names: ['ann', 'boss'],
      level: 3,
      sudo: true,
      rid: 'test-request',
    });
  });

  it('is what the binding says in a login session, whatever is set', async () => {
    await withClient(loginUrl, async (client) => {
      const before = await client.query(who);
      expect(before.rows[0]).toMatchObject({ tenant, sub: 'ann', level: 2, sudo: false });
      expect(before.rows[0]).toMatchObject({ names: ['ann', 'o1', 'r1', 'r2'] });
      const forged = JSON.stringify({ tenant, sub: 'root', names: ['root'], level: 4, sudo: true });
      await client.query(`set rowhouse.claims = '${forged}'`);
      await client.query(`set rowhouse.show = 'deleted'`);
      expect((await client.query(who)).rows).toEqual(before.rows);
      const { rows } = await client.query(`select rowhouse.shows('deleted') as shows`);
      expect(rows[0]).toEqual({ shows: false });
    });
  });

  it('stays what it is after set role, and no other role can be taken', async () => {
    await withClient(loginUrl, async (client) => {
      await client.query(`set role "t_${tenant}"`);
      expect((await client.query(who)).rows[0]).toMatchObject({ sub: 'ann', level: 2 });
      await client.query('reset role');
      for (const role of ['rowhouse_gateway', 'rowhouse_owner', `"t_${other}"`, 'postgres']) {
        expect(await codeOf(client, `set role ${role}`)).toBe('42501');
        expect(await codeOf(client, `set session authorization ${role}`)).toBe('42501');
      }
    });
  });

  it('is nobody for a login role without a binding', async () => {
    const name = database.slug('stray');
    await database.admin.query(`create role "${name}" login password 'x' in role "t_${tenant}"`);
    await withClient(database.urlAs(name, 'x'), async (client) => {
      expect((await client.query(who)).rows[0]).toMatchObject({ tenant: null, level: 0 });
      expect((await client.query(`select * from "t_${tenant}".docs`)).rows).toEqual([]);
      expect(await codeOf(client, `insert into "t_${tenant}".docs (title) values ('x')`)).toBe(
        '42501',
      );
    });
  });

  it('has its level lowered to that of its account, and loses sudo below full', async () => {
    const { rows } = await database.admin.query<{ id: string }>(
      `insert into control.accounts (tenant_id, username, name, access)
       select id, 'ann', 'Ann', 1 from control.tenants where slug = $1 returning id`,
      [tenant],
    );
    const ann = principal(tenant, rows[0]?.id ?? '', { access: 'root', sudo: true });
    const seen = await asGateway(database, ann, (client) => client.query(who));
    expect(seen.rows[0]).toMatchObject({ level: 1, sudo: false });
  });
});

describe('set_config', () => {
  it('is not there for login roles', async () => {
    await withClient(loginUrl, async (client) => {
      expect(await codeOf(client, `select set_config('rowhouse.claims', '{}', false)`)).toBe(
        '42501',
      );
    });
  });

  it('is not there for statements of a request either', async () => {
    const code = await asGateway(database, principal(tenant, 'ann'), (client) =>
      codeOf(client, `select set_config('rowhouse.claims', '{}', true)`),
    );
    expect(code).toBe('42501');
  });
});

describe('enter', () => {
  const call = 'select rowhouse.enter($1, $2, $3, $4, $5)';

  it('is the gateway’s alone', async () => {
    await withClient(loginUrl, async (client) => {
      expect(await codeOf(client, call, [tenant, '1', '{}', 'live', 'edit'])).toBe('42501');
    });
  });

  it('refuses an old catalog version, an inactive tenant and claims of another', async () => {
    const { rows } = await database.admin.query<{ version: string }>(
      'select version::text from control.tenants where slug = $1',
      [tenant],
    );
    const version = rows[0]?.version;
    const claims = (slug: string): string =>
      JSON.stringify({ tenant: slug, sub: 'a', names: ['a'], level: 4 });
    await asBareGateway(database, async (client) => {
      const code = (slug: string, at: string | undefined, text: string) =>
        codeOf(client, call, [slug, at, text, 'live', 'edit']);
      expect(await code(tenant, version, claims(tenant))).toBe('done');
      expect(await code(tenant, '0', claims(tenant))).toBe('RH603');
      expect(await code(tenant, version, claims(other))).toBe('RH302');
      expect(await code('nowhere', '1', claims('nowhere'))).toBe('RH302');
      await database.admin.query(
        `update control.tenants set status = 'inactive' where slug = '${tenant}'`,
      );
      expect(await code(tenant, version, claims(tenant))).toBe('RH302');
      await database.admin.query(
        `update control.tenants set status = 'active' where slug = '${tenant}'`,
      );
    });
  });

  it('ends with its transaction, on error too', async () => {
    await asBareGateway(database, async (client) => {
      for (const last of ['commit', 'rollback']) {
        await client.query('begin');
        await client.query(call, [
          tenant,
          (
            await database.admin.query(`select version from control.tenants where slug = $1`, [
              tenant,
            ])
          ).rows[0].version,
          JSON.stringify({ tenant, sub: 'a', names: ['a'], level: 4 }),
          'live',
          'edit',
        ]);
        const inside = await client.query('select current_user as role');
        expect(inside.rows[0]).toEqual({ role: `t_${tenant}` });
        await attempt(client, last === 'commit' ? 'select 1' : 'select 1/0');
        await client.query(last);
        const { rows } = await client.query(
          `select current_user as role, (rowhouse.principal()).sub`,
        );
        expect(rows[0]).toEqual({ role: 'rowhouse_gateway', sub: null });
      }
    });
  });
});

describe('a login role', () => {
  it('reads nothing of control and nothing of another tenant', async () => {
    await withClient(loginUrl, async (client) => {
      expect(await codeOf(client, 'select * from control.tenants')).toBe('42501');
      expect(await codeOf(client, 'select * from control.logins')).toBe('42501');
      expect(await codeOf(client, `select * from "t_${other}".docs`)).toBe('42501');
      expect(await codeOf(client, `select "t_${other}"._rowhouse_readable()`)).toBe('42501');
    });
  });

  it('gets zero verdicts from another tenant’s functions even as a member by mistake', async () => {
    await database.admin.query(`grant "t_${other}" to "${login}"`);
    await database.admin.query(
      `insert into "t_${other}".docs (title, _xact) values ('theirs', pg_current_xact_id())`,
    );
    await withClient(loginUrl, async (client) => {
      const { rows } = await client.query(
        `select bit_count("t_${other}"._rowhouse_readable())::int as ones,
           (select count(*)::int from "t_${other}".docs) as docs`,
      );
      expect(rows[0]).toEqual({ ones: 0, docs: 0 });
      expect(await codeOf(client, `insert into "t_${other}".docs (title) values ('x')`)).toBe(
        '42501',
      );
    });
    await database.admin.query(`revoke "t_${other}" from "${login}"`);
  });

  it('can create nothing that shadows: no schema, table, temporary table, function or operator', async () => {
    await withClient(loginUrl, async (client) => {
      for (const statement of [
        'create schema mine',
        'create table public.t (a int)',
        `create table "t_${tenant}".t (a int)`,
        'create temporary table docs (a int)',
        'create domain pg_temp.text as pg_catalog.text',
        `create function public.f() returns int language sql as 'select 1'`,
        `create function pg_temp.f() returns int language sql as 'select 1'`,
        `create view "t_${tenant}".v as select 1`,
        `create operator public.&& (leftarg = int[], rightarg = int[], function = pg_catalog.arrayoverlap)`,
      ]) {
        expect([statement, await codeOf(client, statement)]).toEqual([statement, '42501']);
      }
    });
  });
});
