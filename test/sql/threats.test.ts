/** Ways around the policies that a login role may try: what policies/README.md lists and no other file of this folder covers. */
import type pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createLogin } from '../support/logins.ts';
import { principal } from '../support/principal.ts';
import { asGateway, attempt, rolledBack, withClient } from '../support/sql.ts';
import { codeIn, createTenant, one, tried } from './fixture.ts';

let database: TestDatabase;
let tenant: string;
let s: string;
let loginUrl: string;
let login: string;
let hidden: string;

beforeAll(async () => {
  database = await createDatabase();
  tenant = await createTenant(database, 'threats');
  s = `"t_${tenant}"`;
  login = database.slug('eve');
  loginUrl = await createLogin(database, 'eve', principal(tenant, 'eve'));
  hidden = await asGateway(
    database,
    principal(tenant, 'ann', { sudo: true }),
    async (client) => {
      const row = await one(
        client,
        `insert into ${s}.docs (title, code, email, salary, _acl)
         values ('hidden', 'TX-9', 'a\\b@c', 77, ${s}.acl(read => array['ann'])) returning id`,
      );
      return String(row['id']);
    },
    { commit: true },
  );
});

async function asEve<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  return withClient(loginUrl, (client) => rolledBack(client, () => work(client)));
}

describe('conditions that raise on hidden rows', () => {
  it.each([
    [`email like 'a\\'`],
    [`'x' ~ (title || '(')`],
    ['1 / (salary - 77) > 0'],
    [`title::int = 1`],
    [`data ->> 'x' = '1' and (title::date) > now()`],
  ])('%s', async (condition) => {
    await asEve(async (client) => {
      await client.query('set local enable_seqscan = off');
      const outcome = await tried(client, `select * from ${s}.docs where ${condition}`);
      expect(outcome).toMatchObject({ ok: true, count: 0 });
    });
  });
});

describe('messages', () => {
  it('of a unique violation name no value of the hidden row', async () => {
    await asEve(async (client) => {
      const outcome = await tried(
        client,
        `insert into ${s}.docs (title, code) values ('t', 'TX-9')`,
      );
      expect(outcome).toMatchObject({ ok: false, code: '23505', detail: undefined });
    });
  });

  it('of a write to a hidden row are those of none', async () => {
    await asEve(async (client) => {
      const none = '00000000-0000-7000-8000-000000000000';
      for (const id of [hidden, none]) {
        expect(await tried(client, `update ${s}.docs set title = 'x' where id = '${id}'`)).toEqual({
          ok: true,
          rows: [],
          count: 0,
        });
        expect(await codeIn(client, `select ${s}.restore('docs', '${id}')`)).toBe('RH400');
        expect(await codeIn(client, `select ${s}.access_of('docs', '${id}')`)).toBe('RH400');
        expect(await codeIn(client, `select ${s}.share('docs', '${id}')`)).toBe('RH400');
      }
      expect(await tried(client, `update ${s}.docs set kind = 'b'`)).toMatchObject({ count: 0 });
    });
  });
});

describe('the catalog', () => {
  it('shows no statistics of tables under row security', async () => {
    await database.admin.query(`analyze ${s}.docs`);
    await asEve(async (client) => {
      expect(
        await one(client, `select count(*)::int as n from pg_stats where tablename = 'docs'`),
      ).toEqual({ n: 0 });
      expect(await codeIn(client, 'select * from pg_statistic')).toBe('42501');
    });
  });

  it('opens no sequence, truncation, reference, trigger or ownership', async () => {
    await asEve(async (client) => {
      for (const statement of [
        `select last_value from ${s}._rowhouse_acls_id_seq`,
        `select nextval('${s}._rowhouse_history_change_id_seq')`,
        `truncate ${s}.docs`,
        `alter table ${s}.docs disable row level security`,
        `alter table ${s}.docs disable trigger all`,
        `drop policy _select on ${s}.docs`,
        `create trigger mine before insert on ${s}.docs for each row execute function rowhouse.stamp()`,
        `create policy mine on ${s}.docs using (true)`,
        `set session_replication_role = replica`,
        'set row_security = off',
      ]) {
        const code = await codeIn(client, statement);
        if (statement === 'set row_security = off') expect(code).toBe('done');
        else expect([statement, code]).toEqual([statement, '42501']);
      }
      await client.query('set row_security = off');
      expect(await codeIn(client, `select * from ${s}.docs`)).toBe('42501');
    });
  });
});

