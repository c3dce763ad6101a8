import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactNumber, type Json } from '../../../control-plane/base/json.ts';
import { type BaseType, baseTypes } from '../../../control-plane/base/types.ts';
import { convert, converter } from '../../../control-plane/frictionless/convert.ts';
import type { Table } from '../../../control-plane/model/table.ts';
import { copyCell } from '../../../control-plane/pg/copy.ts';
import { staging } from '../../../control-plane/plan/load.ts';
import { rowFaults } from '../../../control-plane/plan/rows.ts';
import { newColumn, newTable } from '../../../control-plane/service/import/draft.ts';
import { ordinaryLine } from '../../../control-plane/service/load-cell.ts';

const bases = (Object.keys(baseTypes) as BaseType[]).filter((base) => base !== 'enum');

function tableOf(base: BaseType, name = 'v'): Table {
  const draft = newTable({ app: 'default', name: 't' }, [newColumn(name, { base })], []);
  return { ...draft, id: 1, schema: 't_x', physical: 't' } as unknown as Table;
}

/** What files hold: of each type the usual, its edges, and what only looks like it. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.stringMatching(/^[+-]?[0-9]{1,21}$/),
  fc.stringMatching(/^[+-]?[0-9]{0,17}\.?[0-9]{0,17}(e[+-]?[0-9]{1,4})?$/),
  fc.stringMatching(
    /^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,7})?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?$/,
  ),
  fc.stringMatching(/^[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,7})?)?$/),
  fc.uuid(),
  fc.constantFrom(
    'true',
    'false',
    'TRUE',
    '1',
    '0',
    '',
    ' 5',
    '5 ',
    '5\n',
    'now',
    'NaN',
    '\\N',
    'a\tb',
    '\ud800',
    '2023-02-30',
    '0x1F',
  ),
);
const value: fc.Arbitrary<Json> = fc.oneof(
  { weight: 5, arbitrary: text },
  fc.boolean(),
  fc.double(),
  fc.integer(),
  fc.constant(null),
  fc.constant(exactNumber('12345678901234567890')),
  fc.constant(['a']),
  fc.constant({ a: 1 }),
);

const runs = { numRuns: 20_000 };

describe('a row that shows to be right at a glance', () => {
  it('is right, and staged as if it had been judged', () => {
    let seen = 0;
    fc.assert(
      fc.property(fc.constantFrom(...bases), value, (base, v) => {
        const table = tableOf(base);
        const line = ordinaryLine(staging(table, ['v']).columns)(7, { v });
        if (line === undefined) return;
        seen++;
        expect(rowFaults(table, [{ values: { v } }], 'insert')).toEqual([]);
        expect(line).toBe(`7\t${copyCell(v === null ? null : String(v))}\n`);
      }),
      runs,
    );
    expect(seen).toBeGreaterThan(2_000);
  });

  it.each([
    ['text', 'a, "b"'],
    ['integer', '-12'],
    ['integer', 12],
    ['numeric', '1.50'],
    ['numeric', -0.25],
    ['boolean', false],
    ['date', '2024-02-29'],
    ['timestamptz', '2024-02-29T12:00:00.5Z'],
    ['uuid', '01234567-89ab-cdef-0123-456789abcdef'],
    ['bigint', null],
  ] as const)('%s: %j is one', (base, v) => {
    const cell = v === null ? '\\N' : String(v);
    expect(ordinaryLine(staging(tableOf(base), ['v']).columns)(7, { v })).toBe(`7\t${cell}\n`);
  });

  it('is none that names what is no column, or that COPY would read otherwise', () => {
    const line = ordinaryLine(staging(tableOf('text'), ['v']).columns);
    expect(line(1, {})).toBe('1\t\\N\n');
    expect(line(1, { v: 'a', w: null })).toBeUndefined();
    for (const v of ['\\N', 'a\\', 'a\tb', 'a\nb', 'a\rb', 'a\0', '\udc00']) {
      expect(line(1, { v })).toBeUndefined();
    }
  });
});

describe('a column called as what every object inherits', () => {
  it.each(Object.getOwnPropertyNames(Object.prototype))('%s is empty where no value is', (name) => {
    const { columns } = staging(tableOf('text', name), [name]);
    const line = ordinaryLine(columns);
    expect(line(1, {})).toBe('1\t\\N\n');
    expect(line(2, JSON.parse(`{"${name}":"given"}`))).toBe('2\tgiven\n');
    expect(line(3, { w: 'no column' })).toBeUndefined();
  });
});

describe('a value read by its column’s converter', () => {
  const outcome = (read: () => Json): unknown => {
    try {
      return read();
    } catch (error) {
      return error instanceof TypeError ? error.message : error;
    }
  };
  const field = fc.record(
    {
      booleans: fc.constant({ yes: ['Y', 'false'], no: ['N', 'true'] }),
      decimalChar: fc.constantFrom(',', '.'),
      groupChar: fc.constantFrom('.', ' ', '1'),
      bareNumber: fc.boolean(),
      pattern: fc.constantFrom('%d.%m.%Y', '%Y-%d-%m'),
      list: fc.constant(','),
      mixed: fc.constant(true as const),
    },
    { requiredKeys: [] },
  );

  it('is what the type makes of it, whatever the file says of the type', () => {
    const array = fc.boolean();
    fc.assert(
      fc.property(
        fc.constantFrom(...bases),
        array,
        value,
        field,
        fc.boolean(),
        (base, array, v, said, textual) => {
          const type = { base, array };
          const read = converter(type, said, textual);
          expect(outcome(() => read(v))).toEqual(outcome(() => convert(v, type, said, textual)));
        },
      ),
      runs,
    );
  });
});
