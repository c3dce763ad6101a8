/** Every way to become someone else that we could think of, as a login role and as the bare gateway: none works. */
import type pg from 'pg';
import format from 'pg-format';
import { beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createLogin } from '../support/logins.ts';
import { type Monk, monk } from '../support/monk.ts';
import { principal } from '../support/principal.ts';
import { asBareGateway, asGateway, attempt, codeOf, withClient } from '../support/sql.ts';

const open = '00000000-0000-7000-8000-00000000000a';
const hidden = '00000000-0000-7000-8000-00000000000b';

let database: TestDatabase;
let app: TestApp;
let tenant: string;
let other: string;
let boss: Monk;
let url: string;
let doc: string;
let login: string;

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('mine');
  other = await app.createTenant('other');
  boss = monk(app, principal(tenant, 'boss', { access: 'root', sudo: true }));
  await boss.define('doc', { status: 'active', columns: [{ column_name: 'note', type: 'text' }] });
  await boss.create('doc', [
    { id: open, note: 'open' },
    { id: hidden, note: 'hidden', access_full: ['boss'] },
  ]);
  login = database.slug('pat');
  url = await createLogin(database, 'pat', principal(tenant, 'pat', { access: 'read' }));
  doc = format('%I.doc', `t_${tenant}`);
});

const claims = (level: number, sudo: boolean): string =>
  JSON.stringify({
    tenant,
    sub: 'boss',
    names: ['boss'],
    roles: [],
    orgs: [],
    level,
    sudo,
    key: 'forged',
    rid: 'forged',
  });

/** The reader sees one row and may write none; this is what every attempt must leave as it was. */
async function stillNobodyElse(client: pg.Client, after: string): Promise<void> {
  const seen = await attempt(client, `select note from ${doc}`);
  expect(seen, after).toMatchObject({ ok: true, rows: [{ note: 'open' }] });
  for (const text of [
    `update ${doc} set note = 'x'`,
    `delete from ${doc}`,
    `insert into ${doc} (note) values ('forged')`,
  ]) {
    const result = await attempt(client, text);
    const changed = result.ok ? result.count : 0;
    expect(changed, `${text} after ${after}`).toBe(0);
  }
  const really = await database.admin.query(`select note, trashed_at from ${doc} order by id`);
  expect(really.rows, after).toEqual([
    { note: 'open', trashed_at: null },
    { note: 'hidden', trashed_at: null },
  ]);
}

