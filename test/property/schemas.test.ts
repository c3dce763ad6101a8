import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { principal } from '../support/principal.ts';
import { bounded } from '../support/seeded.ts';
import { type Taruvi, taruvi } from '../support/taruvi.ts';

/** A kind of field: what is said of it, and what Postgres then has. */
interface Kind {
  readonly field: Readonly<Record<string, unknown>>;
  readonly type: string;
  readonly ordered?: readonly [low: unknown, high: unknown];
  readonly text?: boolean;
}

const kinds: readonly Kind[] = [
  { field: {}, type: 'text', text: true },
  { field: { type: 'string' }, type: 'text', text: true },
  {
    field: { type: 'string', 'x-pg-type': 'varchar(30)' },
    type: 'character varying(30)',
    text: true,
  },
  { field: { type: 'string', format: 'email' }, type: 'text', text: true },
  { field: { type: 'uuid' }, type: 'uuid' },
  { field: { type: 'integer' }, type: 'integer', ordered: [-5, 5] },
  { field: { type: 'integer', 'x-pg-type': 'bigint' }, type: 'bigint', ordered: [0, 9] },
  { field: { type: 'number' }, type: 'numeric', ordered: [0.5, 1.5] },
  { field: { type: 'number', 'x-pg-type': 'real' }, type: 'real', ordered: [0, 1] },
  { field: { type: 'boolean' }, type: 'boolean' },
  { field: { type: 'date' }, type: 'date', ordered: ['2020-01-01', '2021-01-01'] },
  { field: { type: 'time' }, type: 'time without time zone', ordered: ['08:00', '09:30:15'] },
  {
    field: { type: 'datetime' },
    type: 'timestamp with time zone',
    ordered: ['2020-01-01T00:00:00Z', '2021-01-01T00:00:00Z'],
  },
  { field: { type: 'year' }, type: 'integer', ordered: [1900, 2100] },
  { field: { type: 'yearmonth' }, type: 'text', ordered: ['2020-01', '2020-12'] },
  { field: { type: 'duration' }, type: 'interval', ordered: ['PT1H', 'P1D'] },
  { field: { type: 'object' }, type: 'jsonb' },
  { field: { type: 'any' }, type: 'jsonb' },
  { field: { type: 'geojson', format: 'topojson' }, type: 'jsonb' },
  { field: { type: 'array' }, type: 'jsonb' },
  { field: { type: 'array', arrayItem: { type: 'number' } }, type: 'numeric[]' },
  { field: { type: 'list', itemType: 'date' }, type: 'date[]' },
  { field: { type: 'geopoint', format: 'object' }, type: 'point' },
  { field: { type: 'any', 'x-pg-type': 'tstzrange' }, type: 'tstzrange' },
  { field: { type: 'string', 'x-pg-type': 'nummultirange' }, type: 'nummultirange' },
];

const fieldName = fc
  .oneof(
    fc.stringMatching(/^[a-z][a-z0-9_]{0,15}$/),
    fc.constantFrom(
      'select',
      'Mixed Case',
      'quo"te',
      "apostro'phe",
      '$$',
      '%I',
      'é'.repeat(31),
      'x'.repeat(63),
    ),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
  )
  .filter(
    (name) =>
      name !== '' &&
      !name.includes('\0') &&
      name.isWellFormed() &&
      Buffer.byteLength(name) <= 63 &&
      !['id', '_xact', '_search', 'is_deleted', 'created_at', 'updated_at'].includes(name) &&
      !['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid'].includes(name),
  );

const field = fc.tuple(fieldName, fc.constantFrom(...kinds)).chain(([name, kind]) =>
  fc
    .record(
      {
        title: fc.string({ unit: 'grapheme', maxLength: 8 }),
        description: fc.constantFrom("It's", '$$', ''),
        'x-own': fc
          .jsonValue({ maxDepth: 1 })
          .map((value) => JSON.parse(JSON.stringify(value).replaceAll('\\u0000', '')) as unknown),
        constraints: constraints(kind),
      },
      { requiredKeys: [] },
    )
    .map((more) => ({ kind, field: { name, ...kind.field, ...more } })),
);

