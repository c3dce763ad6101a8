/** Tables made and dropped, and by whom. */
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ServiceError } from '../../control-plane/base/errors.ts';
import { findTable } from '../../control-plane/model/catalog.ts';
import { column, draftOf, hostileNames, reference, table } from '../unit/compile/samples.ts';
import { type Definitions, failure, openDefinitions } from './definitions-stage.ts';

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

describe('creation', () => {
  test('a template makes tables and rows', async () => {
    const { tables } = await load();
    expect(tables.map(({ name }) => name)).toEqual(['organisations', 'contacts']);
    const { rows } = await database.admin.query(`select name from "t_${tenant}".contacts`);
    expect(rows).toEqual([{ name: 'Ada Example' }]);
  });

  test('every hostile name becomes a column with every flag', async () => {
    const flags = { unique: true, indexed: true, searchable: true, sudo: true, immutable: true };
    const columns = hostileNames.map((name) =>
      column(
        name,
        { base: 'text' },
        { ...flags, tracked: true, minimum: 1, maximum: 9, pattern: 'x', enum: ['x'] },
      ),
    );
    const made = await create('hostile', columns);
    expect(made?.columns.slice(1).map(({ name }) => name)).toEqual(hostileNames);
    expect(made?.features.history).toBe(true);
    const { rows } = await database.admin.query(
      `select conname from pg_constraint where conrelid = $1::regclass and octet_length(conname) > 50`,
      [`"t_${tenant}".hostile`],
    );
    expect(rows).toEqual([]);
  });

  test('what is loaded is what was defined', async () => {
    const made = await create(
      'loaded',
      [column('a', { base: 'bigint' }, { minimum: 1, default: { kind: 'value', value: 2 } })],
      {
        description: 'D',
      },
    );
    const again = findTable(await load(), { app: 'default', name: 'loaded' });
    expect(again).toEqual(made);
    expect(made?.columns[1]).toMatchObject({
      name: 'a',
      minimum: 1,
      default: { kind: 'value', value: 2 },
    });
    expect(made?.createdAt).toMatch(/^\d{4}-.*Z$/);
  });

  test('reserved names are refused with the field', async () => {
    for (const name of ['created_at', '_acl', '_xact', '_search', 'ctid']) {
      const error = await failure(create('reserved', [column(name)]));
      expect(error).toMatchObject({ kind: 'invalid_name', detail: { field: name } });
    }
    expect((await failure(create('_rowhouse_x', []))).kind).toBe('invalid_name');
  });

  test('a default or pattern that is none leaves nothing and is on record', async () => {
    const faulty = [
      column('n', { base: 'bigint' }, { default: { kind: 'value', value: 'many' } }),
      column('p', { base: 'text' }, { pattern: '(' }),
    ];
    for (const one of faulty) {
      expect((await failure(create('faulty', [one]))).kind).toBe('invalid_definition');
    }
    expect(findTable(await load(), { app: 'default', name: 'faulty' })).toBeUndefined();
    const { rows } = await database.admin.query(
      `select status from control.operations where status = 'failed' and definition #>> '{table,name}' = 'faulty'`,
    );
    expect(rows).toHaveLength(2);
  });

  test('of two at once one makes the table', async () => {
    const seen = await load();
    const definition = { kind: 'create_table', table: draftOf(table('raced', [])) } as const;
    const named = {
      ...definition.table,
      columns: definition.table.columns.map((one) => ({ ...one, id: randomUUID() })),
    };
    const both = await Promise.allSettled(
      [1, 2].map(() => define({ ...definition, table: named }, { seen })),
    );
    const lost = both.filter((one) => one.status === 'rejected');
    expect(lost.map(({ reason }) => (reason as ServiceError).kind)).toEqual(['table_exists']);
  });

  test('different ones at once all go through, though each saw the catalog before', async () => {
    const seen = await load();
    const made = await Promise.all(
      ['p1', 'p2', 'p3', 'p4', 'p5'].map((name) => {
        const drafted = draftOf(table(name, []));
        const columns = drafted.columns.map((one) => ({ ...one, id: randomUUID() }));
        return define({ kind: 'create_table', table: { ...drafted, columns } }, { seen });
      }),
    );
    expect(new Set(made.map((one) => one?.id)).size).toBe(5);
  });
});

describe('the right to define', () => {
  test('is that of level full, and needs sudo on guarded tables', async () => {
    await create('guarded', [column('a')]);
    const describe = () => ({ description: 'x' });
    expect((await failure(change('guarded', describe, { access: 'edit', sudo: false }))).kind).toBe(
      'forbidden',
    );
    await change('guarded', () => ({ freeze: true }), { sudo: false });
    expect(
      (await failure(change('guarded', () => ({ freeze: false }), { sudo: false }))).kind,
    ).toBe('sudo_required');
    expect((await failure(change('guarded', describe))).kind).toBe('table_frozen');
    await change('guarded', () => ({ freeze: false, status: 'disabled' }));
    const { rows } = await database.admin.query(
      `select has_table_privilege($1, $2, 'select') as may`,
      [`t_${tenant}`, `"t_${tenant}".guarded`],
    );
    expect(rows).toEqual([{ may: false }]);
  });
});

describe('drop', () => {
  test('retains the rows, frees the name, and leaves other tables their columns', async () => {
    await create('parents', [column('a')]);
    await create('children', [column('parent_id', { base: 'uuid' }, { tracked: true })], {
      references: [
        reference('parent_id', 'parents', {
          relationship: { type: 'owned', name: 'children', cascade: true, required: false },
        }),
      ],
    });
    await insert('parents', { a: 'kept' });
    const parents = findTable(await load(), { app: 'default', name: 'parents' });
    await define({ kind: 'drop_table', table: { app: 'default', name: 'parents' }, retain: true });
    const children = findTable(await load(), { app: 'default', name: 'children' });
    expect(children?.references).toEqual([]);
    expect(children?.columns.map(({ name }) => name)).toEqual(['id', 'parent_id']);
    const kept = await database.admin.query(
      `select a from "t_${tenant}"."_rowhouse_retired_${parents?.id}"`,
    );
    expect(kept.rows).toEqual([{ a: 'kept' }]);
    await insert('children', { parent_id: randomUUID() });
    await create('parents', [column('a')]);
    await define({ kind: 'drop_table', table: { app: 'default', name: 'children' }, retain: true });
    await define({ kind: 'drop_table', table: { app: 'default', name: 'parents' }, retain: false });
  });

  test('a child retired lets its parents go', async () => {
    await create('owners', [column('a')]);
    await create('things', [column('owner_id', { base: 'uuid' })], {
      references: [
        reference('owner_id', 'owners', {
          name: 'things_owner_fkey',
          relationship: { type: 'owned', cascade: false, required: true },
        }),
      ],
    });
    await insert('owners', { a: 'x' });
    const { rows } = await database.admin.query(`select id from "t_${tenant}".owners`);
    await insert('things', { owner_id: rows[0]?.id });
    await define({ kind: 'drop_table', table: { app: 'default', name: 'things' }, retain: true });
    await database.admin.query(`update "t_${tenant}".owners set a = 'y'`);
    await define({ kind: 'drop_table', table: { app: 'default', name: 'owners' }, retain: false });
  });
});
