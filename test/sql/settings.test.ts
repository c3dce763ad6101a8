/** What a login role may set for its own session changes no rule: how values are printed is no way around a comparison of them. */
import type pg from 'pg';
import { beforeAll, expect, it } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createLogin } from '../support/logins.ts';
import { principal } from '../support/principal.ts';
import { asGateway, attempt, withClient } from '../support/sql.ts';
import { createTenant, one } from './fixture.ts';

let database: TestDatabase;
let s: string;
let loginUrl: string;
let tenant: string;

const double = { base: 'double precision' };
const all = { timestamps: true, softDelete: true, acl: true, history: true };

beforeAll(async () => {
  database = await createDatabase();
  tenant = await createTenant(database, 'settings', [
    {
      name: 'weights',
      features: all,
      columns: [
        { name: 'fixed', type: double, immutable: true },
        { name: 'guarded', type: double, sudo: true },
        { name: 'watched', type: double, tracked: true },
        { name: 'span', type: { base: 'interval' }, tracked: true },
        { name: 'text', type: { base: 'text' }, searchable: true },
      ],
    },
    {
      name: 'scales',
      features: { ...all, history: false },
      key: ['at'],
      columns: [{ name: 'at', type: double, required: true }],
    },
  ]);
  s = `"t_${tenant}"`;
  loginUrl = await createLogin(database, 'eve', principal(tenant, 'eve'));
  await asGateway(
    database,
    principal(tenant, 'ann', { sudo: true }),
    async (client) => {
      await client.query(
        `insert into ${s}.weights (fixed, guarded, watched, span, text, _acl)
         values (1.234, 5.678, 2.5, '1 day', 'w', ${s}.acl(full => array['eve']))`,
      );
      await client.query(
        `insert into ${s}.scales values (1, default, default, default, default, 0),
           (1.2, default, default, default, default, ${s}.acl(full => array['eve']))`,
      );
    },
    { commit: true },
  );
});

/** A session that prints as little as it can. */
async function asEve<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  return withClient(loginUrl, async (client) => {
    await client.query('set extra_float_digits = -15; set intervalstyle = sql_standard');
    await client.query(`set timezone = 'Asia/Kathmandu'; begin`);
    return work(client);
  });
}

it.each([
  ['an immutable column', 'fixed = 1.249', 'RH404'],
  ['a sudo column', 'guarded = 5.6', 'RH305'],
])('%s', async (_, change, code) => {
  await asEve(async (client) => {
    expect(await attempt(client, `update ${s}.weights set ${change}`)).toMatchObject({ code });
  });
});

it('another intent', async () => {
  await asEve(async (client) => {
    await client.query(`set rowhouse.intent = 'delete'`);
    expect(await attempt(client, `update ${s}.weights set watched = 2.4`)).toMatchObject({
      code: 'RH303',
    });
  });
});

it('history tells what was written', async () => {
  await asEve(async (client) => {
    await client.query(`update ${s}.weights set watched = 2.4, span = '2 days'`);
    const { changes } = await one(
      client,
      `select changes from ${s}._rowhouse_history where operation = 'update'`,
    );
    expect(changes).toEqual({
      watched: { old: 2.5, new: 2.4 },
      span: { old: '1 day', new: '2 days' },
    });
  });
});

it('a deletion meets its own row', async () => {
  await asEve(async (client) => {
    await client.query(`delete from ${s}.scales`);
    await client.query(`set rowhouse.show = 'trashed'; set extra_float_digits = 1`);
    const { rows } = await client.query(
      `select at, trashed_at is not null as gone from ${s}.scales order by at`,
    );
    expect(rows).toEqual([
      { at: 1, gone: false },
      { at: 1.2, gone: true },
    ]);
  });
});
