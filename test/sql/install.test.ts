import pg from 'pg';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { tenantSchema } from '../../control-plane/compile/names.ts';
import { doctor } from '../../control-plane/pg/doctor.ts';
import { install } from '../../control-plane/pg/install.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { gatewayPassword, principal } from '../support/principal.ts';
import { asGateway, attempt, withClient } from '../support/sql.ts';
import { createTenant, one } from './fixture.ts';

let database: TestDatabase;
let options: { gatewayPassword: string };

beforeAll(async () => {
  database = await createDatabase();
  options = { gatewayPassword: gatewayPassword(database.secret) };
});

const unchanged = { migrations: [], modules: [], tenants: [], leakproof: [], password: false };

describe('install', () => {
  it('changes nothing the second time', async () => {
    await install(database.url, options);
    expect(await install(database.url, options)).toEqual({ ...unchanged, superuser: true });
  });

  it('goes well from several processes at once', async () => {
    const name = database.slug('parallel');
    await database.admin.query(`create database "${name}"`);
    const url = new URL(database.url);
    url.pathname = `/${name}`;
    try {
      const reports = await Promise.all([1, 2, 3].map(() => install(url.href, options)));
      expect(reports.filter(({ migrations }) => migrations.length > 0)).toHaveLength(1);
      expect(await doctor(url.href)).toEqual(
        expect.not.arrayContaining([expect.objectContaining({ ok: false })]),
      );
    } finally {
      await database.admin.query(`drop database "${name}" with (force)`);
    }
  });

  it('makes the functions of older tenants anew and forgets their stored verdicts', async () => {
    const slug = await createTenant(database, 'old');
    const s = `"${tenantSchema(slug)}"`;
    await database.admin.query(
      `create or replace function ${s}.acl(read text[] default null, edit text[] default null, "full" text[] default null,
         "delete" text[] default null, deny text[] default null, authors text[] default null)
       returns integer language sql volatile as 'select -1';
       insert into ${s}._rowhouse_verdicts values ('k', 'read', 1, '1');
       update control.tenants set generated = 'older' where slug = '${slug}'`,
    );
    const report = await install(database.url, options);
    expect(report).toMatchObject({ modules: [], tenants: [slug] });
    expect(
      await one(database.admin, `select count(*)::int as n from ${s}._rowhouse_verdicts`),
    ).toEqual({ n: 0 });
    await asGateway(database, principal(slug, 'ann'), async (client) => {
      expect(await one(client, `select ${s}.acl() as acl`)).toEqual({ acl: 0 });
    });
  });

  it('installs changed modules again', async () => {
    await database.admin.query(
      `update control.modules set sha256 = 'x' where name = 'sql/modules/40-guards.sql'`,
    );
    expect((await install(database.url, options)).modules).toEqual(['sql/modules/40-guards.sql']);
  });

  it('leaves nothing of the session behind', async () => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const state = () =>
      one(client, `select current_user as role, current_setting('search_path') as path`);
    const before = await state();
    await install(client, options);
    expect(await state()).toEqual(before);
    await client.end();
  });
});

describe('doctor', () => {
  it('finds nothing in a fresh database with tenants', async () => {
    await createTenant(database, 'well');
    await install(database.url, options);
    expect((await doctor(database.url)).filter(({ ok }) => !ok)).toEqual([]);
  });

  it.each([
    ['row-security', (s: string) => `alter table ${s}.docs no force row level security`],
    ['public-privileges', () => 'grant execute on function rowhouse.level() to public'],
    ['triggers', (s: string) => `alter table ${s}.docs disable trigger _500_stamp`],
    ['acl-numbers', (s: string) => `drop trigger _250_acl on ${s}.docs`],
    [
      'set-config',
      () => 'grant execute on function pg_catalog.set_config(text, text, boolean) to public',
    ],
    [
      'shared-functions',
      () => 'grant execute on function pg_catalog.pg_advisory_lock(bigint) to public',
    ],
    ['staging', () => `revoke temporary on database "${database.name}" from rowhouse_gateway`],
    ['leakproof', () => 'alter function pg_catalog.ts_match_vq(tsvector, tsquery) not leakproof'],
    [
      'parallel',
      () => 'alter function pg_catalog.pg_current_xact_id_if_assigned() parallel unsafe',
    ],
    ['modules', () => 'delete from control.modules'],
    ['migrations', () => 'delete from control.pgmigrations'],
    ['search-path', () => 'alter function rowhouse.principal() reset search_path'],
  ])('finds a fault of: %s', async (name, offend) => {
    const schema = `"${tenantSchema(await createTenant(database, `ill-${name}`))}"`;
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query('begin');
    await client.query(offend(schema));
    const findings = await doctor(client);
    await client.query('rollback');
    await client.end();
    expect(findings.filter(({ ok }) => !ok).map((found) => found.name)).toContain(name);
  });
});

describe('without a superuser', () => {
  it('is refused with a clear word where another role made rowhouse_owner', async () => {
    const name = database.slug('plain');
    await database.admin.query(`create role "${name}" login createrole createdb password 'x'`);
    await database.admin.query(`create database "${name}" owner "${name}"`);
    const url = new URL(database.urlAs(name, 'x'));
    url.pathname = `/${name}`;
    try {
      // Postgres 15: CREATEROLE may grant any role; later: only who made it, or was given it.
      const first = install(url.href, options);
      if (inject('cluster').version >= 16) {
        await expect(first).rejects.toThrow('is no member of rowhouse_owner');
      } else await first;
      await database.admin.query(
        `grant rowhouse_owner, rowhouse_gateway, rowhouse_tenant to "${name}" with admin option`,
      );
      const report = await install(url.href, options);
      expect(report).toMatchObject({ superuser: false, leakproof: [] });
      const findings = await doctor(url.href);
      expect(findings.filter(({ level }) => level === 'error')).toEqual([]);
      await withClient(url.href, async (client) => {
        const outcome = await attempt(client, 'select * from control.tenants');
        expect(outcome.ok).toBe(true);
      });
    } finally {
      await database.admin.query(`drop database "${name}" with (force)`);
      await database.admin.query(
        `revoke rowhouse_owner, rowhouse_gateway, rowhouse_tenant from "${name}"`,
      );
    }
  });
});
