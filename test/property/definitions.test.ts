/** Random definitions and values: what was described is read back equal, what was stored is read back equal. */
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { type Monk, monk } from '../support/monk.ts';
import { principal } from '../support/principal.ts';
import { bounded } from '../support/seeded.ts';
import type { Value } from '../support/values.ts';

interface Made {
  readonly type: string;
  /** What is sent, and what must come back. */
  readonly value: fc.Arbitrary<{ readonly sent: Value; readonly read: Value }>;
}

const same = <T extends Value>(value: T) => ({ sent: value, read: value });
const string = fc
  .string({ unit: 'binary', maxLength: 20 })
  .map((text) => text.replaceAll('\0', ''));
const whole = fc
  .oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.constantFrom(2n ** 53n - 1n, 2n ** 53n, -(2n ** 53n), 1n - 2n ** 53n, 0n),
  )
  .map((value) => {
    const number = Number(value);
    const safe = Number.isSafeInteger(number);
    // Beyond 2^53 a number would lose digits on the way: those travel as text.
    return same<Value>(safe ? number : String(value));
  });
const decimal = fc
  .tuple(fc.bigInt({ min: 0n, max: 10n ** 24n }), fc.integer({ min: 0, max: 20 }), fc.boolean())
  .map(([digits, scale, negative]) => {
    const padded = String(digits).padStart(scale + 1, '0');
    const at = padded.length - scale;
    const body = scale === 0 ? padded : `${padded.slice(0, at)}.${padded.slice(at)}`;
    const text = negative && digits > 0n ? `-${body}` : body;
    // Zeros at the end of a fraction say nothing of the value: 10.00 is an integer, 1.50 has two digits.
    const value = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
    const exact = value.includes('.')
      ? value.replace(/[-.]/g, '').replace(/^0+/, '').length <= 15
      : Number.isSafeInteger(Number(value));
    return { sent: text, read: exact ? Number(text) : text };
  });
const time = fc
  .date({
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59.999Z'),
    noInvalidDate: true,
  })
  .map((date) => same(date.toISOString()));
const day = time.map(({ sent }) => same(sent.slice(0, 10)));
/** Numbers that JSON.stringify writes as Postgres does; longer ones have a test of their own. */
const json = fc
  .jsonValue({ maxDepth: 3 })
  .filter((value) => !/\d{16}|\de/.test(JSON.stringify(value)))
  .map((value) => JSON.parse(JSON.stringify(value).replaceAll('\\u0000', '')) as Value)
  .map((value) => same<Value>(positiveZero(value)));
const uuid = fc.uuid().map((value) => ({ sent: value.toUpperCase(), read: value }));
const array = (of: Made['value']): Made['value'] =>
  fc.array(of, { maxLength: 4 }).map((members) => ({
    sent: members.map((each) => each.sent),
    read: members.map((each) => each.read),
  }));

const kinds: readonly Made[] = [
  { type: 'text', value: string.map((text) => same<Value>(text)) },
  { type: 'integer', value: whole },
  { type: 'decimal', value: decimal },
  { type: 'boolean', value: fc.boolean().map((value) => same<Value>(value)) },
  { type: 'timestamp', value: time },
  { type: 'date', value: day },
  { type: 'uuid', value: uuid },
  { type: 'jsonb', value: json },
  { type: 'text[]', value: array(string.map((text) => same<Value>(text))) },
  { type: 'integer[]', value: array(whole) },
  { type: 'decimal[]', value: array(decimal) },
  { type: 'uuid[]', value: array(uuid) },
];

/** JSON has one zero; jsonb keeps no sign of it. */
function positiveZero(value: Value): Value {
  if (typeof value === 'number') return value === 0 ? 0 : value;
  if (Array.isArray(value)) return value.map((each: Value) => positiveZero(each));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, positiveZero(each)]));
}

const reserved = ['select', 'table', 'order', 'user', 'group', 'where', 'null', 'true', 'primary'];
const system = ['id', 'created_at', 'updated_at', 'trashed_at', 'deleted_at'];
const columnName = fc
  .oneof(
    fc.stringMatching(/^[a-z][a-z0-9_]{0,15}$/),
    fc.constantFrom(...reserved),
    fc.stringMatching(/^[a-z]$/).map((letter) => letter.padEnd(63, 'y')),
  )
  .filter((name) => !system.includes(name) && !name.startsWith('access_'));

