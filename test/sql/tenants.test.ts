import { createHmac } from 'node:crypto';
import pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { ServiceError } from '../../control-plane/base/errors.ts';
import { loadCatalog } from '../../control-plane/catalog/load.ts';
import { openPool, type Pool } from '../../control-plane/pg/pool.ts';
import { asOwner } from '../../control-plane/service/owner.ts';
import { createTenants, type Tenants } from '../../control-plane/service/tenants.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { principal } from '../support/principal.ts';
import { withClient } from '../support/sql.ts';

let database: TestDatabase;
let tenants: Tenants;
let ddl: Pool;
let data: Pool;
const forgotten: string[] = [];

beforeAll(async () => {
  database = await createDatabase();
  const settings = { max: 4, statementTimeout: 15_000 };
  const password = createHmac('sha256', database.secret).update('rowhouse_gateway').digest('hex');
  ddl = openPool({ ...settings, connectionString: database.url });
  data = openPool({
    ...settings,
    connectionString: database.urlAs('rowhouse_gateway', password),
  });
  database.onClose(async () => {
    await data.end();
    await ddl.end();
  });
  tenants = createTenants(
    (work) => asOwner(ddl, work),
    (tenant) => forgotten.push(tenant),
  );
});

function create(slug: string, template = 'empty'): Promise<void> {
  return asOwner(ddl, (connection) =>
    tenants.createTenant(connection, { slug, name: slug, template, createdBy: 'test' }),
  );
}

async function kindOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof ServiceError ? error.kind : String(error);
}

describe('tenants', () => {
  test('are made whole or not at all', async () => {
    const slug = database.slug('one');
    await create(slug);
    expect(await kindOf(create(slug))).toBe('tenant_exists');
    expect(await kindOf(create(database.slug('two'), 'none such'))).toBe('row_not_found');
    expect(await kindOf(create('Bad Name'))).toBe('invalid_name');
    const { rows } = await database.admin.query(
      'select slug, to_regnamespace(quote_ident($1)) is null as clean from control.tenants',
      [`t_${database.slug('two')}`],
    );
    expect(rows).toEqual([{ slug, clean: true }]);
  });

  test('dropped and made anew, one has a version its predecessor never had', async () => {
    const slug = database.slug('again');
    await create(slug, 'contacts');
    const before = await data.borrow((client) => loadCatalog(client, slug));
    await tenants.dropTenant(slug, 'test');
    expect(forgotten).toContain(slug);
    expect(await kindOf(data.borrow((client) => loadCatalog(client, slug)))).toBe(
      'tenant_not_found',
    );
    expect(await kindOf(tenants.dropTenant(slug, 'test'))).toBe('tenant_not_found');
    await create(slug);
    const after = await data.borrow((client) => loadCatalog(client, slug));
    expect(after.tables).toEqual([]);
    expect(after.version).toBeGreaterThan(before.version + 1000);
  });

  test('a login is its principal', async () => {
    const slug = database.slug('logins');
    await create(slug, 'contacts');
    const user = database.slug('bob');
    const login = {
      tenant: slug,
      user,
      password: 'secret word',
      principal: { sub: 'bob', roles: ['r'], orgs: ['o'], access: 'read' as const },
    };
    await tenants.createLogin(login);
    expect(await kindOf(tenants.createLogin(login))).toBe('invalid_name');
    const client = new pg.Client({ connectionString: database.urlAs(user, 'secret word') });
    await client.connect();
    try {
      const who = await client.query(
        'select (p).sub, (p).names, (p).level from rowhouse.principal() p',
      );
      expect(who.rows).toEqual([{ sub: 'bob', names: ['bob', 'o', 'r'], level: 1 }]);
      expect((await client.query('select name from contacts')).rows).toEqual([
        { name: 'Ada Example' },
      ]);
      await expect(client.query(`insert into contacts (name) values ('x')`)).rejects.toMatchObject({
        code: '42501',
      });
      await expect(client.query('select * from _rowhouse_grants')).rejects.toMatchObject({
        code: '42501',
      });
    } finally {
      await client.end();
    }
    await tenants.dropTenant(slug, 'test');
    const { rows } = await database.admin.query('select 1 from pg_roles where rolname = $1', [
      user,
    ]);
    expect(rows).toEqual([]);
  });

  test('goes whatever its logins have made for themselves', async () => {
    const slug = database.slug('sticky');
    await create(slug);
    const role = `"t_${slug}"`;
    const people = ['here', 'elsewhere'].map((name) => database.slug(name));
    for (const user of people) {
      await tenants.createLogin({
        tenant: slug,
        user,
        password: 'p',
        principal: principal(slug, user),
      });
    }
    const [here = '', elsewhere = ''] = people;
    await withClient(database.urlAs(here, 'p'), async (client) => {
      await client.query('create temporary table mine (a integer)');
      await client.query(`alter default privileges grant select on tables to ${role}`);
      await client.query(
        `alter default privileges for role ${role} grant select on tables to "${here}"`,
      );
    });
    const other = new URL(database.urlAs(elsewhere, 'p'));
    other.pathname = '/postgres';
    await withClient(other.href, (client) =>
      client.query('alter default privileges grant select on tables to public'),
    );
    await tenants.dropTenant(slug, 'test');
    const { rows } = await database.admin.query(
      `select rolname as name, rolcanlogin as enters from pg_roles
       where rolname = any($1) or starts_with(rolname, $2)`,
      [people, `t_${slug}`],
    );
    // Another database holds it: it is shut.
    expect(rows).toEqual([{ name: elsewhere, enters: false }]);
    other.username = 'postgres';
    other.password = new URL(database.url).password;
    await withClient(other.href, (client) => client.query(`drop owned by "${elsewhere}"`));
  });
});
