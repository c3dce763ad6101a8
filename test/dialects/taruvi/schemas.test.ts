import { beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { principal } from '../../support/principal.ts';
import { type Row, type Taruvi, taruvi } from '../../support/taruvi.ts';

let database: TestDatabase;
let app: TestApp;
let tenant: string;
let root: Taruvi;
let counter = 0;

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('schemas');
  root = taruvi(app, principal(tenant, 'root', { access: 'root' }));
});

const tables = '/default/datatables';

/** Makes a table of these fields. */
async function make(fields: readonly object[], more: object = {}): Promise<string> {
  const name = `t${++counter}`;
  await root.call('POST', tables, { name, json_schema: { fields, ...more } }, 201);
  return name;
}

const insert = async (name: string, row: unknown): Promise<Row> =>
  (await root.call('POST', `${tables}/${name}/data`, row, 201)).data as Row;

const reject = (name: string, row: unknown) =>
  root.refused(400, 'VALIDATION_ERROR', 'POST', `${tables}/${name}/data`, row);

describe('types', () => {
  const cases: readonly (readonly [
    field: object,
    values: readonly (readonly [sent: unknown, read: unknown])[],
    bad: readonly unknown[],
  ])[] = [
    [
      { type: 'string' },
      [
        ['x', 'x'],
        ['o\'"$$', 'o\'"$$'],
      ],
      [1, {}],
    ],
    [
      { type: 'string', format: 'email' },
      [['a@b.example', 'a@b.example']],
      ['a', 'a@b', 'a b@c.d'],
    ],
    [{ type: 'string', format: 'uri' }, [['http://x.y/z', 'http://x.y/z']], ['x y', '/a']],
    [{ type: 'string', format: 'binary' }, [['aGk=', 'aGk=']], ['a', 'aGk']],
    [
      { type: 'string', format: 'uuid' },
      [['6F9619FF-8B86-D011-B42D-00CF4FC964FF', '6f9619ff-8b86-d011-b42d-00cf4fc964ff']],
      ['x', 1],
    ],
    [
      { type: 'uuid' },
      [['6f9619ff-8b86-d011-b42d-00cf4fc964ff', '6f9619ff-8b86-d011-b42d-00cf4fc964ff']],
      ['x'],
    ],
    [{ type: 'string', 'x-pg-type': 'varchar(3)' }, [['abc', 'abc']], ['abcd']],
    [
      { type: 'integer' },
      [
        [5, 5],
        [-1, -1],
      ],
      [1.5, 'x', 2 ** 31],
    ],
    [{ type: 'integer', 'x-pg-type': 'smallint' }, [[5, 5]], [40000]],
    [{ type: 'integer', 'x-pg-type': 'bigint' }, [[2 ** 40, 2 ** 40]], ['x']],
    [{ type: 'number' }, [[1.25, 1.25]], ['x', true]],
    [{ type: 'number', 'x-pg-type': 'real' }, [[1.5, 1.5]], ['x']],
    [{ type: 'number', 'x-pg-type': 'double precision' }, [[1e300, 1e300]], ['x']],
    [{ type: 'boolean' }, [[true, true]], ['maybe', 1]],
    [{ type: 'date' }, [['2024-02-29', '2024-02-29']], ['2023-02-29', 'today']],
    [{ type: 'date', format: '%d/%m/%Y' }, [['2024-02-29', '2024-02-29']], ['29/02/2024']],
    [{ type: 'time' }, [['10:20:30', '10:20:30']], ['25:00:00', 'now']],
    [
      { type: 'datetime' },
      [
        ['2024-01-02T03:04:05+01:00', '2024-01-02T02:04:05Z'],
        ['2024-01-02T03:04:05.5Z', '2024-01-02T03:04:05.5Z'],
      ],
      ['x'],
    ],
    [{ type: 'year' }, [[2024, 2024]], ['x']],
    [{ type: 'yearmonth' }, [['2024-02', '2024-02']], ['2024-13', '2024']],
    [
      { type: 'duration' },
      [
        ['P1Y2M3DT4H5M6S', 'P1Y2M3DT4H5M6S'],
        ['PT90M', 'PT1H30M'],
        ['P2W', 'P14D'],
      ],
      ['x', 5],
    ],
    [{ type: 'object' }, [[{ a: [1] }, { a: [1] }]], [[1], 'x', 5]],
    [
      { type: 'any' },
      [
        [{ a: 1 }, { a: 1 }],
        [[1], [1]],
        ['x', 'x'],
        [5, 5],
      ],
      [],
    ],
    [
      { type: 'geojson' },
      [
        [
          { type: 'Point', coordinates: [1, 2] },
          { type: 'Point', coordinates: [1, 2] },
        ],
      ],
      [],
    ],
    [
      { type: 'array' },
      [
        [
          [1, 'a'],
          [1, 'a'],
        ],
      ],
      [{}, 'x'],
    ],
    [
      { type: 'array', arrayItem: { type: 'integer' } },
      [
        [
          [1, 2],
          [1, 2],
        ],
        [[], []],
      ],
      [[1.5], 'x', ['a']],
    ],
    [
      { type: 'array', arrayItem: { type: 'datetime' } },
      [[['2024-01-02T03:04:05Z'], ['2024-01-02T03:04:05Z']]],
      [['x']],
    ],
    [
      { type: 'list', itemType: 'string' },
      [
        [
          ['a', 'b,c'],
          ['a', 'b,c'],
        ],
      ],
      [[1]],
    ],
    [{ type: 'list' }, [[['a'], ['a']]], ['a']],
    [
      { type: 'geopoint' },
      [
        ['12.5,41.9', '12.5,41.9'],
        ['12.5, 41.9', '12.5,41.9'],
        [[1, 2], '1,2'],
      ],
      ['x', '200,1', '1', [1]],
    ],
    [
      { type: 'geopoint', format: 'array' },
      [
        [
          [12.5, 41.9],
          [12.5, 41.9],
        ],
      ],
      [[1, 95]],
    ],
    [
      { type: 'geopoint', format: 'object' },
      [
        [
          { lon: 1, lat: 2 },
          { lon: 1, lat: 2 },
        ],
      ],
      [{ lon: 1 }],
    ],
    [
      { type: 'any', 'x-pg-type': 'int4range' },
      [
        [
          { lower: 1, upper: 5 },
          { lower: 1, upper: 5, bounds: '[)', empty: false },
        ],
        ['1,5', { lower: 1, upper: 5, bounds: '[)', empty: false }],
        [
          { lower: 1, upper: 5, bounds: '[]' },
          { lower: 1, upper: 6, bounds: '[)', empty: false },
        ],
        [
          { lower: null, upper: 5 },
          { lower: null, upper: 5, bounds: '()', empty: false },
        ],
        [{ empty: true }, { lower: null, upper: null, bounds: '()', empty: true }],
      ],
      [5, 'x', { lower: 5, upper: 1 }, { lower: 'a', upper: 'b' }, { low: 1 }],
    ],
    [
      { type: 'string', 'x-pg-type': 'numrange' },
      [
        [
          { lower: 1.5, upper: 2.5, bounds: '(]' },
          { lower: 1.5, upper: 2.5, bounds: '(]', empty: false },
        ],
      ],
      ['x'],
    ],
    [
      { type: 'any', 'x-pg-type': 'daterange' },
      [
        [
          '2024-01-01,2024-02-01',
          { lower: '2024-01-01', upper: '2024-02-01', bounds: '[)', empty: false },
        ],
      ],
      ['a,b'],
    ],
    [
      { type: 'any', 'x-pg-type': 'tstzrange' },
      [
        [
          { lower: '2024-01-01T00:00:00Z', upper: '2024-01-02T00:00:00+01:00' },
          {
            lower: '2024-01-01T00:00:00Z',
            upper: '2024-01-01T23:00:00Z',
            bounds: '[)',
            empty: false,
          },
        ],
      ],
      ['a,b'],
    ],
    [
      { type: 'any', 'x-pg-type': 'int4multirange' },
      [
        [
          [{ lower: 1, upper: 3 }, '5,7'],
          [
            { lower: 1, upper: 3, bounds: '[)', empty: false },
            { lower: 5, upper: 7, bounds: '[)', empty: false },
          ],
        ],
        [[], []],
      ],
      [{ lower: 1 }, 'x'],
    ],
  ];
  test.each(cases.map((each) => [JSON.stringify(each[0]), each] as const))(
    '%s',
    async (_, [field, values, bad]) => {
      const name = await make([{ name: 'v', ...field }]);
      for (const [sent, read] of values) {
        const row = await insert(name, { v: sent });
        expect(row['v'], JSON.stringify(sent)).toEqual(read);
        // What was read can be written again.
        const patched = await root.call('PATCH', `${tables}/${name}/data/${row['id']}`, {
          v: row['v'],
        });
        expect((patched.data as Row)['v']).toEqual(read);
      }
      for (const sent of bad) {
        const error = await reject(name, { v: sent });
        expect(error.errors?.['v'], JSON.stringify(sent)).toBeDefined();
      }
      expect((await insert(name, {}))['v']).toBeNull();
    },
  );
});
