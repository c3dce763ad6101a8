/** Whatever Postgres itself offers a login role to learn of hidden rows, with nothing but SQL. */
import type pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TestDatabase } from '../support/database.ts';
import { attempt, codeOf, rolledBack, withClient } from '../support/sql.ts';
import { one } from './fixture.ts';
import { openOracle, secret } from './oracle-rows.ts';

let database: TestDatabase;
let tenant: string;
let s: string;
let eve: string;
let loginUrl: string;
let hidden: string;

beforeAll(async () => {
  ({ database, tenant, s, eve, loginUrl, hidden } = await openOracle());
});

async function asEve<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  return withClient(loginUrl, (client) => rolledBack(client, () => work(client)));
}

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
