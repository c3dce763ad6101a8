/** No answer of SQL tells a hidden row from a missing one, or shows a value of it. */
import format from 'pg-format';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TestDatabase } from '../support/database.ts';
import { attempt, rolledBack, withClient } from '../support/sql.ts';
import { hidden, id, missing, openLeaks, secret } from './leaks-rows.ts';

let database: TestDatabase;
let tenant: string;
let annUrl: string;
let parent: string;
let child: string;

beforeAll(async () => {
  ({ database, tenant, annUrl, parent, child } = await openLeaks());
});

describe('plain SQL', () => {
  it('a foreign key to a hidden row fails exactly as one to a missing row', async () => {
    await withClient(annUrl, async (client) => {
      for (const text of [
        `insert into ${child} (note, parent_id) values ('x', $1)`,
        `update ${child} set parent_id = $1 where id = '${id(11)}'`,
      ]) {
        const [about, never] = [
          await attempt(client, text, [hidden]),
          await attempt(client, text, [missing]),
        ].map((result, at) =>
          JSON.stringify(result).replaceAll(at === 0 ? hidden : missing, '<key>'),
        );
        expect(about, text).toBe(never);
        expect(about, text).toContain('23503');
      }
    });
  });

  it('unique errors carry no values of the row in the way', async () => {
    await withClient(annUrl, async (client) => {
      const clash = await attempt(client, `insert into ${parent} (code) values ('H')`);
      expect(clash).toMatchObject({ ok: false, code: '23505' });
      expect(JSON.stringify(clash)).not.toContain(secret);
      const upsert = await attempt(
        client,
        `insert into ${parent} as p (id, code) values ('${hidden}', 'q')
         on conflict (id) do update set code = p.note returning *`,
      );
      expect(upsert.ok).toBe(false);
      expect(JSON.stringify(upsert)).not.toContain(secret);
      for (const text of [
        `update ${parent} set amount = amount where id = '${hidden}' returning *`,
        `delete from ${parent} where id = '${hidden}' returning *`,
        `select * from ${parent} where id = '${hidden}' for update`,
        `merge into ${parent} p using (values (1)) v on p.id = '${hidden}' when matched then update set code = p.note`,
      ]) {
        const result = await rolledBack(client, () => attempt(client, text));
        expect(result, text).toMatchObject({ ok: true, count: 0 });
      }
    });
  });

  it('a condition that fails on some value fails on visible rows only', async () => {
    await withClient(annUrl, async (client) => {
      for (const text of [
        `select * from ${parent} where 1 / (amount - 7) <= 0`,
        `select * from ${parent} where 1 / (price - 7.5) <= 0`,
        `select * from ${parent} where note like '${secret}\\'`,
        `select * from ${parent} where (doc ->> 'a')::int = 1`,
        `select * from ${parent} where ('{"${secret}":"x"}'::jsonb ->> note)::int = 1`,
        `select * from ${parent} where amount > 0 and case when note = '${secret}' then 1 / (amount - 7) > 0 end`,
      ]) {
        expect(await attempt(client, text), text).toMatchObject({ ok: true });
      }
    });
  });

  it('statistics, lists and history show visible rows only', async () => {
    await withClient(annUrl, async (client) => {
      const stats = await client.query('select * from pg_stats where schemaname = $1', [
        `t_${tenant}`,
      ]);
      expect(JSON.stringify(stats.rows)).not.toContain(secret);
      expect((await attempt(client, 'select * from pg_statistic')).ok).toBe(false);
      const lists = await attempt(client, format('select * from %I._rowhouse_acls', `t_${tenant}`));
      expect(JSON.stringify(lists)).not.toContain('boss');
      const history = await attempt(
        client,
        format('select * from %I._rowhouse_history', `t_${tenant}`),
      );
      expect(JSON.stringify(history)).not.toContain(hidden);
      expect(JSON.stringify(history)).not.toContain('"H"');
    });
  });

  it('functions on a row answer alike for hidden and missing ones', async () => {
    await withClient(annUrl, async (client) => {
      const schema = format.ident(`t_${tenant}`);
      for (const text of [
        `select ${schema}.access_of('parent', $1)`,
        `select ${schema}.share('parent', $1, read => '{ann}')`,
        `select ${schema}.restore('parent', $1)`,
      ]) {
        const results = [];
        for (const key of [hidden, missing]) {
          const result = await rolledBack(client, () => attempt(client, text, [key]));
          results.push(JSON.stringify(result).replaceAll(key, '<key>'));
        }
        expect(results[0], text).toBe(results[1]);
        expect(results[0], text).not.toContain('42883');
      }
    });
  });

  it('a write that reaches hidden rows does not make them visible to its transaction', async () => {
    await withClient(annUrl, async (client) => {
      const part = format('%I.part', `t_${tenant}`);
      for (const [text, where] of [
        // Trashes its parts along, the hidden one too.
        [`delete from ${parent} where id = '${id(5)}'`, part],
        // No condition, nothing returned: only the right to delete is asked for.
        [`delete from ${parent}`, parent],
        [`update ${parent} set trashed_at = now()`, parent],
        [`update ${parent} set _acl = 0`, parent],
      ] as const) {
        for (const intent of ['edit', 'delete', 'share']) {
          await rolledBack(client, async () => {
            await client.query(`set local rowhouse.intent = '${intent}'`);
            await client.query('savepoint before');
            const done = await attempt(client, text);
            if (!done.ok) await client.query('rollback to before');
            await client.query(
              `set local rowhouse.intent = 'edit'; set local rowhouse.show = 'trashed'`,
            );
            const seen = await client.query(`select * from ${where}`);
            expect(JSON.stringify(seen.rows), `${text} with intent ${intent}`).not.toContain(
              secret,
            );
          });
        }
      }
    });
  });

  it('no pattern operator is marked leakproof', async () => {
    const found = await database.admin.query<{ name: string }>(
      `select oid::regprocedure::text as name from pg_proc
       where proleakproof and prosrc ~* '(like|regex)' and prosrc !~ 'sel$|support$'`,
    );
    expect(found.rows).toEqual([]);
  });
});
