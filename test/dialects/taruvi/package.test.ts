import { beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { principal } from '../../support/principal.ts';
import { difference, snapshot } from '../../support/snapshot.ts';
import { type Row, type Taruvi, taruvi } from '../../support/taruvi.ts';

let database: TestDatabase;
let app: TestApp;
let tenant: string;
let root: Taruvi;

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('packages');
  root = taruvi(app, principal(tenant, 'root', { access: 'root' }));
});

const tables = '/default/datatables';

const id = { name: 'id', type: 'integer' };

const key = (fields: string, resource: string) => ({ fields, reference: { resource } });

const send = (resources: readonly object[], query = '') =>
  root.send('POST', `${tables}/create_schema/${query}`, { name: 'shop', resources });

const counts = (created: number, updated: number) => ({
  created_count: created,
  updated_count: updated,
  error_count: 0,
  errors: [],
});

/** A package that must be refused whole. */
async function refused(resources: readonly object[], query = ''): Promise<readonly Row[]> {
  const before = await snapshot(database, tenant);
  const reply = await send(resources, query);
  expect(reply.status, reply.text).toBe(400);
  expect(reply.body).toMatchObject({ created_count: 0, updated_count: 0 });
  const { errors, error_count: count } = reply.body as { errors: Row[]; error_count: number };
  expect(errors.length).toBe(count);
  expect(difference(before, await snapshot(database, tenant))).toEqual([]);
  return errors;
}

const shop = [
  {
    name: 'orders',
    schema: {
      fields: [id, { name: 'customer_id' }, { name: 'last_line_id' }],
      foreignKeys: [key('customer_id', 'customers'), key('last_line_id', 'lines')],
    },
  },
  {
    name: 'lines',
    schema: {
      fields: [id, { name: 'order_id' }, { name: 'next_id' }],
      foreignKeys: [key('order_id', 'orders'), key('next_id', '')],
    },
  },
  {
    name: 'customers',
    description: 'Who buys',
    audit_enabled: true,
    search_fields: ['name'],
    schema: { fields: [id, { name: 'name', constraints: { required: true } }] },
  },
];

describe('create_schema', () => {
  test('tries without making anything, then makes tables whose keys form a circle', async () => {
    const before = await snapshot(database, tenant);
    const tried = await send(shop, '?dry_run=true');
    expect(tried.body).toEqual(counts(3, 0));
    expect(difference(before, await snapshot(database, tenant))).toEqual([]);
    const made = await send(shop);
    expect(made.status, made.text).toBe(200);
    expect(made.body).toEqual(counts(3, 0));
    const customers = (await root.call('GET', `${tables}/customers`)) as unknown as Row;
    expect(customers).toMatchObject({
      description: 'Who buys',
      audit_enabled: true,
      json_schema: shop[2]?.schema,
    });
    await root.call('POST', `${tables}/customers/data`, { name: 'Ann' }, 201);
    await root.call('POST', `${tables}/orders/data`, { customer_id: 1 }, 201);
    await root.call('POST', `${tables}/lines/data`, { order_id: 1, next_id: null }, 201);
    await root.call('PATCH', `${tables}/orders/data/1`, { last_line_id: 1 });
    await root.refused(400, 'VALIDATION_ERROR', 'PATCH', `${tables}/orders/data/1`, {
      last_line_id: 9,
    });
    await root.refused(400, 'VALIDATION_ERROR', 'POST', `${tables}/lines/data`, { order_id: 9 });
  });

  test('of the same package again changes nothing', async () => {
    const before = await snapshot(database, tenant);
    expect((await send(shop)).body).toEqual(counts(0, 0));
    // An operation without steps and the version of the model are all that may show.
    const lines = difference(before, await snapshot(database, tenant));
    expect(lines.filter((line) => !/control\.(operations|tenants)/.test(line))).toEqual([]);
  });

  test('changes what is there and makes what is new; a field that is missing goes if data may', async () => {
    const [orders, lines] = shop;
    const customers = { name: 'customers', schema: { fields: [id, { name: 'email' }] } };
    const notes = {
      name: 'notes',
      schema: { fields: [{ name: 'order_id' }], foreignKeys: [key('order_id', 'orders')] },
    };
    const resources = [orders, lines, customers, notes].map((each) => ({ ...each }));
    const errors = await refused(resources);
    expect(errors.map(({ path }) => path)).toContain('name');
    expect((await send(resources, '?allow_data_loss=true')).body).toEqual(counts(1, 1));
    expect(await root.rows(`${tables}/customers/data`)).toEqual([{ id: 1, email: null }]);
    await root.refused(400, 'VALIDATION_ERROR', 'POST', `${tables}/notes/data`, { order_id: 9 });
  });

  test('leaves tables for later', async () => {
    const later = { name: 'later', schema: { fields: [id] } };
    expect((await send([later], '?materialize=false')).body).toEqual(counts(1, 0));
    expect(await root.call('GET', `${tables}/later`)).toMatchObject({ is_materialized: false });
    expect((await send([later])).body).toEqual(counts(0, 1));
    expect(await root.call('GET', `${tables}/later`)).toMatchObject({ is_materialized: true });
  });

  test('makes all or nothing, and tells every fault with its place', async () => {
    const good = { name: 'good', schema: { fields: [id] } };
    const bad = {
      name: 'bad',
      schema: {
        fields: [
          { name: 'a', type: 'strange' },
          { name: 'b', constraints: { size: 3 } },
          { name: 'b' },
        ],
        foreignKeys: [key('c', 'nowhere')],
      },
    };
    const errors = await refused([good, bad]);
    expect(errors).toEqual([
      {
        path: 'resources.1.schema.fields.0.type',
        code: 'unknown_type',
        message: expect.any(String),
      },
      {
        path: 'resources.1.schema.fields.1.constraints.size',
        code: 'not_supported',
        message: expect.any(String),
      },
      { path: 'resources.1.schema.fields.2.name', code: 'duplicate', message: expect.any(String) },
      {
        path: 'resources.1.schema.foreignKeys.0.fields',
        code: 'unknown_field',
        message: expect.any(String),
      },
      {
        path: 'resources.1.schema.foreignKeys.0.reference.resource',
        code: 'unknown_resource',
        message: expect.any(String),
      },
    ]);
    expect(await refused([good, good])).toMatchObject([
      { path: 'resources.1.name', code: 'duplicate' },
    ]);
    // What only Postgres finds comes too late for nobody.
    await refused([
      good,
      { name: 'odd', schema: { fields: [{ name: 'a', constraints: { pattern: '(' } }] } },
    ]);
    await refused([
      good,
      { name: 'odd', schema: { fields: [id], indexes: [{ name: 'i', expression: 'random()' }] } },
    ]);
    await refused([good, { name: 'x'.repeat(60), schema: { fields: [id] } }]);
    await refused([good, 5 as unknown as object]);
    await root.refused(400, 'BAD_REQUEST', 'POST', `${tables}/create_schema`, { resources: 'x' });
  });
});

