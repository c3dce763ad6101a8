import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../control-plane/base/json.ts';
import { plan } from '../../../control-plane/plan/plan.ts';
import type { Format, Output, OutputItem } from '../../../control-plane/statement/output.ts';
import type { Statement } from '../../../control-plane/statement/statement.ts';
import { catalog } from './sample.ts';

const [pets, other] = catalog.tables;
if (pets === undefined || other === undefined) throw new Error('the sample has two tables');

const names = pets.columns.map(({ name }) => name);
const item: fc.Arbitrary<OutputItem> = fc.oneof(
  fc.record({ kind: fc.constant('column' as const), name: fc.constantFrom(...names) }),
  fc.record({
    kind: fc.constant('column' as const),
    name: fc.constantFrom(...names),
    as: fc.constantFrom('a', 'b', 'ä"\\'),
    text: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('object' as const),
    columns: fc.subarray(names),
    as: fc.constant('o'),
  }),
  fc.record({
    kind: fc.constant('access' as const),
    list: fc.constantFrom('read' as const, 'deny' as const),
    as: fc.constantFrom('l', 'm'),
    optional: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('literal' as const),
    value: fc.constantFrom<Json>(1, 'a', null, ['b', { c: true }]),
    as: fc.constant('v'),
  }),
  fc.record({
    kind: fc.constant('right' as const),
    right: fc.constantFrom('edit' as const, 'share' as const),
    as: fc.constant('r'),
  }),
);
const format: fc.Arbitrary<Format> = fc.record({
  numbers: fc.constantFrom('safe' as const, 'plain' as const),
  times: fc.constantFrom('millis' as const, 'trimmed' as const),
});
const output: fc.Arbitrary<Output> = fc.record({ items: fc.array(item, { maxLength: 6 }), format });

const table = { app: pets.app, name: pets.name };
const statements = (of: Output): readonly Statement[] => [
  { kind: 'read', table, output: of, show: 'live', limit: 20, cap: 100 },
  { kind: 'read', table, output: of, show: 'live', limit: 20, cap: 100, cursor: true },
  { kind: 'insert', table, rows: [{ values: { name: 'Rex' } }], output: of },
  {
    kind: 'insert',
    table,
    rows: [{ values: {} }, { values: {}, access: { read: ['ann'] } }],
    output: of,
  },
];

describe('a shape that is kept', () => {
  it('plans what one made anew plans', () => {
    fc.assert(
      fc.property(output, (of) => {
        for (const statement of statements(of)) {
          const warm = [plan(statement, catalog), plan(statement, catalog)];
          // Nothing is known of tables that are other objects.
          const anew = plan(statement, structuredClone(catalog)).query;
          expect(warm.map(({ query }) => query)).toEqual([anew, anew]);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is that of its table', () => {
    const of: Output = {
      items: [{ kind: 'column', name: 'id' }],
      format: { numbers: 'safe', times: 'millis' },
    };
    const read = (name: string): string =>
      plan(
        { kind: 'read', table: { app: 'default', name }, output: of, show: 'live', cap: 100 },
        catalog,
      ).query.text;
    expect(read(pets.name)).toContain(`."${pets.physical}"`);
    expect(read(other.name)).toContain(`."${other.physical}"`);
  });
});
