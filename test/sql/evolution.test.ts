/** Changes of tables in use: what each kind does to the table, its rows and its marks, in one transaction and in phases. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Table, TableDraft } from '../../control-plane/model/table.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import {
  type Evolver,
  evolver,
  makeTenant,
  plusColumn,
  shapeOf,
  withColumn,
} from '../support/evolution.ts';
import { itemColumns, itemRows } from '../support/evolution-cases.ts';
import { column, reference } from '../unit/compile/samples.ts';

let database: TestDatabase;
let tenant: string;
/** Every table of more than ten rows counts as large. */
let phased: Evolver;
let whole: Evolver;
let count = 0;

beforeAll(async () => {
  database = await createDatabase();
  tenant = database.slug('evo');
  await makeTenant(database, tenant);
  phased = evolver(database, tenant, { large: 10 });
  whole = evolver(database, tenant, { large: 1_000_000 });
  await whole.create('targets', [column('label')]);
  await fillRows(
    'targets',
    `insert into %t (label) select 'target ' || g from generate_series(1, 3) as g`,
  );
});

/** Runs a statement on a table as its superuser; `%t` is the table. */
async function fillRows(name: string, statement: string): Promise<void> {
  const on = `"t_${tenant}"."${name}"`;
  // A superuser meets the guards too, but no policy.
  const text = statement.replaceAll('%t', on).replaceAll('%s', `"t_${tenant}"`);
  await database.admin.query(text);
}

/** A table with so many rows, another for every case. */
async function made(rows = 40): Promise<string> {
  const name = `items_${++count}`;
  await whole.create(name, itemColumns);
  await fillRows(name, itemRows(rows));
  return name;
}

type To = (draft: TableDraft) => Partial<TableDraft>;

const kinds: Readonly<Record<string, To>> = {
  'a column': plusColumn(column('b', { base: 'text' })),
  'a column with a constant default': plusColumn(
    column('b', { base: 'bigint' }, { required: true, default: { kind: 'value', value: 7 } }),
  ),
  'a column with a default for every row': plusColumn(
    column('b', { base: 'uuid' }, { required: true, unique: true, default: { kind: 'uuid' } }),
  ),
  'an identity column': plusColumn(
    column('b', { base: 'bigint' }, { required: true, identity: { start: 100, increment: 2 } }),
  ),
  required: withColumn('a', { required: true }),
  'required, filled by the default': withColumn('gap', {
    required: true,
    default: { kind: 'value', value: "it's" },
  }),
  'a wider integer': withColumn('n', { type: { base: 'bigint' } }),
  'text of a number': withColumn('n', { type: { base: 'text' } }),
  'a wider text': withColumn('a', { type: { base: 'varchar', length: 50 } }),
  'an index': withColumn('f', { indexed: true }),
  uniqueness: withColumn('a', { unique: true }),
  'a check': withColumn('f', { minimum: 1, maximum: 1000 }),
  'a reference': () => ({ references: [reference('target_id', 'targets', { name: '' })] }),
  'a renamed column of another type': withColumn('n', { name: 'number', type: { base: 'bigint' } }),
  'two columns that swap names': (draft) => ({
    columns: draft.columns.map((one) =>
      one.name === 'a'
        ? { ...one, name: 'gap', required: true }
        : one.name === 'gap'
          ? { ...one, name: 'a' }
          : one,
    ),
  }),
  'a column under the name of one dropped': (draft) => ({
    columns: draft.columns
      .filter(({ name }) => name !== 'f')
      .map((one) => (one.name === 'n' ? { ...one, name: 'f', type: { base: 'bigint' } } : one)),
  }),
  'a new column under the name of one renamed': (draft) => ({
    columns: [
      ...draft.columns.map((one) => (one.name === 'f' ? { ...one, name: 'former' } : one)),
      column('f', { base: 'uuid' }, { id: '', indexed: true, default: { kind: 'uuid' } }),
    ],
  }),
  'no trash any more': () => ({
    features: { timestamps: true, softDelete: false, acl: true, history: true },
  }),
};

describe('a change in phases', () => {
  for (const [name, to] of Object.entries(kinds)) {
    it(`makes of a table with ${name} what one transaction makes, and can be taken back`, async () => {
      const [one, other] = [await made(), await made()];
      const marks = await marksOf(other);
      const before = await describeTable(other);
      await whole.change(one, to, { allowDataLoss: true });
      const outcome = await phased.change(other, to, { allowDataLoss: true });
      expect(outcome.operation?.status).toBe('done');
      expect(await describeTable(other)).toEqual(await describeTable(one));
      expect(await marksOf(other)).toEqual(marks);
      expect(await valuesOf(other)).toEqual(await valuesOf(one));
      const operation = outcome.operation?.id ?? '';
      const table = { app: 'default', name: other };
      if (name === 'no trash any more' || name.includes('dropped')) return;
      await phased.define({ kind: 'rollback_operation', table, operation });
      expect(await describeTable(other)).toEqual(before);
      expect(await marksOf(other)).toEqual(marks);
      await expect(
        phased.define({ kind: 'rollback_operation', table, operation }),
      ).rejects.toMatchObject({ kind: 'rollback_conflict' });
    });
  }
});

/** A table's shape without what names it. */
async function describeTable(name: string): Promise<readonly string[]> {
  const { id } = await whole.table(name);
  const lines = await shapeOf(database, `t_${tenant}`, name);
  const own = new RegExp(`(?<=_|history\\(')${id}(?=\\D|$)`, 'g');
  return lines.map((line) => line.replaceAll(name, 'T').replaceAll(own, 'N')).toSorted();
}

/** What only writers change, and the number of entries of the history. */
async function marksOf(name: string): Promise<unknown> {
  const { id } = await whole.table(name);
  const { rows } = await database.admin.query(
    `select id, created_at, updated_at, _acl, _xact::text,
       (select count(*) from "t_${tenant}"._rowhouse_history where relation = ${id}) as entries
     from "t_${tenant}"."${name}" order by id`,
  );
  return rows;
}

async function valuesOf(name: string): Promise<unknown> {
  const table: Table = await whole.table(name);
  const own = table.columns.filter((one) => one.name !== 'id' && one.default?.kind !== 'uuid');
  const list = own.map((one) => `"${one.name}"::text`).join();
  const { rows } = await database.admin.query(
    `select ${list} from "t_${tenant}"."${name}" order by 1, 2, 3`,
  );
  return rows;
}