const column = fc
  .tuple(columnName, fc.constantFrom(...kinds.map((kind) => kind.type)))
  .chain(([column_name, type]) =>
    fc.record(
      {
        column_name: fc.constant(column_name),
        type: fc.constant(type),
        unique: fc.constant(false),
        index: fc.boolean(),
        immutable: fc.boolean(),
        sudo: fc.boolean(),
        tracked: fc.boolean(),
        description: fc.oneof(fc.constant(null), string),
        ...(type === 'text'
          ? {
              searchable: fc.boolean(),
              minimum: fc.integer({ min: 0, max: 1 }),
              maximum: fc.integer({ min: 2, max: 1000 }),
              pattern: fc.constantFrom('^[a-z]*$', "it's", '\\d+$', '$$', 'a;b--'),
              enum_values: fc.uniqueArray(string, { minLength: 1, maxLength: 4 }),
            }
          : {}),
        ...(type === 'integer' || type === 'decimal'
          ? {
              minimum: fc.integer({ min: -1000, max: 0 }),
              maximum: fc.integer({ min: 1, max: 1000 }),
            }
          : {}),
      },
      { requiredKeys: ['column_name', 'type'] },
    ),
  );

const columns = fc.uniqueArray(column, {
  selector: (each) => each.column_name,
  minLength: 1,
  maxLength: 8,
});

let root: Monk;
let counter = 0;

beforeAll(async () => {
  const database = await createDatabase();
  const app: TestApp = await startApp(database);
  const tenant = await app.createTenant('define');
  root = monk(app, principal(tenant, 'maker', { access: 'root', sudo: true }));
});

it('definitions are read back as they were written', async () => {
  await fc.assert(
    fc.asyncProperty(columns, fc.boolean(), async (described, frozen) => {
      const name = `t${++counter}`;
      const made = await root.define(name, {
        columns: described,
        status: 'active',
        freeze: frozen,
      });
      const reply = await root.send('GET', `/api/describe/${name}`);
      const read = (reply.body as { data: Record<string, unknown> }).data;
      expect(made['columns']).toEqual(read['columns']);
      expect(read).toMatchObject({ schema_name: name, status: 'active', freeze: frozen });
      const found = read['columns'] as Record<string, unknown>[];
      expect(found.map((each) => each['column_name'])).toEqual(
        described.map((each) => each.column_name),
      );
      for (const [at, each] of described.entries()) expect(found[at]).toMatchObject(each);
      const one = await root.send('GET', `/api/describe/${name}/${described[0]?.column_name}`);
      expect((one.body as { data: unknown }).data).toEqual(found[0]);
      const dropped = await root.send('DELETE', `/api/describe/${name}`);
      // A frozen table takes only the changes that thaw it.
      expect(dropped.status, dropped.text).toBe(frozen ? 403 : 200);
    }),
    bounded(40, 25),
  );
}, 90_000);

it('values are read back as they were stored', async () => {
  await root.define('all_kinds', {
    status: 'active',
    columns: kinds.map((kind, at) => ({ column_name: `c${at}`, type: kind.type })),
  });
  const row = fc.tuple(...kinds.map((kind) => fc.option(kind.value)));
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 10 }), async (all) => {
      const sent = all.map((values) =>
        Object.fromEntries(
          values.map((value, at) => [`c${at}`, value === null ? null : value.sent]),
        ),
      );
      const want = all.map((values) =>
        Object.fromEntries(
          values.map((value, at) => [`c${at}`, value === null ? null : value.read]),
        ),
      );
      const made = await root.create('all_kinds', sent);
      expect(made).toMatchObject(want);
      const [first] = made;
      const again = await root.send('GET', `/api/data/all_kinds/${first?.id}`);
      expect((again.body as { data: unknown }).data).toEqual(first);
    }),
    bounded(120, 25),
  );
}, 90_000);

it('a number that a double cannot hold is still a number', async () => {
  await root.define('long_numbers', {
    status: 'active',
    columns: [
      { column_name: 'doc', type: 'jsonb' },
      { column_name: 'label', type: 'text' },
    ],
  });
  const stored = await root.raw('POST', '/api/data/long_numbers', '{"doc":[12345678901234567890]}');
  expect(stored.text).toContain('"doc":[12345678901234567890]');
  const refused = await root.raw(
    'POST',
    '/api/data/long_numbers',
    '{"label":12345678901234567890}',
  );
  expect(refused.status, refused.text).toBe(400);
});
