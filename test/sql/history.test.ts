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
