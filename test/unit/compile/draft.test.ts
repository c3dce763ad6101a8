import { describe, expect, test } from 'vitest';
import { ServiceError } from '../../../control-plane/base/errors.ts';
import { settle } from '../../../control-plane/compile/settle.ts';
import type { Column, Table } from '../../../control-plane/model/table.ts';
import { checkDraft } from '../../../control-plane/model/table-schema.ts';
import { catalogOf, column, draftOf, plainTable, reference, table } from './samples.ts';

function fault(draft: Table, ...others: readonly Table[]): string {
  try {
    checkDraft(draftOf(draft), catalogOf(...others));
    return 'none';
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return [error.kind, error.detail.field, error.detail.reason].filter(Boolean).join(' ');
  }
}

const withColumn = (name: string, rules: Partial<Column> = {}) =>
  table('t', [column(name, undefined, rules)]);

describe('a draft', () => {
  test.each([
    ['a good one', withColumn('a b'), 'none'],
    ['an engine column', withColumn('created_at'), 'invalid_name created_at reserved'],
    ['a column of Postgres', withColumn('xmin'), 'invalid_name xmin reserved'],
    ['an engine column where the feature is off', plainTable('t', [column('created_at')]), 'none'],
    ['64 bytes', withColumn('é'.repeat(32)), `invalid_name ${'é'.repeat(32)} too_long`],
    ['a NUL', withColumn('a\0b'), 'invalid_name a\0b malformed'],
    ['half a character', withColumn('\ud800'), 'invalid_name \ud800 malformed'],
    ['no name', withColumn(''), 'invalid_name malformed'],
    ['a column twice', table('t', [column('a'), column('a')]), 'column_exists a'],
    ['a reserved table', table('_rowhouse_x', []), 'invalid_name _rowhouse_x reserved'],
    [
      'a pattern on a number',
      table('t', [column('n', { base: 'bigint' }, { pattern: 'x' })]),
      'invalid_definition n pattern',
    ],
    [
      'a bound on a boolean',
      table('t', [column('n', { base: 'boolean' }, { minimum: 1 })]),
      'invalid_definition n minimum',
    ],
    ['crossed bounds', withColumn('a', { minimum: 2, maximum: 1 }), 'invalid_definition a minimum'],
    [
      'a key that is no column',
      { ...table('t', []), key: ['x'] },
      'invalid_definition x column_not_found',
    ],
    ['a trash without key', { ...table('t', []), key: [] }, 'invalid_definition soft_delete'],
    [
      'a target that is none',
      table('t', [column('a')], { references: [reference('a', 'x')] }),
      'invalid_definition a target_not_found',
    ],
  ])('%s', (_, draft, expected) => {
    expect(fault(draft)).toBe(expected);
  });

  test('names unique among the owned columns of one target', () => {
    const owned = (name: string) =>
      reference('a', 'p', {
        name,
        relationship: { type: 'owned', name: 'kids', cascade: false, required: false },
      });
    const parent = table('p', [], { id: 1 });
    const first = table('c1', [column('a')], { id: 2, references: [owned('x')] });
    const second = table('c2', [column('a')], { id: 3, references: [owned('y')] });
    expect(fault(second, parent, first)).toBe('data_conflict a relationship_name');
  });

  test('two apps may not share a physical name', () => {
    const other = table('x', [], { app: 'a', physical: 'a_x', id: 1 });
    expect(fault(table('a_x', []), other)).toBe('table_exists');
  });
});

describe('settling', () => {
  const identity = { id: 9, uuid: 'u', schema: 't_acme' };
  let next = 0;
  const newId = () => `new${next++}`;

  test('keeps the identity of columns by id, else by name', () => {
    const old = settle(draftOf(table('t', [column('a')])), identity, catalogOf(), newId);
    const stamped = {
      ...old,
      columns: old.columns.map((one) => ({ ...one, createdAt: 'then', updatedAt: 'then' })),
    };
    const draft = {
      ...draftOf(stamped),
      columns: stamped.columns.map((one) => ({
        ...one,
        id: '',
        createdAt: 'x',
        sudo: one.name === 'a',
      })),
    };
    const settled = settle(draft, identity, catalogOf(stamped), newId, stamped);
    expect(settled.columns.map(({ id }) => id)).toEqual(old.columns.map(({ id }) => id));
    expect(settled.columns.map(({ createdAt }) => createdAt)).toEqual(['then', 'then']);
    expect(settled.columns.map(({ updatedAt }) => updatedAt)).toEqual(['then', '']);
  });

  test('gives references names that fit and are free', () => {
    const taken = table('o', [column('a')], {
      id: 1,
      references: [reference('a', 'o', { name: 'same' })],
    });
    const draft = draftOf(
      table('t', [column('a'), column('b')], {
        references: [
          reference('a', 'o', { name: 'same' }),
          reference('b', 'o', { name: 'n'.repeat(51) }),
        ],
      }),
    );
    const names = settle(draft, identity, catalogOf(taken), newId).references.map(
      ({ name }) => name,
    );
    expect(names).toEqual(['a_fkey_9', 'b_fkey_9']);
  });

  test('history goes on with a tracked column', () => {
    const draft = draftOf(table('t', [column('a', undefined, { tracked: true })]));
    expect(settle(draft, identity, catalogOf(), newId).features.history).toBe(true);
  });
});
