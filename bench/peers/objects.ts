import type { Principal } from '../../control-plane/model/principal.ts';
import { type Bench, person } from '../environment.ts';
import {
  aclOfRow,
  acls,
  columnsOfRow,
  editorOf,
  numbersTo,
  readersOf,
  seedTenant,
  storeVerdicts,
} from '../seed.ts';

/** Key of the n-th object. */
export function objectKey(n: number): string {
  return `item_${String(n).padStart(9, '0')}`;
}

/**
 * The rows of `items` as objects of a table of Data Svc's own kind, in a tenant of their own: the same readers of each, the columns as
 * keys of its data.
 * @returns who asks for them by a sub
 */
export async function seedObjects(bench: Bench, rows: number): Promise<(sub: string) => Principal> {
  const { tenant = '' } = await seedTenant(bench, 'peers_objects');
  const callerOf = (sub: string) => person(tenant, sub);
  // The first object makes the table.
  await bench.request(callerOf('maker'), 'POST', '/data-svc/object', { object: { table: 'item' } });
  const schema = `"t_${tenant}"`;
  const client = await bench.admin.connect();
  try {
    await client.query(`
      begin;
      set local role rowhouse_owner;
      create table ${schema}._seed as select i, ${schema}._rowhouse_lists_acl(
        ${readersOf('i')}, array[${editorOf('i')}], '{}', '{}', '{}', array['maker']) as acl
      from generate_series(1, ${acls}) as i;
      commit;
      set session_replication_role = replica;
      insert into ${schema}.item (id, data, created_at, updated_at, _acl, _xact)
      select 'item_' || lpad(n::text, 9, '0'),
        jsonb_build_object('name', name, 'category', category, 'price', price, 'stock', stock, 'note', note), t, t, s.acl, '1'::xid8
      from (select n, ${aclOfRow} as acl, ${columnsOfRow} from ${numbersTo(rows)})
        as seeded (n, acl, id, name, category, price, stock, note, t, u)
      join ${schema}._seed as s on s.i = seeded.acl;
      reset session_replication_role;
      drop table ${schema}._seed`);
    for (const table of ['item', '_rowhouse_acls']) {
      await client.query(`vacuum analyze ${schema}.${table}`);
    }
  } finally {
    client.release();
  }
  await storeVerdicts(bench, callerOf('sees_all'));
  return callerOf;
}