describe('validate_schema', () => {
  test('tells every fault and stores nothing', async () => {
    const before = await snapshot(database, tenant);
    const ask = async (json_schema: unknown) =>
      (await root.send('POST', `${tables}/validate_schema/`, { json_schema })).body;
    expect(await ask({ fields: [id] })).toEqual({ valid: true, errors: [] });
    expect(await ask(undefined)).toMatchObject({
      valid: false,
      errors: [{ path: '', code: 'required' }],
    });
    expect(await ask({ fields: 5 })).toMatchObject({
      valid: false,
      errors: [{ path: 'fields', code: 'type' }],
    });
    expect(await ask({ fields: [{}, { name: '_xact' }, { name: 'x'.repeat(64) }, 7] })).toEqual({
      valid: false,
      errors: [
        { path: 'fields.0.name', code: 'required', message: expect.any(String) },
        { path: 'fields.1.name', code: 'reserved', message: expect.any(String) },
        { path: 'fields.2.name', code: 'too_long', message: expect.any(String) },
        { path: 'fields.3', code: 'type', message: expect.any(String) },
      ],
    });
    expect(
      await ask({ fields: [id, { name: 'deleted_at' }], 'x-soft-delete': true, 'x-acl': 'yes' }),
    ).toMatchObject({
      valid: false,
      errors: [
        { path: 'x-acl', code: 'type' },
        { path: 'fields.1.name', code: 'reserved' },
      ],
    });
    const graph = { enabled: true, types: [{ name: 'a' }, { name: 'a' }] };
    expect(await ask({ fields: [id], graph })).toMatchObject({
      valid: false,
      errors: [{ path: 'graph.types.1.name', code: 'invalid' }],
    });
    expect(difference(before, await snapshot(database, tenant))).toEqual([]);
  });
});

describe('validate', () => {
  test('tells every fault of every row, reads texts as the schema says, and writes nothing', async () => {
    const fields = [
      { name: 'n', type: 'integer', groupChar: '.', constraints: { required: true, minimum: 10 } },
      { name: 'ok', type: 'boolean', trueValues: ['ja'], falseValues: ['nein'] },
      { name: 'day', type: 'date', format: '%d.%m.%Y' },
      { name: 'price', type: 'number', decimalChar: ',', bareNumber: false },
      { name: 'tags', type: 'list', delimiter: ';' },
      { name: 'mail', format: 'email' },
    ];
    await root.call(
      'POST',
      tables,
      { name: 'checked', json_schema: { fields, missingValues: ['-'] } },
      201,
    );
    const ask = async (data: unknown) =>
      (await root.send('POST', `${tables}/checked/validate/`, { data })).body;
    const good = {
      n: '1.000',
      ok: 'ja',
      day: '29.02.2024',
      price: '3,50 €',
      tags: 'a;b',
      mail: '-',
    };
    expect(await ask([good, { n: 10 }])).toEqual({ valid: true, count: 2, errors: [] });
    const bad = { n: '9', ok: 'yes', day: '2024-02-30', mail: 'x', other: 1 };
    expect(await ask([good, {}, bad])).toEqual({
      valid: false,
      count: 3,
      errors: [
        { row: 2, field: 'n', code: 'required', message: 'n is required' },
        { row: 3, field: 'n', code: 'minimum', message: 'n must be at least 10' },
        { row: 3, field: 'ok', code: 'type', message: 'ok must be true or false' },
        { row: 3, field: 'day', code: 'type', message: 'day must be a date (YYYY-MM-DD)' },
        { row: 3, field: 'mail', code: 'format', message: 'mail must be an email address' },
        {
          row: 3,
          field: 'other',
          code: 'unknown_field',
          message: 'other is not a field of checked',
        },
      ],
    });
    expect(await root.rows(`${tables}/checked/data`)).toEqual([]);
    await root.refused(400, 'BAD_REQUEST', 'POST', `${tables}/checked/validate`, { data: 'x' });
    await root.refused(400, 'BAD_REQUEST', 'POST', `${tables}/checked/validate`, { data: [5] });
    await root.refused(404, 'NOT_FOUND', 'POST', `${tables}/nothing/validate`, { data: [] });
  });
});
