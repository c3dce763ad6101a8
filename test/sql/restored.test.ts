/** A database restored in another cluster: stamps of transactions yet to come show nobody a hidden row. */
import { beforeAll, expect, it } from 'vitest';
import { install } from '../../control-plane/pg/install.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { gatewayPassword, principal } from '../support/principal.ts';
import { asGateway } from '../support/sql.ts';
import { createTenant, one } from './fixture.ts';

let database: TestDatabase;
let s: string;
let tenant: string;

beforeAll(async () => {
  database = await createDatabase();
  tenant = await createTenant(database, 'restored');
  s = `"t_${tenant}"`;
  const ann = principal(tenant, 'ann', { sudo: true });
  await asGateway(
    database,
    ann,
    (client) =>
      client.query(
        `insert into ${s}.docs (title, code, _acl)
         values ('hidden', 'x', ${s}.acl(read => array['ann'])), ('open', 'y', 0)`,
      ),
    { commit: true },
  );
  // As a dump of an older cluster brings them; its triggers are made after its rows.
  await database.admin.query(
    `begin;
     set local session_replication_role = replica;
     update ${s}.docs set _xact = '999999999', updated_at = '2020-01-01';
     update control.cluster set system_identifier = 1;
     commit`,
  );
});

it('are taken away by the installer, and nothing else is', async () => {
  const rows = `select count(*)::int as n, max(_xact::text::numeric)::int as stamp, max(updated_at)::date::text as day,
     (select count(*)::int from ${s}._rowhouse_history) as entries from ${s}.docs`;
  expect(await one(database.admin, rows)).toMatchObject({ stamp: 999_999_999, entries: 2 });
  await install(database.url, { gatewayPassword: gatewayPassword(database.secret) });
  expect(await one(database.admin, rows)).toEqual({
    n: 2,
    stamp: 0,
    day: '2020-01-01',
    entries: 2,
  });
  const disabled = `select count(*)::int as n from pg_trigger where tgenabled = 'D'`;
  expect(await one(database.admin, disabled)).toEqual({ n: 0 });
  const seen = await asGateway(database, principal(tenant, 'eve'), (client) =>
    client.query(`select title from ${s}.docs`),
  );
  expect(seen.rows).toEqual([{ title: 'open' }]);
});

it('are left alone where the database has stayed', async () => {
  await database.admin.query(`update control.cluster set seen_at = '2020-01-01'`);
  await install(database.url, { gatewayPassword: gatewayPassword(database.secret) });
  expect(
    await one(
      database.admin,
      'select seen_at::date::text as day, system_identifier = (select system_identifier from pg_control_system()) as here from control.cluster',
    ),
  ).toEqual({ day: '2020-01-01', here: true });
});