describe('functions of ours', () => {
  it('judge nobody else: none takes a principal, and inner ones are closed', async () => {
    await asEve(async (client) => {
      for (const call of [
        `rowhouse.admit('${tenant}', 1, '{}')`,
        `rowhouse.extend('${tenant}')`,
        `rowhouse.intern_acl('${tenant}', '{}', '{}', '{}', '{}', '{}', '{}')`,
        `rowhouse.relation_of('${tenant}', 'docs')`,
        `rowhouse.access_of('${tenant}', 'docs', '${hidden}')`,
        `rowhouse.create_login('x', 'x', '${tenant}', 'root')`,
        `rowhouse.sparse('${s}', '1', 'pg_class', 1)`,
        'rowhouse.catalog(current_user::text)',
      ]) {
        expect([call, await codeIn(client, `select ${call}`)]).toEqual([call, '42501']);
      }
      expect(await codeIn(client, `select rowhouse.restore('elsewhere', 'docs', 'x')`)).toBe(
        'RH302',
      );
      expect(await codeIn(client, `select rowhouse.castable('1', 'int); drop table x; --')`)).toBe(
        '42601',
      );
    });
  });

  it('are not led astray by temporary objects, where the database lets logins make them', async () => {
    await database.admin.query(`grant temporary on database "${database.name}" to "${login}"`);
    await withClient(loginUrl, async (client) => {
      await client.query(
        `create function pg_temp.spy(text) returns boolean language plpgsql as
         'begin raise exception ''ran as %'', current_user; end'`,
      );
      const shadows = [
        'create domain pg_temp.text as pg_catalog.text check (pg_temp.spy(value::pg_catalog.text))',
        'create domain pg_temp.jsonb as pg_catalog.jsonb',
        'create temporary table pg_class (a int)',
        'create temporary table pg_attribute (a int)',
        'create temporary table old_rows (a int)',
        'create temporary table new_rows (doc uuid)',
        'create temporary table docs (a int)',
      ];
      for (const shadow of shadows) await client.query(shadow);
      await rolledBack(client, async () => {
        const made = await one(
          client,
          `insert into ${s}.docs (title, _acl) values ('mine', ${s}.acl("full" => '{eve}')) returning id`,
        );
        await client.query(`insert into ${s}.notes (title, doc) values ('n', $1)`, [made['id']]);
        await client.query(`update ${s}.docs set title = 'two' where id = $1`, [made['id']]);
        await client.query(`select ${s}.share('docs', $1, read => '{bob}')`, [String(made['id'])]);
        await client.query(`select ${s}.access_of('docs', $1)`, [String(made['id'])]);
        await client.query(`delete from ${s}.docs where id = $1`, [made['id']]);
        await client.query(`select ${s}.restore('docs', $1)`, [String(made['id'])]);
        expect(await one(client, `select count(*)::int as n from ${s}._rowhouse_history`)).toEqual({
          n: 4,
        });
      });
    });
    await database.admin.query(`revoke temporary on database "${database.name}" from "${login}"`);
  });
});

describe('requests at the same time', () => {
  it('never lose a row silently: a list newer than the snapshot raises 2202E', async () => {
    const boss = principal(tenant, 'boss', { access: 'full' });
    const id = await asGateway(
      database,
      boss,
      async (client) =>
        String(
          (await one(client, `insert into ${s}.docs (title) values ('t') returning id`))['id'],
        ),
      { commit: true },
    );
    await asGateway(database, boss, async (first) => {
      await first.query(
        `update ${s}.docs set _acl = ${s}.acl("full" => array['boss', 'newer than any']) where id = $1`,
        [id],
      );
      await asGateway(database, boss, async (second) => {
        const waiting = attempt(second, `update ${s}.docs set title = 'u' where id = $1`, [id]);
        await new Promise((resolve) => setTimeout(resolve, 200));
        await first.query('commit');
        expect(await waiting).toMatchObject({ ok: false, code: '2202E' });
      });
    });
  });
});
