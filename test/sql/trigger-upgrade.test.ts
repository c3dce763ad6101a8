import { expect, it } from 'vitest';
import { sqlFile } from '../../control-plane/pg/sql-files.ts';
import { createDatabase } from '../support/database.ts';
import { createTenant } from './fixture.ts';

const number = {
  name: 'Nº "x"',
  type: { base: 'bigint' },
  required: true,
  identity: { start: 1, increment: 1, follows: true },
};

it('the triggers of tables made before migrations 0014 and 0015 become those of tables made now', async () => {
  const database = await createDatabase();
  const tenant = await createTenant(database, 'older', [
    { name: 'stamped', columns: [{ name: 'a', type: { base: 'text' } }] },
    {
      name: 'numbered',
      access: 'policy',
      features: { timestamps: false, softDelete: false, acl: false, history: false },
      columns: [number, { name: 'a', type: { base: 'text' } }],
      key: [number.name],
    },
    {
      name: 'timed',
      access: 'grants',
      features: { timestamps: true, softDelete: false, acl: false, history: false },
      columns: [{ name: 'a', type: { base: 'text' } }],
    },
  ]);
  const s = `"t_${tenant}"`;
  const triggers = async (): Promise<readonly string[]> => {
    const text = `select pg_get_triggerdef(t.oid) as made from pg_trigger as t join pg_class as c on c.oid = t.tgrelid
      where c.relnamespace = '${s}'::regnamespace and not t.tgisinternal order by 1`;
    return (await database.admin.query<{ made: string }>(text)).rows.map(({ made }) => made);
  };
  const now = await triggers();
  const column = '"Nº ""x"""';
  const older = [
    ...['stamped', 'numbered', 'timed'].flatMap((table) => {
      const args = { stamped: `'timestamps', 'xact'`, numbered: `'', 'xact'` }[table];
      return [
        `drop trigger _500_stamp_insert on ${s}.${table}`,
        `drop trigger _500_stamp on ${s}.${table}`,
        `create trigger _500_stamp before insert or update on ${s}.${table} for each row execute function rowhouse.stamp(${args ?? `'timestamps', ''`})`,
      ];
    }),
    `drop trigger "_050_number__Nº ""x""" on ${s}.numbered`,
    `create trigger "_050_number__Nº ""x""" before insert on ${s}.numbered for each row
       when (new.${column} is null) execute function rowhouse.next_number('Nº "x"')`,
    `drop trigger "_060_follow__Nº ""x""" on ${s}.numbered`,
    `create trigger "_060_follow__Nº ""x""" before insert or update of ${column} on ${s}.numbered for each row
       when (new.${column} is not null) execute function rowhouse.follow_number('Nº "x"')`,
  ];
  for (const statement of older) await database.admin.query(statement);
  expect(await triggers()).not.toEqual(now);
  for (const migration of ['0014-row-triggers', '0015-lists-of-reads']) {
    for (const statement of sqlFile(`sql/migrations/${migration}.sql`).statements) {
      await database.admin.query(statement);
    }
  }
  expect(await triggers()).toEqual(now);
}, 60_000);
