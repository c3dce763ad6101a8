import { describe, expect, test } from 'vitest';
import { diff } from '../../../control-plane/compile/diff.ts';
import type { Step } from '../../../control-plane/compile/step.ts';
import { forwardOf, reverseOf } from '../../../control-plane/compile/step.ts';
import { withTable } from '../../../control-plane/model/catalog.ts';
import type { Column, Table } from '../../../control-plane/model/table.ts';
import { catalogOf, column, reference, table } from './samples.ts';

const parent = table('companies', [column('name')], { id: 1 });
const base = table(
  'people',
  [column('a'), column('n', { base: 'bigint' }), column('company_id', { base: 'uuid' })],
  {
    id: 2,
  },
);

/** The base table with one column changed. */
function changed(name: string, rules: Partial<Column>): Table {
  return {
    ...base,
    columns: base.columns.map((one) => (one.name === name ? { ...one, ...rules } : one)),
  };
}

function steps(next: Table, old: Table = base): readonly Step[] {
  const before = catalogOf(parent, old);
  return diff(old, next, before, withTable(before, next));
}

const owned = reference('company_id', 'companies', {
  relationship: { type: 'owned', name: 'people', cascade: true, required: false },
});

const cases: Readonly<Record<string, Table>> = {
  'add-column': {
    ...base,
    columns: [...base.columns, column('b', { base: 'text' }, { required: true, unique: true })],
  },
  'drop-column': { ...base, columns: base.columns.filter(({ name }) => name !== 'a') },
  'type-widened': changed('n', { type: { base: 'numeric' } }),
  'type-narrowed': changed('a', { type: { base: 'bigint' }, default: { kind: 'value', value: 1 } }),
  required: changed('a', { required: true }),
  default: changed('a', { default: { kind: 'value', value: "it's" } }),
  bounds: changed('n', { minimum: 1, maximum: 10 }),
  pattern: changed('a', { pattern: '^\\d+$' }),
  enum: changed('a', { enum: ['x', 'y'] }),
  unique: changed('a', { unique: true }),
  index: changed('a', { indexed: true }),
  searchable: changed('a', { searchable: true }),
  immutable: changed('a', { immutable: true }),
  sudo: changed('a', { sudo: true }),
  tracked: {
    ...changed('a', { tracked: true }),
    features: { ...base.features, history: true },
  },
  relationship: { ...base, references: [owned] },
  freeze: { ...base, freeze: true },
  'table-sudo': { ...base, sudo: true },
  disabled: { ...base, status: 'disabled' },
  described: { ...base, description: 'People' },
  'column-described': changed('a', { description: 'A' }),
  'column-renamed': changed('a', { name: 'alpha' }),
  renamed: { ...base, name: 'persons', physical: 'persons' },
};

describe('a change of a table', () => {
  for (const [name, next] of Object.entries(cases)) {
    test(name, async () => {
      const text = (list: readonly Step[]): string =>
        list
          .map((step) => `-- ${step.class}: ${step.description}\n${step.forward.join(';\n')};`)
          .join('\n');
      const out = `${text(steps(next))}\n-- back\n${text(steps(base, next))}\n`;
      await expect(out).toMatchFileSnapshot(`__golden__/diff-${name}.sql`);
    });
  }

  test('nothing to do is no step', () => {
    expect(steps(base)).toEqual([]);
    expect(steps({ ...base, columns: base.columns.toReversed() })).toEqual([]);
  });

  test('losing values is destructive, changing the provider refused', () => {
    const drop = cases['drop-column'] ?? base;
    expect(steps(drop).map((step) => step.class)).toContain('destructive');
    expect(steps({ ...base, provider: 'jsonb' }).map((step) => step.class)).toEqual(['refused']);
  });

  test('forward then reverse touches the same things', () => {
    for (const next of Object.values(cases)) {
      const there = steps(next);
      expect(reverseOf(there).length > 0).toBe(forwardOf(there).length > 0);
    }
  });

  test('a type change takes down what pins the column and puts it back', () => {
    const old = changed('a', { searchable: true });
    const next = {
      ...old,
      columns: old.columns.map((one) =>
        one.name === 'a' ? { ...one, type: { base: 'varchar' as const, length: 9 } } : one,
      ),
    };
    const text = forwardOf(steps(next, old));
    const at = (part: string): number => text.findIndex((one) => one.includes(part));
    expect(at('drop column "_search"')).toBeLessThan(at('type varchar(9)'));
    expect(at('type varchar(9)')).toBeLessThan(at('add column "_search"'));
  });

  test('a search vector over other columns gets its index again', () => {
    const one = changed('a', { searchable: true });
    const two = {
      ...one,
      columns: one.columns.map((each) =>
        each.name === 'n' ? { ...each, searchable: true } : each,
      ),
    };
    for (const [old, next] of [
      [one, two],
      [two, one],
    ] as const) {
      const text = forwardOf(steps(next, old));
      const order = ['drop index', 'drop column', 'add column', 'create index'];
      expect(text.map((each) => order.findIndex((verb) => each.includes(verb)))).toEqual([
        0, 1, 2, 3,
      ]);
    }
  });

  test('columns may swap their names', () => {
    const next = {
      ...base,
      columns: base.columns.map((one) =>
        one.name === 'a' ? { ...one, name: 'n' } : one.name === 'n' ? { ...one, name: 'a' } : one,
      ),
    };
    expect(forwardOf(steps(next)).filter((one) => one.includes('rename column'))).toHaveLength(4);
  });

  test('a renamed target is followed by the references to it', () => {
    const child = { ...base, references: [owned] };
    const next = { ...parent, name: 'firms', physical: 'firms' };
    const before = catalogOf(parent, child);
    const after = withTable(before, next);
    expect(after.tables[1]?.references[0]?.target.name).toBe('firms');
    const text = forwardOf(diff(parent, next, before, after)).join('\n');
    expect(text).toContain(`'firms'`);
    expect(text).not.toContain('foreign key');
  });
});