function constraints({ ordered, text }: Kind): fc.Arbitrary<object> {
  return fc.record(
    {
      required: fc.boolean(),
      ...(text
        ? {
            minLength: fc.integer({ min: 0, max: 3 }),
            maxLength: fc.integer({ min: 3, max: 20 }),
            pattern: fc.constantFrom('[a-z]*', "it's", '\\d+|x', '$$', 'a;b--'),
            enum: fc.uniqueArray(
              fc.string({ maxLength: 5 }).map((one) => one.replaceAll('\0', '')),
              { minLength: 1, maxLength: 3 },
            ),
          }
        : {}),
      ...(ordered
        ? {
            minimum: fc.constant(ordered[0]),
            maximum: fc.constant(ordered[1]),
            exclusiveMinimum: fc.constant(ordered[0]),
            enum: fc.constant([...new Set(ordered)]),
          }
        : {}),
    },
    { requiredKeys: [] },
  );
}

const schema = fc.uniqueArray(field, {
  selector: (each) => each.field.name,
  minLength: 1,
  maxLength: 6,
});

let database: TestDatabase;
let tenant: string;
let root: Taruvi;
let counter = 0;

beforeAll(async () => {
  database = await createDatabase();
  const app: TestApp = await startApp(database);
  tenant = await app.createTenant('schema');
  root = taruvi(app, principal(tenant, 'maker', { access: 'root' }));
});

it('a schema is read back as it was written, and Postgres has what it says', async () => {
  await fc.assert(
    fc.asyncProperty(schema, fc.boolean(), async (described, unique) => {
      const name = `t${++counter}`;
      const fields = described.map((each) => each.field);
      const [first] = fields;
      const json_schema = {
        fields,
        missingValues: [''],
        ...(unique && described[0]?.kind.type !== 'point' ? { uniqueKeys: [[first?.name]] } : {}),
      };
      await root.call('POST', '/default/datatables', { name, json_schema }, 201);
      const read = await root.send('GET', `/default/datatables/${name}/schema`);
      expect(read.body).toEqual(JSON.parse(JSON.stringify(json_schema)));
      const { rows } = await database.admin.query<{
        name: string;
        type: string;
        required: boolean;
      }>(
        `select attname as name, format_type(atttypid, atttypmod) as type, attnotnull as required from pg_attribute
         where attrelid = $1::regclass and attnum > 0 and attname not in ('id', '_xact') order by attnum`,
        [`"t_${tenant}".${name}`],
      );
      expect(rows).toEqual(
        described.map((each) => ({
          name: each.field.name,
          type: each.kind.type,
          required:
            (each.field.constraints as { required?: boolean } | undefined)?.required === true,
        })),
      );
      const asked = described.flatMap((each) =>
        Object.entries(each.field.constraints ?? {}).filter(([key]) => key !== 'required'),
      ).length;
      const formats = described.filter(
        ({ kind }) =>
          ['email'].includes(String(kind.field['format'])) ||
          (['yearmonth', 'object', 'array', 'geopoint'].includes(String(kind.field['type'])) &&
            kind.type !== 'numeric[]'),
      ).length;
      const { rows: checks } = await database.admin.query<{ count: number }>(
        `select count(*)::int as count from pg_constraint where conrelid = $1::regclass and contype = 'c'`,
        [`"t_${tenant}".${name}`],
      );
      expect(checks).toEqual([{ count: asked + formats }]);
      // The same again is no change.
      const before = await root.call('GET', `/default/datatables/${name}`);
      expect(await root.call('PATCH', `/default/datatables/${name}`, { json_schema })).toEqual(
        before,
      );
    }),
    bounded(30, 15),
  );
}, 120_000);
