/** What a login role finds that isn't its own, with whatever Postgres itself offers it. */
import type pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TestDatabase } from '../support/database.ts';
import { createLogin } from '../support/logins.ts';
import { principal } from '../support/principal.ts';
import { attempt, codeOf, rolledBack, withClient } from '../support/sql.ts';
import { createTenant, one } from './fixture.ts';
import { openOracle, secret, tables } from './oracle-rows.ts';

let database: TestDatabase;
let tenant: string;
let s: string;
let role: string;
let eve: string;
let loginUrl: string;
let hidden: string;

beforeAll(async () => {
  ({ database, tenant, s, eve, loginUrl, hidden } = await openOracle());
  role = s;
});

async function asEve<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  return withClient(loginUrl, (client) => rolledBack(client, () => work(client)));
}

/** The codes of statements, each tried by itself. */
async function codes(statements: readonly string[]): Promise<readonly (readonly string[])[]> {
  return withClient(loginUrl, async (client) => {
    const found: (readonly string[])[] = [];
    for (const text of statements) {
      found.push([text, await rolledBack(client, () => codeOf(client, text))]);
    }
    return found;
  });
}

describe('what belongs to others', () => {
  it('is refused: roles, objects, files, settings, sessions', async () => {
    const statements = [
      `set role rowhouse_owner`,
      `set role rowhouse_gateway`,
      `set session authorization rowhouse_gateway`,
      `alter role "${eve}" createrole`,
      `alter role ${role} set statement_timeout = 1`,
      `alter role rowhouse_gateway password 'mine'`,
      `create schema mine`,
      `create function public.spy() returns integer language sql as 'select 1'`,
      `create operator public.=== (leftarg = integer, rightarg = integer, function = int4eq)`,
      `create domain public.spy as integer`,
      `create cast (integer as boolean) with inout`,
      `create function ${s}.spy() returns integer language sql as 'select 1'`,
      `create table ${s}.mine (a integer)`,
      `create extension dblink`,
      `alter table ${s}.papers owner to "${eve}"`,
      `alter table ${s}.papers no force row level security`,
      `alter table ${s}.papers add column mine text`,
      `create index on ${s}.papers (note)`,
      `create policy mine on ${s}.papers using (true)`,
      `create rule mine as on select to ${s}.papers do instead select 1`,
      `truncate ${s}.papers`,
      `alter function pg_catalog.textlike(text, text) leakproof`,
      `alter function rowhouse.level() security definer`,
      `copy (select 1) to program 'true'`,
      `copy (select 1) to '/tmp/rowhouse'`,
      `select pg_read_file('/etc/passwd')`,
      `select pg_ls_dir('.')`,
      `select lo_import('/etc/passwd')`,
      `select * from pg_authid`,
      `select * from pg_statistic`,
      `select * from pg_largeobject`,
      `select pg_stat_reset()`,
      `set session_replication_role = replica`,
      `set session_preload_libraries = 'auto_explain'`,
      `load 'auto_explain'`,
      `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'postgres'`,
      `do $$ begin execute 'select * from control.logins'; end $$`,
      `do $$ begin execute 'set role rowhouse_owner'; end $$`,
    ];
    expect(await codes(statements)).toEqual(statements.map((text) => [text, '42501']));
  });

  it('can’t be taken from the others of the tenant', async () => {
    const granted = async (): Promise<unknown> =>
      (
        await database.admin.query(
          `select c.relname, c.relacl::text, array_agg(p.polname || p.polroles::text order by p.polname) as policies
           from pg_class as c left join pg_policy as p on p.polrelid = c.oid
           where c.relnamespace = 't_${tenant}'::regnamespace group by c.oid
           union all select 'schema', nspacl::text, null from pg_namespace where nspname = 't_${tenant}'
           union all select proname || oid, proacl::text, null from pg_proc where pronamespace in ('t_${tenant}'::regnamespace, 'rowhouse'::regnamespace)
           order by 1`,
        )
      ).rows;
    const before = await granted();
    await withClient(loginUrl, async (client) => {
      for (const text of [
        `drop owned by current_user`,
        `drop owned by ${role}`,
        `drop owned by ${role} cascade`,
        `drop owned by rowhouse_tenant`,
        `reassign owned by ${role} to "${eve}"`,
        `grant select on ${s}.papers to public`,
        `revoke select on ${s}.papers from ${role}`,
        `revoke usage on schema ${s} from ${role}`,
      ]) {
        await attempt(client, text);
      }
    });
    expect(await granted()).toEqual(before);
  });
});

describe('who asks', () => {
  it('is not told by any setting, block or function', async () => {
    const claims = JSON.stringify({ tenant, sub: 'ann', level: 4, sudo: true, names: ['ann'] });
    for (const text of [
      `set rowhouse.claims = '${claims}'`,
      `set role ${role}; set rowhouse.claims = '${claims}'`,
      `do $$ begin perform pg_catalog.set_config('rowhouse.claims', '${claims}', false); exception when others then null; end $$`,
      `set rowhouse.maintenance = 'on'`,
      `set rowhouse.show = 'deleted'; set rowhouse.intent = 'delete'`,
      `set search_path = pg_temp, pg_catalog`,
      `update pg_settings set setting = '${claims}' where name = 'rowhouse.claims'`,
    ]) {
      await asEve(async (client) => {
        await client.query('savepoint before');
        if (!(await attempt(client, text)).ok) await client.query('rollback to before');
        const seen = await client.query(`select note from ${s}.papers where amount = 7`);
        expect([text, seen.rows]).toEqual([text, []]);
        const who = await one(client, 'select (rowhouse.principal()).sub as sub');
        expect([text, who]).toEqual([text, { sub: 'eve' }]);
      });
    }
  });
});

describe('another tenant', () => {
  it('is let in by no login, and learns nothing where an operator has done so', async () => {
    const other = await createTenant(database, 'guest', tables);
    const guest = database.slug('guest');
    const guestUrl = await createLogin(
      database,
      'guest',
      principal(other, 'ann', { access: 'root', roles: ['PGREST_ADMIN'] }),
    );
    await database.admin.query(`insert into ${s}.shared (note) values ('${secret}')`);
    const code = await withClient(loginUrl, (client) =>
      codeOf(client, `grant "${eve}" to "${guest}"`),
    );
    expect(code).toBe('42501');
    await database.admin.query(`grant "${eve}" to "${guest}"`);
    await withClient(guestUrl, async (client) => {
      for (const table of ['papers', 'objects', 'shared', 'pages', '_rowhouse_history']) {
        const text = `select * from ${s}.${table}`;
        const seen = await attempt(client, text);
        if (seen.ok) expect([text, seen.rows]).toEqual([text, []]);
        else expect([text, seen.code]).toEqual([text, '42501']);
        const write = await codeOf(client, `insert into ${s}.${table} default values`);
        expect([table, write]).toEqual([table, expect.stringMatching(/^(42501|RH30\d)$/)]);
      }
      expect(await codeOf(client, `select ${s}.share('papers', '${hidden}')`)).toMatch(
        /^(42501|RH302)$/,
      );
    });
    await database.admin.query(`revoke "${eve}" from "${guest}"`);
  });
});