describe('a login role', () => {
  it('is whom it was bound to', async () => {
    await withClient(url, (client) => stillNobodyElse(client, 'nothing'));
  });

  const settings = [
    ['rowhouse.claims', claims(4, true)],
    ['rowhouse.show', 'deleted'],
    ['rowhouse.intent', 'share'],
    ['rowhouse.intent', 'delete'],
    ['session_replication_role', 'replica'],
  ] as const;
  it.each(settings)('gains nothing by SET %s', async (name, value) => {
    await withClient(url, async (client) => {
      await attempt(client, `set ${name} = ${format.literal(value)}`);
      await stillNobodyElse(client, `set ${name}`);
      await client.query('begin');
      await attempt(client, `set local ${name} = ${format.literal(value)}`);
      await client.query('commit');
      await attempt(client, `alter role ${login} set ${name} = ${format.literal(value)}`);
    });
    await withClient(url, (client) => stillNobodyElse(client, `alter role set ${name}`));
    await database.admin.query(`alter role ${login} reset all`);
  });

  it('gains nothing by connection options', async () => {
    for (const options of [
      `-c rowhouse.claims=${claims(4, true).replaceAll(' ', '')}`,
      `-c role=t_${tenant}`,
      '-c search_path=pg_temp,public',
    ]) {
      const address = new URL(url);
      address.searchParams.set('options', options);
      await withClient(address.href, (client) => stillNobodyElse(client, options));
    }
    for (const options of ['-c role=rowhouse_owner', '-c role=rowhouse_gateway']) {
      const address = new URL(url);
      address.searchParams.set('options', options);
      await expect(
        withClient(address.href, (client) => client.query('select 1')),
        options,
      ).rejects.toThrow();
    }
  });

  it('may not call set_config, enter or admit', async () => {
    await withClient(url, async (client) => {
      for (const text of [
        `select set_config('rowhouse.claims', '{}', false)`,
        `select pg_catalog.set_config('role', 'rowhouse_owner', false)`,
        `select rowhouse.enter('${tenant}', 1, '${claims(4, true)}', 'live', 'edit')`,
        `select rowhouse.admit('${tenant}', 1, '${claims(4, true)}')`,
        `do $$ begin perform set_config('rowhouse.claims', '{}', false); end $$`,
      ]) {
        expect(await codeOf(client, text), text).toBe('42501');
      }
      await stillNobodyElse(client, 'set_config');
    });
  });

  it('stays itself under the roles it may take, and may take no other', async () => {
    await withClient(url, async (client) => {
      await attempt(client, `set role ${format.ident(`t_${tenant}`)}`);
      await stillNobodyElse(client, 'set role of the tenant');
      await client.query('reset role');
      for (const role of ['rowhouse_owner', 'rowhouse_gateway', 'postgres', `t_${other}`]) {
        expect(await codeOf(client, `set role ${format.ident(role)}`), role).toBe('42501');
        expect(await codeOf(client, `set session authorization ${format.ident(role)}`), role).toBe(
          '42501',
        );
      }
      for (const text of [
        `alter role ${login} createrole`,
        `alter role ${login} bypassrls`,
        `grant rowhouse_owner to ${login}`,
        `grant ${format.ident(`t_${other}`)} to ${login}`,
        'create role evil',
        'select * from pg_authid',
        `select pg_read_file('postgresql.conf')`,
        `create extension dblink`,
      ]) {
        expect(await codeOf(client, text), text).toMatch(/^(42501|58P01|0A000)$/);
      }
      await stillNobodyElse(client, 'role changes');
    });
  });

  it('reads and writes nothing of the control plane', async () => {
    await withClient(url, async (client) => {
      for (const text of [
        'select * from control.logins',
        `update control.logins set access = 4`,
        `insert into control.logins (rolname, tenant_id, sub, names) values ('x', 1, 'x', '{}')`,
        'select * from control.accounts',
        'select * from control.tenants',
        format('select * from %I._rowhouse_principals', `t_${tenant}`),
        format(`insert into %I._rowhouse_principals (name) values ('pat')`, `t_${tenant}`),
        format('select * from %I._rowhouse_verdicts', `t_${tenant}`),
        format(`update %I._rowhouse_verdicts set bits = B'1'`, `t_${tenant}`),
        format(
          `insert into %I._rowhouse_verdicts (key, "right", covered, bits) values ('x', 'read', 9, B'111111111')`,
          `t_${tenant}`,
        ),
        format(`update %I._rowhouse_acls set read = '{pat}'`, `t_${tenant}`),
        format('delete from %I._rowhouse_acls', `t_${tenant}`),
        format('delete from %I._rowhouse_history', `t_${tenant}`),
      ]) {
        expect(await codeOf(client, text), text).toBe('42501');
      }
      await stillNobodyElse(client, 'control');
    });
  });

  it('may not touch policies, triggers, rules or tables', async () => {
    await withClient(url, async (client) => {
      for (const text of [
        `alter table ${doc} disable row level security`,
        `alter table ${doc} no force row level security`,
        `alter table ${doc} disable trigger all`,
        `create policy evil on ${doc} using (true)`,
        `create trigger evil before insert on ${doc} for each row execute function suppress_redundant_updates_trigger()`,
        `create rule evil as on insert to ${doc} do instead nothing`,
        `create index on ${doc} (note)`,
        `truncate ${doc}`,
        `drop table ${doc}`,
        'create schema evil',
        format('create table %I.evil (a int)', `t_${tenant}`),
        'create table public.evil (a int)',
        `create function public.evil() returns int language sql as 'select 1'`,
        `create function rowhouse.evil() returns int language sql as 'select 1'`,
      ]) {
        expect(await codeOf(client, text), text).toMatch(/^(42501|42P17)$/);
      }
      // Only a warning for who holds no grant option; nothing comes of it.
      await attempt(client, `grant select on ${doc} to public`);
      const open = await database.admin.query(
        `select from pg_class c, aclexplode(c.relacl) a where c.oid = $1::regclass and a.grantee = 0`,
        [doc],
      );
      expect(open.rowCount).toBe(0);
      await stillNobodyElse(client, 'tables');
    });
  });

  it('gains nothing by row_security = off', async () => {
    await withClient(url, async (client) => {
      await client.query('set row_security = off');
      expect(await codeOf(client, `select * from ${doc}`)).toBe('42501');
    });
  });

  it('gains nothing by objects that shadow ours', async () => {
    await withClient(url, async (client) => {
      for (const text of [
        'create temp table logins (rolname name, tenant_id int, sub text, names text[], access int)',
        'create temp table tenants (id int, slug text, status text)',
        'create temp table doc (note text)',
        'create temp table _rowhouse_acls (id int, read text[])',
        `create function pg_temp.get_bit(varbit, int) returns int language sql as 'select 1'`,
        `create function pg_temp.get_bit(bit, int) returns int language sql as 'select 1'`,
        `create function pg_temp.principal() returns int language sql as 'select 1'`,
        `create function pg_temp.current_setting(text, boolean) returns text language sql as 'select ''x'''`,
        `create function pg_temp.pg_current_xact_id_if_assigned() returns xid8 language sql as 'select ''1''::xid8'`,
        `create function pg_temp.any_text(text, text) returns boolean language sql as 'select true'`,
        `create operator pg_temp.= (leftarg = text, rightarg = text, function = pg_temp.any_text)`,
        `create domain pg_temp.text as pg_catalog.text`,
      ]) {
        // Refused or allowed, both are fine: what counts is what can be seen afterwards.
        await attempt(client, text);
      }
      for (const path of [
        'pg_temp',
        'pg_temp, pg_catalog',
        `pg_temp, rowhouse, ${format.ident(`t_${tenant}`)}, pg_catalog`,
      ]) {
        await client.query(`set search_path = ${path}`);
        await stillNobodyElse(client, `search_path ${path}`);
      }
    });
  });

  it('sees no hidden row through a function of its own in the condition', async () => {
    await withClient(url, async (client) => {
      const notices: string[] = [];
      client.on('notice', (notice) => notices.push(notice.message ?? ''));
      const made = await attempt(
        client,
        `create function pg_temp.peek(text) returns boolean language plpgsql cost 0.0000001 as
         $$ begin raise notice 'saw %', $1; return true; end $$`,
      );
      if (!made.ok) return;
      await client.query(`select * from ${doc} where pg_temp.peek(note)`);
      await client.query(`update ${doc} set note = note where pg_temp.peek(note)`);
      await client.query(`delete from ${doc} where pg_temp.peek(note)`);
      expect(notices).toContain('saw open');
      expect(notices.filter((notice) => notice.includes('hidden'))).toEqual([]);
      expect(await codeOf(client, 'alter function pg_temp.peek(text) leakproof')).toBe('42501');
    });
  });

  it('writes no engine column', async () => {
    const writer = await createLogin(
      database,
      'writer',
      principal(tenant, 'writer', { access: 'edit' }),
    );
    await withClient(writer, async (client) => {
      // An ACL that does not exist would make every reader fail on the row.
      for (const acl of [999_999, -1, 2_147_483_647]) {
        const code = await codeOf(client, `insert into ${doc} (note, _acl) values ('x', ${acl})`);
        expect(code, String(acl)).not.toBe('done');
        expect(await codeOf(client, `update ${doc} set _acl = ${acl}`)).not.toBe('done');
      }
      expect((await boss.send('GET', '/api/data/doc')).status).toBe(200);
      expect(await codeOf(client, `update ${doc} set _acl = 0 where id = '${open}'`)).toMatch(
        /^(done|RH303|42501)$/,
      );
      expect(
        await codeOf(client, `update ${doc} set trashed_at = now() where id = '${open}'`),
      ).toBe('RH409');
      expect(
        await codeOf(client, `update ${doc} set deleted_at = now() where id = '${open}'`),
      ).toBe('RH409');
      // A row marked with a transaction yet to come would be visible to whoever runs it.
      await client.query('begin');
      const stamped = await attempt(
        client,
        `insert into ${doc} (note, _xact) values ('mark', '9000000000') returning _xact::text, pg_current_xact_id()::text as own`,
      );
      if (stamped.ok) expect(stamped.rows[0]?.['_xact']).toBe(stamped.rows[0]?.['own']);
      await client.query('rollback');
    });
  });

  it('learns nothing of running requests', async () => {
    await withClient(url, async (client) => {
      const seen = await client.query<{ query: string }>(
        `select query from pg_stat_activity where usename in ('rowhouse_gateway', 'postgres', 'rowhouse_owner')`,
      );
      const shown = seen.rows.filter((row) => row.query !== '<insufficient privilege>');
      expect(shown.filter((row) => row.query !== null && row.query !== '')).toEqual([]);
    });
  });

  it('of no binding is nobody', async () => {
    const role = database.slug('stray');
    await database.admin.query(
      `create role ${role} login password 'stray' in role ${format.ident(`t_${tenant}`)}`,
    );
    await withClient(database.urlAs(role, 'stray'), async (client) => {
      const seen = await attempt(client, `select * from ${doc}`);
      expect(seen).toMatchObject({ ok: true, rows: [] });
      expect(await codeOf(client, `insert into ${doc} (note) values ('x')`)).not.toBe('done');
    });
  });
});

