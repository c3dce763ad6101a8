import { describe, expect, test } from 'vitest';
import { diff } from '../../../control-plane/compile/diff.ts';
import { prepare } from '../../../control-plane/compile/prepare.ts';
import { forwardOf } from '../../../control-plane/compile/step.ts';
import { withTable } from '../../../control-plane/model/catalog.ts';
import type { Column, Table } from '../../../control-plane/model/table.ts';
import { catalogOf, column, reference, table } from './samples.ts';

const companies = table('companies', [column('name')], { id: 1 });
const people = table(
  'people',
  [
    column('a', { base: 'text' }, { description: 'words' }),
    column('n', { base: 'integer' }, { unique: true, minimum: 0 }),
    column('company_id', { base: 'uuid' }),
  ],
  { id: 2 },
);

function changed(name: string, rules: Partial<Column>): Table {
  return {
    ...people,
    columns: people.columns.map((one) => (one.name === name ? { ...one, ...rules } : one)),
  };
}

function plus(one: Column): Table {
  return { ...people, columns: [...people.columns, one] };
}

const before = catalogOf(companies, people);

/** What is done ahead, and the transaction that ends it. */
function planned(next: Table) {
  const after = withTable(before, next);
  const loss = true;
  const { phases, prepared } = prepare({ old: people, next, before, after, loss });
  return { phases, last: forwardOf(diff(people, next, before, after, { loss, prepared })) };
}

const cases: Readonly<Record<string, Table>> = {
  'volatile-default': plus(
    column('mark', { base: 'uuid' }, { required: true, default: { kind: 'uuid' } }),
  ),
  identity: plus(
    column('count', { base: 'bigint' }, { required: true, identity: { start: 1, increment: 1 } }),
  ),
  required: changed('a', { required: true }),
  'required-filled': changed('a', { required: true, default: { kind: 'value', value: "it's" } }),
  type: changed('n', { type: { base: 'bigint' } }),
  'type-renamed': changed('n', { name: 'number', type: { base: 'bigint' } }),
  index: changed('a', { indexed: true }),
  unique: changed('a', { unique: true }),
  check: changed('a', { pattern: '^\\w' }),
  reference: { ...people, references: [reference('company_id', 'companies')] },
};

describe('a change of a table in use', () => {
  for (const [name, next] of Object.entries(cases)) {
    test(`${name} goes in phases`, async () => {
      const { phases, last } = planned(next);
      const parts = phases.map(
        ({ kind, lock, description, statements, undo }) =>
          `-- ${kind}, ${lock}: ${description}\n${statements.join(';\n')};\n` +
          undo.map((statement) => `--   undo: ${statement};\n`).join(''),
      );
      const text = `${parts.join('')}-- last\n${last.join(';\n')};\n`;
      await expect(text).toMatchFileSnapshot(`__golden__/prepare-${name}.sql`);
    });
  }

  test('no statement reads or writes rows under a lock that stops everybody', () => {
    for (const next of Object.values(cases)) {
      for (const { lock, statements } of planned(next).phases) {
        if (lock !== 'ACCESS EXCLUSIVE') continue;
        for (const statement of statements) {
          expect(statement).not.toMatch(
            /validate|^update|set not null|^create (unique )?index| type .* using/,
          );
        }
      }
      for (const statement of planned(next).last) {
        expect(statement).not.toMatch(/validate|^update|^create (unique )?index| type .* using/);
      }
    }
  });

  test('has none where the catalog alone changes', () => {
    for (const next of [
      plus(column('more', { base: 'text' })),
      plus(
        column(
          'more',
          { base: 'bigint' },
          { required: true, default: { kind: 'value', value: 1 } },
        ),
      ),
      changed('a', { name: 'alpha' }),
      changed('a', { description: 'D' }),
      changed('n', { unique: false }),
      { ...people, columns: people.columns.filter(({ name }) => name !== 'a') },
      { ...people, freeze: true },
    ]) {
      expect(planned(next).phases).toEqual([]);
    }
  });
});
