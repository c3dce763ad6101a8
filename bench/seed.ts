import pg from 'pg';
import { claimsOf, type Principal } from '../control-plane/model/principal.ts';
import { type Bench, operator, person } from './environment.ts';
import { catalogOf } from './same-sql.ts';

/** The shares of all rows that the callers of the ACL table see, and the name each goes by in the lists. */
export const shares = [
  { share: 0.0001, sub: 'sees_0001' },
  { share: 0.01, sub: 'sees_01' },
  { share: 0.5, sub: 'sees_50' },
  { share: 1, sub: 'sees_all' },
] as const;

/** Distinct access lists of a seeded tenant. A share of them is a share of the rows. */
export const acls = 10_000;

/** Makes a tenant and answers with its administrator. */
export async function seedTenant(bench: Bench, name: string): Promise<Principal> {
  const tenant = bench.slug(name);
  await bench.request(operator, 'POST', '/admin/tenants', { tenant });
  return person(tenant, 'admin', { access: 'root' });
}

/** A table as a shop would define it, through the API. */
export async function defineItems(bench: Bench, admin: Principal, table: string): Promise<void> {
  await bench.request(admin, 'POST', `/api/describe/${table}`, {
    status: 'active',
    columns: [
      { column_name: 'name', type: 'text', required: true },
      { column_name: 'category', type: 'text', index: true },
      { column_name: 'price', type: 'decimal', minimum: 0 },
      { column_name: 'stock', type: 'integer' },
      { column_name: 'note', type: 'text' },
    ],
  });
}

/**
 * The tenant's lists: 10,000 combinations of made-up people; each caller of {@link shares} is in the read lists of its share of them.
 * Spread evenly, so that a share of lists is that share of rows.
 */
export async function seedLists(bench: Bench, tenant: string): Promise<void> {
  await bench.admin.query(`
    begin;
    set local role rowhouse_owner;
    select count("t_${tenant}"._rowhouse_acl(
      "read" => ${readersOf('i')}, edit => array[${editorOf('i')}], "full" => '{}', "delete" => '{}', deny => '{}', authors => '{}'))
    from generate_series(1, ${acls}) as i;
    commit;
    analyze "t_${tenant}"._rowhouse_acls`);
}

/** SQL for who is in the read list of an access list. */
export function readersOf(acl: string): string {
  const members = shares
    .map(({ share, sub }) => `case when ${acl} % ${Math.round(1 / share)} = 0 then '${sub}' end`)
    .join(', ');
  return `array_remove(array[${members}, 'reader_' || ${acl}, 'group_' || ${acl} % 97], null)`;
}

/** SQL for who is in its edit list. */
export function editorOf(acl: string): string {
  return `'editor_' || ${acl} % 613`;
}

/** SQL for the access list of the n-th row: scattered over all of them. */
export const aclOfRow = `(1 + (n::bigint * 7919 + n / ${acls}) % ${acls})`;

/** SQL for the columns of the n-th row, as they are named in {@link seedRows}. */
export const columnsOfRow = `('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'item ' || n, 'category ' || n % 50,
        (n % 10000) / 100.0, n % 1000, repeat(md5(n::text), 2), t, t`;

/** SQL for n and t, the time at which the n-th row was made. */
export function numbersTo(rows: number): string {
  return `(select n, now() - make_interval(secs => ${rows} - n) as t from generate_series(1, ${rows}) as n) as numbers`;
}

/** Stores a caller's verdicts on all lists, as the server does after the first request. */
export async function storeVerdicts(bench: Bench, caller: Principal): Promise<void> {
  const { tenant = '' } = caller;
  const client = new pg.Client({ connectionString: bench.gatewayUrl });
  await client.connect();
  try {
    const { version } = await catalogOf(bench, tenant);
    const claims = JSON.stringify(claimsOf(caller, 'bench'));
    await client.query('begin');
    await client.query('select rowhouse.enter($1, $2, $3, $4, $5)', [
      tenant,
      version,
      claims,
      'live',
      'edit',
    ]);
    await client.query(`select "t_${tenant}"._rowhouse_extend()`);
    await client.query('commit');
  } finally {
    await client.end();
  }
}

/** Key of the n-th row: any n gives one, so load can name rows without reading them. */
export function keyOf(n: number): string {
  return `00000000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
}

/**
 * Rows in key order (the key is the age), lists scattered over them; and beside it a bare copy of the table for comparison: same
 * columns, same indexes, no policy, no trigger.
 */
export async function seedRows(
  bench: Bench,
  tenant: string,
  table: string,
  rows: number,
  withLists: boolean,
): Promise<void> {
  const schema = `"t_${tenant}"`;
  const acl = withLists ? aclOfRow : '0';
  const client = await bench.admin.connect();
  try {
    // Rows are put there as they would stand after years of use, not by way of 1M triggers.
    await client.query('set session_replication_role = replica');
    await client.query(`
      insert into ${schema}.${table} (id, name, category, price, stock, note, created_at, updated_at, _acl, _xact)
      select ${columnsOfRow}, ${acl}, '1'::xid8 from ${numbersTo(rows)}`);
    await client.query('reset session_replication_role');
    await client.query(`
      create table ${schema}.${table}_plain (like ${schema}.${table} including defaults including indexes);
      insert into ${schema}.${table}_plain select * from ${schema}.${table}`);
    await client.query(`vacuum analyze ${schema}.${table}`);
    await client.query(`vacuum analyze ${schema}.${table}_plain`);
  } finally {
    client.release();
  }
}
