/** Whatever Postgres itself offers a login role to learn of hidden rows, or to get at what isn't its own, with nothing but SQL. */
import type pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createLogin } from '../support/logins.ts';
import { principal } from '../support/principal.ts';
import { asGateway, attempt, codeOf, rolledBack, withClient } from '../support/sql.ts';
import { createTenant, one } from './fixture.ts';

let database: TestDatabase;
let tenant: string;
let s: string;
let role: string;
let eve: string;
let loginUrl: string;
let hidden: string;
const secret = 'confidential';

const lists = { timestamps: true, softDelete: false, acl: true, history: false };
const note = { name: 'note', type: { base: 'text' } };
const amount = { name: 'amount', type: { base: 'integer' } };
const tables = [
  { name: 'papers', features: lists, columns: [note, amount] },
  { name: 'objects', features: lists, access: 'lists', columns: [note, amount] },
  { name: 'shared', features: { ...lists, acl: false }, access: 'grants', columns: [note, amount] },
  {
    name: 'pages',
    features: lists,
    columns: [{ name: 'paper', type: { base: 'uuid' } }],
    references: [
      {
        name: 'pages_paper_fkey',
        columns: ['paper'],
        target: { app: 'default', name: 'papers' },
        targetColumns: ['id'],
      },
    ],
  },
];