describe('the gateway', () => {
  it('reads nothing before it has entered, and nothing without claims', async () => {
    await asBareGateway(database, async (client) => {
      expect(await codeOf(client, `select * from ${doc}`)).toBe('42501');
      expect(await codeOf(client, 'select * from control.logins')).toBe('42501');
      expect(await codeOf(client, 'set role rowhouse_owner')).toBe('42501');
      await client.query('begin');
      await client.query(`set local role ${format.ident(`t_${tenant}`)}`);
      const seen = await attempt(client, `select * from ${doc}`);
      expect(seen).toMatchObject({ ok: true, rows: [] });
      await client.query('rollback');
    });
  });

  it('enters no tenant with claims of another, and none that is not there', async () => {
    await asBareGateway(database, async (client) => {
      for (const [into, version] of [
        [other, 1],
        ['no_such_tenant', 1],
      ] as const) {
        const code = await codeOf(client, 'select rowhouse.enter($1, $2, $3, $4, $5)', [
          into,
          version,
          claims(4, true),
          'live',
          'edit',
        ]);
        expect(code, into).toMatch(/^RH(302|603)$/);
      }
    });
  });

  it('keeps nothing of an identity after the transaction', async () => {
    await asBareGateway(database, async (client) => {
      const version = await database.admin.query<{ version: string }>(
        'select version::text from control.tenants where slug = $1',
        [tenant],
      );
      await client.query('begin');
      await client.query('select rowhouse.enter($1, $2, $3, $4, $5)', [
        tenant,
        version.rows[0]?.version,
        claims(4, true),
        'deleted',
        'edit',
      ]);
      expect((await client.query(`select * from ${doc}`)).rowCount).toBe(2);
      await client.query('rollback');
      const left = await client.query<{ user: string; claims: string | null; show: string | null }>(
        `select current_user as user, current_setting('rowhouse.claims', true) as claims,
                current_setting('rowhouse.show', true) as show`,
      );
      expect(left.rows[0]?.user).toBe('rowhouse_gateway');
      expect(left.rows[0]?.claims ?? '').toBe('');
      expect(left.rows[0]?.show ?? '').toBe('');
    });
  });

  it('as another tenant’s principal sees nothing here', async () => {
    const stranger = principal(other, 'boss', { access: 'root', sudo: true });
    await asGateway(database, stranger, async (client) => {
      expect(await codeOf(client, `select * from ${doc}`)).toBe('42501');
    });
  });
});
