import type pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../control-plane/model/principal.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createLogin } from '../support/logins.ts';
import { principal } from '../support/principal.ts';
import { asGateway, rolledBack, withClient } from '../support/sql.ts';
import { codeIn, createTenant, one } from './fixture.ts';

let database: TestDatabase;
let tenant: string;
let s: string;
let ann: Principal;
let loginUrl: string;

beforeAll(async () => {
  database = await createDatabase();
  tenant = await createTenant(database, 'history');
  s = `"t_${tenant}"`;
  ann = principal(tenant, 'ann', { access: 'full' });
  loginUrl = await createLogin(database, 'ann', ann);
});

async function entries(client: pg.Client, id: string): Promise<unknown[]> {
  const { rows } = await client.query(
    `select operation, changes, created_by from ${s}._rowhouse_history where row_key = $1 order by change_id`,
    [id],
  );
  return rows;
}

describe('record_history', () => {
  it('writes tracked columns of creates, changes, deletes and restores', async () => {
    const work = async (client: pg.Client): Promise<void> => {
      const { id } = await one(
        client,
        `insert into ${s}.docs (title, kind, seen) values ('one', 'a', '2024-01-02T03:04:05.678901+02') returning id`,
      );
      const key = String(id);
      const seen = { old: null, new: '2024-01-02T01:04:05.678Z' };
      const create = {
        operation: 'create',
        changes: { title: { old: null, new: 'one' }, seen },
        created_by: 'ann',
      };
      expect(await entries(client, key)).toEqual([create]);
      await client.query(`update ${s}.docs set kind = 'b' where id = $1`, [key]);
      await client.query(`update ${s}.docs set title = 'one' where id = $1`, [key]);
      expect(await entries(client, key)).toEqual([create]);
      await client.query(`update ${s}.docs set title = 'two' where id = $1`, [key]);
      await client.query(`delete from ${s}.docs where id = $1`, [key]);
      await client.query(`select ${s}.restore('docs', $1)`, [key]);
      const [, change, trash, restore] = await entries(client, key);
      expect(change).toMatchObject({
        operation: 'update',
        changes: { title: { old: 'one', new: 'two' } },
      });
      expect(trash).toMatchObject({
        operation: 'delete',
        changes: {
          title: { old: 'two', new: null },
          trashed_at: { old: null, new: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/) },
        },
      });
      expect(restore).toMatchObject({
        operation: 'update',
        changes: { trashed_at: { old: expect.any(String), new: null } },
      });
      expect(Object.keys((restore as { changes: object }).changes)).toEqual(['trashed_at']);
    };
    await asGateway(database, ann, work);
    await withClient(loginUrl, (client) => rolledBack(client, () => work(client)));
  });

  it('keeps numbers that doubles cannot hold as strings, and says who asked', async () => {
    await asGateway(database, { ...ann, sudo: true }, async (client) => {
      const { id } = await one(
        client,
        `insert into ${s}.docs (title, salary) values ('x', 12345678901234567890.5) returning id`,
      );
      expect(
        await one(
          client,
          `select changes -> 'salary' ->> 'new' as salary, jsonb_typeof(changes #> '{salary,new}') as kind,
             request_id, metadata from ${s}._rowhouse_history where row_key = $1`,
          [id],
        ),
      ).toEqual({
        salary: '12345678901234567890.5',
        kind: 'string',
        request_id: 'test-request',
        metadata: { user_role: 'full', user_tenant: tenant },
      });
    });
  });

  it('prints a value alike whether it came with a new row, with a change, or goes with its row', async () => {
    const types = {
      smallint: ['-7'],
      integer: ['2147483647'],
      bigint: ['9007199254740991', '9007199254740993', '-1'],
      numeric: ['1.50', '-0.1234567890123456789', '100000000000000000000', 'NaN', 'Infinity', '0'],
      real: ['0.1', '1e20', '-Infinity'],
      'double precision': ['0.1', '1e300', '123456789012345.6', 'NaN'],
      boolean: ['true'],
      text: ['', 'null', 'a "b" \\ \n \u2028 é 😀', '{"a": 1}'],
      date: ['2024-02-29', 'infinity'],
      time: ['12:00:00.5'],
      timestamp: ['2024-02-29 12:00:00.123456'],
      timestamptz: ['2024-02-29 12:00:00.123456+02', 'infinity'],
      interval: ['1 year 2 days 3.5 seconds'],
      uuid: ['01234567-89ab-cdef-0123-456789abcdef'],
      jsonb: [
        'null',
        '{"b": [null, 12345678901234567890], "a": null}',
        '12345678901234567890',
        '"x"',
      ],
      point: ['(1.5,2)'],
      numrange: ['[1,2.50)'],
    };
    const columns = Object.keys(types).map((base) => ({ name: `a ${base}'`, type: { base } }));
    const list = { name: 'list', type: { base: 'numeric', array: true } };
    const slug = await createTenant(database, 'printed', [
      {
        name: 'every',
        features: { timestamps: false, softDelete: false, acl: true, history: true },
        columns: [...columns, list].map((each) => ({ ...each, tracked: true })),
      },
    ]);
    const every = `"t_${slug}".every`;
    const history = `"t_${slug}"._rowhouse_history`;
    const { admin } = database;
    /** A side of the last change of a row, as the entry's text has it. */
    const told = async (id: unknown, column: string, side: 'old' | 'new'): Promise<unknown> => {
      const text = `select (changes -> $2 -> $3)::text as said from ${history} where row_key = $1 order by change_id desc limit 1`;
      return (await admin.query<{ said: string }>(text, [id, column, side])).rows[0]?.said;
    };
    const made = async (text: string, bound: readonly string[]): Promise<unknown> =>
      (await admin.query<{ id: string }>(`${text} returning id`, [...bound])).rows[0]?.id;
    const values = Object.entries(types).flatMap(([base, texts]) =>
      texts.map((text) => [`a ${base}'`, text] as const),
    );
    const lists = [['list', '{1.50,NULL,12345678901234567890}']] as const;
    for (const [name, text] of [...values, ...lists]) {
      const column = `"${name}"`;
      const id = await made(`insert into ${every} (${column}) values ($1)`, [text]);
      const created = await told(id, name, 'new');
      await admin.query(`delete from ${every} where id = $1`, [id]);
      const deleted = await told(id, name, 'old');
      const later = await made(`insert into ${every} default values`, []);
      await admin.query(`update ${every} set ${column} = $2 where id = $1`, [later, text]);
      // A change is recorded row by row, in other words.
      const changed = (await told(later, name, 'new')) ?? null;
      const both = { created: created ?? null, deleted: deleted ?? null };
      expect([name, text, both]).toEqual([name, text, { created: changed, deleted: changed }]);
      expect([name, text, changed === null]).toEqual([
        name,
        text,
        text === 'null' && name === "a jsonb'",
      ]);
    }
  });

  it('is readable by whoever may read the row, and written by nobody', async () => {
    const id = await asGateway(
      database,
      ann,
      async (client) =>
        String(
          (
            await one(
              client,
              `insert into ${s}.docs (title, _acl) values ('x', ${s}.acl(full => array['ann'])) returning id`,
            )
          )['id'],
        ),
      { commit: true },
    );
    await asGateway(database, ann, async (client) => {
      expect(await entries(client, id)).toHaveLength(1);
      expect(await codeIn(client, `delete from ${s}._rowhouse_history`)).toBe('42501');
      expect(
        await codeIn(
          client,
          `insert into ${s}._rowhouse_history (relation, row_key, operation, changes, created_by) values (1, 'x', 'create', '{}', 'me')`,
        ),
      ).toBe('42501');
    });
    const eve = principal(tenant, 'eve', { access: 'full' });
    await asGateway(database, eve, async (client) => {
      expect(await entries(client, id)).toEqual([]);
    });
  });
});
