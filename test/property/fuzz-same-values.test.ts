/** Random values of every type: what a dialect stores and shows is what SQL stores and shows for the same text. */
import fc from 'fast-check';
import format from 'pg-format';
import { beforeAll, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { texts } from '../support/fuzz/hostile.ts';
import { createLogins, type Logins } from '../support/logins.ts';
import { principal } from '../support/principal.ts';
import { enoughFor, forSeconds } from '../support/seeded.ts';
import { attempt } from '../support/sql.ts';

const seconds = Number(process.env['FUZZ_SECONDS'] ?? 3);

/** A value as JSON writes it, and as a parameter of SQL says it. */
interface Written {
  readonly json: string;
  readonly sql: unknown;
}

const written = (value: unknown, sql: unknown = value): Written => ({
  json: JSON.stringify(value),
  sql,
});
const digits = (text: string): Written => ({ json: text, sql: text });

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(...texts.filter(({ length }) => length < 3_000)),
);
const whole = fc.oneof(
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }),
  fc.bigInt({ min: -9n, max: 9n }),
  fc.constantFrom(2n ** 63n - 1n, -(2n ** 63n), 2n ** 31n, -(2n ** 31n) - 1n, 2n ** 53n + 1n),
);
const decimal = fc
  .tuple(
    fc.boolean(),
    fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 40 }),
    fc.nat({ max: 40 }),
    fc.integer({ min: -20, max: 20 }),
    fc.boolean(),
  )
  .map(([minus, run, point, power, scientific]) => {
    const bare = run.replace(/^0+(?=\d)/, '');
    const at = Math.min(bare.length, point + 1);
    const fraction = bare.slice(at) === '' ? '' : `.${bare.slice(at)}`;
    return `${minus ? '-' : ''}${bare.slice(0, at)}${fraction}${scientific ? `e${power}` : ''}`;
  });
const moment = fc
  .tuple(
    fc.date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59Z'),
      noInvalidDate: true,
    }),
    fc.constantFrom('Z', '+00:00', '+14:00', '-12:30', '+05:45'),
    fc.constantFrom('', '.1', '.123456', '.999999', '.000'),
  )
  .map(([date, zone, fraction]) => `${date.toISOString().slice(0, 19)}${fraction}${zone}`);

/** Columns by type, with values of which most fit. */
const columns: Readonly<
  Record<
    string,
    { readonly type: string; readonly sql: string; readonly value: fc.Arbitrary<Written> }
  >
> = {
  t: { type: 'text', sql: 'text', value: text.map((each) => written(each)) },
  i: { type: 'integer', sql: 'bigint', value: whole.map((each) => digits(String(each))) },
  d: { type: 'decimal', sql: 'numeric', value: decimal.map(digits) },
  b: { type: 'boolean', sql: 'boolean', value: fc.boolean().map((each) => written(each)) },
  ts: { type: 'timestamp', sql: 'timestamptz', value: moment.map((each) => written(each)) },
  day: { type: 'date', sql: 'date', value: moment.map((each) => written(each.slice(0, 10))) },
  u: { type: 'uuid', sql: 'uuid', value: fc.uuid().map((each) => written(each)) },
  j: {
    type: 'jsonb',
    sql: 'jsonb',
    value: fc.oneof(
      fc
        .jsonValue({ maxDepth: 4 })
        .map((each) => written(each, each === null ? null : JSON.stringify(each))),
      decimal.map((each) => ({ json: `{"a":[${each}]}`, sql: `{"a":[${each}]}` })),
    ),
  },
  ta: {
    type: 'text[]',
    sql: 'text[]',
    value: fc.array(text, { maxLength: 4 }).map((each) => written(each)),
  },
  ia: {
    type: 'integer[]',
    sql: 'bigint[]',
    value: fc
      .array(whole, { maxLength: 4 })
      .map((each) => ({ json: `[${each.join(',')}]`, sql: each.map(String) })),
  },
};

let database: TestDatabase;
let app: TestApp;
let tenant: string;
let logins: Logins;
let count = 0;

const root = () => principal(tenant, 'root', { access: 'root', roles: ['PGREST_ADMIN'] });

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('values');
  for (const name of ['kept', 'kept_sql']) {
    const body = {
      status: 'active',
      columns: Object.entries(columns).map(([column_name, { type }]) => ({ column_name, type })),
    };
    const reply = await app.request('POST', `/api/describe/${name}`, { as: root(), body });
    expect(reply.status, reply.text).toBe(200);
  }
  logins = await createLogins(database, [['root', root()]]);
});

/** How each dialect makes a row of the table. */
const makers: Readonly<Record<string, (row: string) => readonly [string, string]>> = {
  Monk: (row) => ['/api/data/kept', row],
  PgREST: (row) => ['/v3/pgrest/data/kept', `{"data":${row}}`],
  Taruvi: (row) => ['/api/apps/default/datatables/kept/data/', row],
};

/** Numbers as they are written. */
function exact(json: string): unknown {
  type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;
  const reviver: Reviver = (_, value, { source }) => (typeof value === 'number' ? source : value);
  return JSON.parse(json, reviver as Parameters<typeof JSON.parse>[1]);
}

it.each(Object.entries(makers))(
  '%s',
  async (name, make) => {
    const schema = format.ident(`t_${tenant}`);
    const one = fc
      .constantFrom(...Object.keys(columns))
      .chain((column) =>
        (columns[column] as { value: fc.Arbitrary<Written> }).value.map(
          (value) => [column, value] as const,
        ),
      );
    let kept = 0;
    await fc.assert(
      fc.asyncProperty(
        one,
        forSeconds(seconds, 20, async ([column, { json, sql }]) => {
          count += 1;
          const id = `00000000-0000-7000-8000-${String(count).padStart(12, '0')}`;
          const { sql: type = '' } = columns[column] ?? {};
          const [path, raw] = make(`{"id":"${id}",${JSON.stringify(column)}:${json}}`);
          const reply = await app.request('POST', path, { as: root(), raw });
          const label = `${name} ${column} ${type} ${json}\n${reply.status} ${reply.text.slice(0, 300)}`;
          const stored = await attempt(
            logins.client('root'),
            `insert into kept_sql (id, ${column}) values ($1, $2::${type})`,
            [id, sql],
          );
          if (reply.status >= 300) {
            expect([400, 409], label).toContain(reply.status);
            return;
          }
          kept += 1;
          expect(stored, label).toMatchObject({ ok: true });
          const both = await database.admin.query<{
            same: boolean;
            a: string;
            b: string;
            shown: string;
          }>(
            `select a.${column} is not distinct from b.${column} as same, a.${column}::text as a, b.${column}::text as b, to_jsonb(a.${column})::text as shown
         from ${schema}.kept as a join ${schema}.kept_sql as b using (id) where id = $1`,
            [id],
          );
          const [row] = both.rows;
          // By value: a number of JSON has no zeros at its end to keep.
          expect(row?.same, `${label}\n${row?.a}\n${row?.b}`).toBe(true);
          if (['ts', 'day'].includes(column)) return;
          const read = await app.request('GET', `/api/data/kept/${id}`, { as: root() });
          const { data } = exact(read.text) as { readonly data: Readonly<Record<string, unknown>> };
          expect(data[column] ?? null, label).toEqual(exact(row?.shown ?? 'null'));
        }),
      ),
      enoughFor(seconds),
    );
    expect(kept).toBeGreaterThan(3);
  },
  60_000 + seconds * 2_000,
);
