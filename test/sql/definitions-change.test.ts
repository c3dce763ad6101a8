/** Changes of tables that hold rows: made, taken back, and refused. */
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { findTable } from '../../control-plane/model/catalog.ts';
import type { Column } from '../../control-plane/model/table.ts';
import { column, draftOf } from '../unit/compile/samples.ts';
import { type Definitions, failure, openDefinitions, withColumn } from './definitions-stage.ts';

let database: Definitions['database'];
let tenant: Definitions['tenant'];
let load: Definitions['load'];
let define: Definitions['define'];
let create: Definitions['create'];
let change: Definitions['change'];
let insert: Definitions['insert'];

beforeAll(async () => {
  ({ database, tenant, load, define, create, change, insert } = await openDefinitions());
});

describe('change', () => {
  test('rules that stored rows break change nothing', async () => {
    await create('ruled', [column('a'), column('n', { base: 'bigint' })]);
    await insert('ruled', { a: 'one', n: 1 });
    await insert('ruled', { a: 'one' });
    const broken: readonly [string, Partial<Column>][] = [
      ['a', { unique: true }],
      ['n', { required: true }],
      ['n', { minimum: 2 }],
      ['a', { pattern: '^two' }],
      ['a', { enum: ['two'] }],
      ['a', { type: { base: 'bigint' } }],
      ['a', { maximum: 2 }],
    ];
    const before = await load();
    for (const [name, rules] of broken) {
      const error = await failure(change('ruled', withColumn(name, rules)));
      expect(error).toMatchObject({ kind: 'data_conflict', detail: { field: name } });
    }
    expect(await load()).toEqual(before);
  });

  test('every flag goes on and off again, and leaves the table as it was', async () => {
    await create('toggled', [column('a'), column('n', { base: 'bigint' })]);
    await insert('toggled', { a: 'x', n: 5 });
    const shape = async () =>
      (
        await database.admin.query('select test_shape from (select $1::text) as f (test_shape)', [
          await dump('toggled'),
        ])
      ).rows;
    const before = await shape();
    const rules: readonly Partial<Column>[] = [
      { required: true },
      { unique: true },
      { indexed: true },
      { searchable: true },
      { immutable: true },
      { sudo: true },
      { tracked: true },
      { minimum: 1, maximum: 9, pattern: 'x', enum: ['x'] },
      { default: { kind: 'value', value: 'x' } },
      { type: { base: 'varchar', length: 5 }, searchable: true },
      { description: 'words' },
    ];
    for (const rule of rules) {
      const old = findTable(await load(), { app: 'default', name: 'toggled' });
      await change('toggled', withColumn('a', rule));
      expect(await shape()).not.toEqual(before);
      await change('toggled', () => ({
        columns: old?.columns ?? [],
        features: { timestamps: true, softDelete: true, acl: true, history: false },
      }));
      expect(await shape()).toEqual(before);
    }
  });

  test('recorded rollback SQL takes a change back', async () => {
    await create('undone', [column('a'), column('b', { base: 'numeric' })]);
    const before = await dump('undone');
    await change('undone', (draft) => ({
      freeze: true,
      columns: [
        ...draft.columns.map((one) =>
          one.name === 'a'
            ? { ...one, name: 'alpha', unique: true, minimum: 1 }
            : { ...one, indexed: true },
        ),
        column('c', { base: 'uuid' }, { id: randomUUID(), searchable: true }),
      ],
    }));
    expect(await dump('undone')).not.toEqual(before);
    const { rows } = await database.admin.query<{ rollback_sql: string[]; forward_sql: string[] }>(
      'select forward_sql, rollback_sql from control.operations order by id desc limit 1',
    );
    for (const statement of rows[0]?.rollback_sql ?? []) await database.admin.query(statement);
    expect(await dump('undone')).toEqual(before);
    for (const statement of rows[0]?.forward_sql ?? []) await database.admin.query(statement);
  });

  test('types pass where nothing is lost and are refused where something is', async () => {
    await create('typed', [
      column('a'),
      column('b', { base: 'numeric' }),
      column('c', { base: 'jsonb' }),
    ]);
    await insert('typed', { a: '12', b: '2.0', c: '"text"' });
    await change('typed', withColumn('a', { type: { base: 'bigint' } }));
    await change('typed', withColumn('b', { type: { base: 'bigint' } }));
    await change('typed', withColumn('c', { type: { base: 'text' } }));
    const { rows } = await database.admin.query(`select a, b, c from "t_${tenant}".typed`);
    expect(rows).toEqual([{ a: '12', b: '2', c: 'text' }]);
    await change('typed', withColumn('b', { type: { base: 'numeric' } }));
    await insert('typed', { b: '2.5' });
    expect(
      await failure(change('typed', withColumn('b', { type: { base: 'bigint' } }))),
    ).toMatchObject({
      kind: 'data_conflict',
    });
  });

  test('the version moves and a stale change of a changed table is refused', async () => {
    await create('moved', [column('a')]);
    const seen = await load();
    await change('moved', () => ({ description: 'now' }));
    expect((await load()).version).toBe(seen.version + 1);
    const old = findTable(seen, { app: 'default', name: 'moved' });
    if (!old) throw new Error('no table');
    const late = define(
      { kind: 'change_table', from: old, to: { ...draftOf(old), sudo: true } },
      { seen },
    );
    expect((await failure(late)).kind).toBe('stale_catalog');
  });
});

/** All that Postgres says of a table, as text: columns without their order, constraints, indexes, triggers, policies, rights. */
async function dump(name: string): Promise<string> {
  const { rows } = await database.admin.query<{ line: string }>(
    `with t as (select $1::regclass as oid)
     select format('column %s %s %s %s', attname, format_type(atttypid, atttypmod), attnotnull,
       pg_get_expr(adbin, adrelid)) || coalesce(col_description(a.attrelid, attnum), '') as line
       from t join pg_attribute a on a.attrelid = t.oid and attnum > 0 and not attisdropped
       left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     union all select conname || ' ' || pg_get_constraintdef(c.oid) || convalidated from t join pg_constraint c on conrelid = t.oid
       where contype <> 'n'
     union all select pg_get_indexdef(indexrelid) from t join pg_index on indrelid = t.oid
     union all select pg_get_triggerdef(g.oid) from t join pg_trigger g on tgrelid = t.oid where not tgisinternal
     union all select p::text from t join pg_policies p on format('%I.%I', schemaname, tablename)::regclass = t.oid
     union all select p.policyname from pg_policies p where p.tablename = '_rowhouse_history'
       and p.qual like '%' || $2 || '%'
     union all select relacl::text from t join pg_class on pg_class.oid = t.oid
     order by 1`,
    [`"t_${tenant}"."${name}"`, name],
  );
  return rows.map(({ line }) => line).join('\n');
}