beforeAll(async () => {
  database = await createDatabase();
  tenant = await createTenant(database, 'oracle', tables);
  s = `"t_${tenant}"`;
  role = s;
  eve = database.slug('eve');
  loginUrl = await createLogin(database, 'eve', principal(tenant, 'eve', { access: 'full' }));
  const ann = principal(tenant, 'ann', { access: 'root', sudo: true });
  hidden = await asGateway(
    database,
    ann,
    async (client) => {
      const own = `${s}.acl(read => '{ann}', edit => '{ann}', "full" => '{ann}')`;
      const row = await one(
        client,
        `insert into ${s}.papers (note, amount, _acl) values ('${secret}', 7, ${own}) returning id`,
      );
      await client.query(
        `insert into ${s}.papers (note, amount)
           select 'seen ' || n, n % 5 from generate_series(1, 300) as n`,
      );
      await client.query(
        `insert into ${s}.objects (note, amount, _acl)
           values ('${secret}', 7, ${s}._rowhouse_lists_acl('{ann}', '{ann}', '{}', '{ann}', '{}', '{ann}'))`,
      );
      await client.query(
        `insert into ${s}.pages (paper, _acl) select id, ${own} from ${s}.papers where note = 'seen 1'`,
      );
      return String(row['id']);
    },
    { commit: true },
  );
  await database.admin.query('analyze');
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

describe('conditions of one’s own making', () => {
  it('meet visible rows only, however cheap they claim to be', async () => {
    await database.admin.query(`grant temporary on database "${database.name}" to "${eve}"`);
    await withClient(loginUrl, async (client) => {
      const notices: string[] = [];
      client.on('notice', ({ message = '' }) => notices.push(message));
      for (const text of [
        `create function pg_temp.spy(text) returns boolean language plpgsql immutable cost 0.0000001 as
           $$ begin raise notice 'met %', $1; return true; end $$`,
        `create function pg_temp.spy2(text, text) returns boolean language plpgsql immutable cost 0.0000001 as
           $$ begin raise notice 'met %', $1; return true; end $$`,
        `create operator pg_temp.=~= (leftarg = text, rightarg = text, function = pg_temp.spy2, restrict = eqsel)`,
        `create domain pg_temp.watched as text check (pg_temp.spy(value))`,
      ]) {
        await attempt(client, text);
      }
      for (const table of ['papers', 'objects']) {
        for (const condition of [
          `where pg_temp.spy(note)`,
          `where note operator(pg_temp.=~=) 'x'`,
          `where note::pg_temp.watched <> ''`,
          `where amount = 7 and pg_temp.spy(note)`,
          `where amount = 7 or pg_temp.spy(note)`,
          `where case when amount = 7 then pg_temp.spy(note) end`,
          `where exists (select from (values (1)) as v where pg_temp.spy(t.note) offset 0)`,
          `join (values (7)) as v (n) on v.n = t.amount and pg_temp.spy(t.note)`,
          `, lateral (select pg_temp.spy(t.note)) as l`,
          `order by pg_temp.spy(note)`,
          `where amount = 7 group by note having pg_temp.spy(note)`,
        ]) {
          for (const plan of [
            '',
            'set local enable_seqscan = off',
            'set local enable_hashjoin = off; set local enable_mergejoin = off',
          ]) {
            await rolledBack(client, async () => {
              if (plan !== '') await client.query(plan);
              await attempt(client, `select count(*) from ${s}.${table} as t ${condition}`);
            });
          }
        }
        await rolledBack(client, () =>
          attempt(client, `update ${s}.${table} set amount = 1 where pg_temp.spy(note)`),
        );
        await rolledBack(client, () =>
          attempt(client, `delete from ${s}.${table} where pg_temp.spy(note)`),
        );
      }
      expect(notices.filter((text) => text.startsWith('met seen')).length).toBeGreaterThan(300);
      expect(notices.filter((text) => text.includes(secret))).toEqual([]);
    });
    await database.admin.query(`revoke temporary on database "${database.name}" from "${eve}"`);
  });

  it('are trusted only where Postgres’ own functions tell nothing but their answer', async () => {
    const marked = await database.admin.query<{ name: string }>(
      `select p.oid::regprocedure::text as name from pg_proc as p join pg_language as l on l.oid = p.prolang
       where p.proleakproof and (p.pronamespace <> 'pg_catalog'::regnamespace or l.lanname not in ('internal', 'c')
         or p.prosrc ~ '(like|regex|div|numeric_mod|substr|_in$|_recv$)' and p.prosrc !~ '(sel|support)$')`,
    );
    expect(marked.rows).toEqual([]);
    // An array is compared by its element type's equality, and fails on the first row where there is none.
    const arrays = await database.admin.query(
      `select a.attrelid::regclass::text, a.attname from pg_attribute as a join pg_type as t on t.oid = a.atttypid
       where a.attrelid::regclass::text like 't\\_%' and t.typcategory = 'A' and a.attnum > 0
         and not exists (select from pg_opclass as o join pg_am as m on m.oid = o.opcmethod
           where m.amname in ('btree', 'hash') and o.opcdefault and (o.opcintype = t.typelem
             or o.opcintype = 'anyenum'::regtype and exists (select from pg_enum where enumtypid = t.typelem)
             or o.opcintype = 'anyrange'::regtype and exists (select from pg_range where rngtypid = t.typelem)
             or o.opcintype = 'text'::regtype and t.typelem = 'varchar'::regtype))`,
    );
    expect(arrays.rows).toEqual([]);
  });
});

describe('statistics and counters', () => {
  it('hold no value of a hidden row', async () => {
    await asEve(async (client) => {
      for (const view of ['pg_stats', 'pg_stats_ext', 'pg_stats_ext_exprs']) {
        const { rows } = await client.query(
          `select * from ${view} where schemaname = 't_${tenant}'`,
        );
        expect([view, rows]).toEqual([view, []]);
      }
    });
  });

  it('steer no estimate of a condition that isn’t trusted', async () => {
    await asEve(async (client) => {
      const estimated = async (pattern: string): Promise<string> => {
        const { rows } = await client.query<{ 'QUERY PLAN': { Plan: { 'Plan Rows': number } }[] }>(
          `explain (format json) select from ${s}.papers where note like '${pattern}'`,
        );
        return JSON.stringify(rows[0]?.['QUERY PLAN'][0]?.Plan['Plan Rows']);
      };
      // As common as can be, and never there.
      expect(await estimated('%seen%')).toBe(await estimated('%nope%'));
    });
  });

  it('show no number of a sequence', async () => {
    await asEve(async (client) => {
      const sequence = `${s}._rowhouse_acls_id_seq`;
      for (const call of [
        `select last_value from ${sequence}`,
        `select currval('${sequence}')`,
        `select nextval('${sequence}')`,
        `select setval('${sequence}', 1)`,
        `select pg_sequence_last_value('${sequence}'::regclass)`,
        `select last_value from pg_get_sequence_data('${sequence}'::regclass)`,
        `select last_value from pg_sequences where schemaname = 't_${tenant}' and last_value is not null`,
      ]) {
        await client.query('savepoint before');
        const told = await attempt(client, call);
        await client.query('rollback to before');
        const known = told.ok ? told.rows.flatMap((row) => Object.values(row)) : [];
        expect([call, known.filter((value) => value !== null)]).toEqual([call, []]);
      }
    });
  });

  it('show no statement of another session', async () => {
    await withClient(database.url, async (other) => {
      await other.query(`select '${secret}', pg_sleep(0)`);
      await other.query(`prepare held as select '${secret}'`);
      await other.query(`begin; declare kept cursor for select '${secret}'`);
      await asEve(async (client) => {
        for (const from of ['pg_stat_activity', 'pg_prepared_statements', 'pg_cursors']) {
          const { rows } = await client.query(`select * from ${from}`);
          expect([from, JSON.stringify(rows).includes(secret)]).toEqual([from, false]);
        }
        const shown = await client.query(
          'select pg_stat_get_backend_activity(i) as text from pg_stat_get_backend_idset() as i',
        );
        expect(JSON.stringify(shown.rows)).not.toContain(secret);
      });
    });
  });

  it('lead nobody to a hidden row by its place, its version or its text', async () => {
    const place = await one(
      database.admin,
      `select ctid::text as at, xmin::text as made from ${s}.papers where id = '${hidden}'`,
    );
    await asEve(async (client) => {
      for (const condition of [
        `ctid = '${place['at']}'`,
        `xmin::text = '${place['made']}' and amount = 7`,
        `tableoid = '${s}.papers'::regclass and amount = 7`,
        `id = '${hidden}' for update`,
        `id = '${hidden}' for key share nowait`,
      ]) {
        const found = await attempt(client, `select * from ${s}.papers where ${condition}`);
        expect([condition, found]).toEqual([condition, { ok: true, rows: [], count: 0 }]);
      }
      for (const text of [
        `select query_to_xml('select * from ${s}.papers where amount = 7', true, true, '')::text as t`,
        `select table_to_xml('${s}.objects', true, true, '')::text as t`,
        `select word as t from ts_stat('select to_tsvector(note) from ${s}.papers')`,
        `select p::text as t from ${s}.papers as p`,
        `select to_jsonb(p)::text as t from ${s}.objects as p`,
      ]) {
        const { rows } = await client.query(text);
        expect([text, JSON.stringify(rows).includes(secret)]).toEqual([text, false]);
      }
      expect(await codeOf(client, `copy ${s}.papers (note) from stdin`)).toBe('0A000');
    });
  });
});

describe('refusals', () => {
  it('by a hidden row that refers to a visible one quote nothing of it', async () => {
    await asEve(async (client) => {
      const told = await attempt(client, `delete from ${s}.papers where note = 'seen 1'`);
      expect(told).toMatchObject({ ok: false, code: expect.stringMatching(/^23/) });
      expect(JSON.stringify(told)).not.toMatch(/ann|[0-9a-f]{8}-[0-9a-f]{4}-/);
    });
  });

  it('of an upsert that meets a hidden row quote nothing of it', async () => {
    await asEve(async (client) => {
      for (const action of [
        'do nothing',
        `do update set note = papers.note`,
        `do update set amount = 1 where papers.note like 'conf%'`,
      ]) {
        await client.query('savepoint before');
        const told = await attempt(
          client,
          `insert into ${s}.papers (id, note) values ('${hidden}', 'mine') on conflict (id) ${action} returning note`,
        );
        await client.query('rollback to before');
        expect(JSON.stringify(told)).not.toContain(secret);
        if (told.ok) expect([action, told.rows]).toEqual(['do nothing', []]);
        else expect([action, told.detail]).toEqual([action, undefined]);
      }
    });
  });
});
