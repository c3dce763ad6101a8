/** Table schemas of right form, with whatever no column can be. */
import type { Dice } from './dice.ts';
import { sqlExpression } from './grammar-sql.ts';

const fieldTypes = [
  'string',
  'integer',
  'number',
  'boolean',
  'date',
  'time',
  'datetime',
  'year',
  'yearmonth',
  'duration',
  'object',
  'array',
  'list',
  'geopoint',
  'geojson',
  'any',
  'uuid',
  'vector',
  'decimal',
  'bigint',
  'range',
];
const formats = [
  'default',
  'email',
  'uri',
  'uuid',
  'binary',
  'any',
  '%Y-%m-%d',
  '%d/%m/%y %H',
  'array',
  'object',
  'topojson',
];

function constraints(of: Dice): object {
  const some: readonly (readonly [string, unknown])[] = [
    ['required', true],
    ['unique', true],
    ['minLength', of.one([0, 1, -1, 1.5, 2 ** 31, '3'])],
    ['maxLength', of.one([0, 1, 10_485_761, 2 ** 53, null])],
    ['minimum', of.one([0, -1, '2024-01-01', 1e308, 'x', 'P1Y'])],
    ['maximum', of.one([9, 1e-300, '2024-02-30', '24:00:00'])],
    ['exclusiveMinimum', of.one([0, 'x'])],
    [
      'pattern',
      of.one([
        '[a-z]+',
        '(a+)+$',
        '[',
        '(?<!a)b',
        '\\p{L}+',
        '\\d{4}',
        '^$',
        'x'.repeat(3_000),
        '(?=a)',
        "'",
      ]),
    ],
    [
      'enum',
      of.one([
        ['a', 'b'],
        [],
        [null],
        [1, '1'],
        ['a', 'a'],
        Array.from({ length: 2_000 }, (_, at) => at),
      ]),
    ],
    ['jsonSchema', of.one([{ type: 'object' }, { $ref: '#' }, { pattern: '[' }])],
  ];
  return Object.fromEntries(some.filter(() => of.rarely(5)));
}

/** A schema of Frictionless' kind. */
export function tableSchema(of: Dice): object {
  const names = [
    'a',
    'b b',
    'C"c',
    "d'd",
    'é',
    'select',
    'id',
    '_acl',
    'x'.repeat(63),
    '__proto__',
    'page',
    'a.b',
  ];
  const fields = Array.from({ length: 1 + of.below(5) }, () => ({
    name: of.one(names),
    type: of.one(fieldTypes),
    ...(of.rarely(3) ? { format: of.one(formats) } : {}),
    ...(of.rarely(2) ? { constraints: constraints(of) } : {}),
    ...(of.rarely(4)
      ? {
          default: of.one([
            1,
            'x',
            null,
            'now()',
            [],
            {},
            2 ** 53,
            '2024-01-01',
            'gen_random_uuid()',
          ]),
        }
      : {}),
  }));
  const columns = fields.map(({ name }) => `"${name.replaceAll('"', '""')}"`);
  return {
    fields: [{ name: 'id', type: 'integer' }, ...fields],
    primaryKey: of.one(['id', ['id', fields[0]?.name], 'no', []]),
    ...(of.rarely(2)
      ? {
          indexes: [
            {
              name: of.one(['i1', 'x'.repeat(64), 'a"b', 'pg_i']),
              ...of.one([
                { expression: sqlExpression(of, columns, 2) },
                { fields: [fields[0]?.name] },
              ]),
              ...(of.rarely(2)
                ? { method: of.one(['btree', 'gin', 'gist', 'hash', 'brin', 'spgist', 'x']) }
                : {}),
              ...(of.rarely(2) ? { where: sqlExpression(of, columns, 2) } : {}),
              ...(of.rarely(3) ? { unique: true } : {}),
            },
          ],
        }
      : {}),
    ...(of.rarely(4)
      ? {
          foreignKeys: [
            {
              fields: of.one(['id', fields[0]?.name]),
              reference: { resource: of.one(['', 'customers', 'no', 'items']), fields: 'id' },
            },
          ],
        }
      : {}),
    ...(of.rarely(4) ? { hierarchy: true } : {}),
  };
}
