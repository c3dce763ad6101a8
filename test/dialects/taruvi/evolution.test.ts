import { beforeAll, describe, expect, test } from 'vitest';
import { changed } from '../../../control-plane/dialects/taruvi/operations.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { principal } from '../../support/principal.ts';
import { type Row, type Taruvi, taruvi } from '../../support/taruvi.ts';

let database: TestDatabase;
let app: TestApp;
let tenant: string;
let root: Taruvi;
let reader: Taruvi;
let count = 0;

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('evolve');
  root = taruvi(app, principal(tenant, 'root', { access: 'root' }));
  reader = taruvi(app, principal(tenant, 'rita', { access: 'read' }));
});

const fields = [
  { name: 'title', type: 'string' },
  { name: 'price', type: 'number' },
  { name: 'note', type: 'string' },
];

interface Change {
  readonly op: string;
  readonly field: string | null;
  readonly class: string;
  readonly reason: string | null;
}

interface Plan {
  readonly dry_run: boolean;
  readonly destructive: boolean;
  readonly changes: readonly Change[];
  readonly forward_sql: readonly string[];
  readonly rollback_sql: readonly string[];
  readonly schema_hash: string;
}

/** A table with two rows. */
async function made(): Promise<string> {
  const name = `t${++count}`;
  const path = `/default/datatables/${name}`;
  await root.call('POST', '/default/datatables', { name, json_schema: { fields } }, 201);
  await root.call(
    'POST',
    `${path}/data`,
    [
      { title: 'one', price: 1.5, note: 'x' },
      { title: 'one', price: 2 },
    ],
    201,
  );
  return path;
}

const schema = (...changedFields: readonly object[]) => ({
  json_schema: { fields: changedFields },
});

async function foresee(path: string, ...next: readonly object[]): Promise<Plan> {
  const reply = await root.call('PATCH', `${path}?dry_run=true`, schema(...next));
  return reply as unknown as Plan;
}

const [title, price, note] = fields;

describe('a dry run', () => {
  const cases: readonly (readonly [string, readonly object[], readonly Partial<Change>[]])[] = [
    [
      'a new field',
      [...fields, { name: 'more', type: 'string' }],
      [{ op: 'add_column', field: 'more', class: 'safe', reason: null }],
    ],
    [
      'a field dropped',
      [title ?? {}, price ?? {}],
      [{ op: 'drop_column', field: 'note', class: 'destructive' }],
    ],
    [
      'a number cut to an integer',
      [title ?? {}, { name: 'price', type: 'integer' }, note ?? {}],
      [
        {
          op: 'change_type',
          field: 'price',
          class: 'destructive',
          reason: '1 row would be rounded or cut',
        },
      ],
    ],
    [
      'words that are no number',
      [{ name: 'title', type: 'integer' }, price ?? {}, note ?? {}],
      [{ op: 'change_type', field: 'title', class: 'refused', reason: '2 rows do not fit' }],
    ],
    [
      'a field required where rows have none',
      [title ?? {}, price ?? {}, { ...note, constraints: { required: true } }],
      [{ op: 'set_required', field: 'note', class: 'refused', reason: '1 row does not fit' }],
    ],
    [
      'a field required with a default',
      [title ?? {}, price ?? {}, { ...note, default: 'none', constraints: { required: true } }],
      [
        { op: 'set_default', field: 'note', class: 'safe' },
        { op: 'fill', field: 'note', class: 'safe' },
        { op: 'set_required', field: 'note', class: 'safe' },
      ],
    ],
    [
      'uniqueness that rows break',
      [{ ...title, constraints: { unique: true } }, price ?? {}, note ?? {}],
      [{ op: 'add_unique', field: 'title', class: 'refused', reason: '2 rows do not fit' }],
    ],
    [
      'a bound that a row breaks',
      [title ?? {}, { ...price, constraints: { minimum: 2 } }, note ?? {}],
      [{ op: 'add_check', field: 'price', class: 'refused', reason: '1 row does not fit' }],
    ],
    [
      'a rename',
      [title ?? {}, price ?? {}, { name: 'remark', type: 'string', 'x-rename-from': 'note' }],
      [{ op: 'rename', class: 'safe' }],
    ],
  ];

  test.each(cases)('tells of %s and changes nothing', async (_, next, changes) => {
    const path = await made();
    const before = await root.call('GET', path);
    const plan = await foresee(path, ...next);
    expect(plan.dry_run).toBe(true);
    expect(plan.changes).toMatchObject(changes);
    expect(plan.destructive).toBe(plan.changes.some((each) => each.class === 'destructive'));
    expect(plan.forward_sql.length).toBeGreaterThan(0);
    expect(plan.rollback_sql.length).toBeGreaterThan(0);
    expect(plan.schema_hash).toMatch(/^[0-9a-f]{64}$/);
    expect(await root.call('GET', path)).toEqual(before);
    expect(await root.call('GET', `${path}/operations`)).toHaveLength(1);
  });

  test('of the same schema has nothing to tell', async () => {
    const path = await made();
    const plan = await foresee(path, ...fields);
    expect(plan).toMatchObject({ dry_run: true, destructive: false, changes: [], forward_sql: [] });
  });
});

describe('what would be lost', () => {
  test('is refused without leave, listed, and done with it', async () => {
    const path = await made();
    const less = schema(title ?? {}, price ?? {});
    const refused = await root.refused(400, 'VALIDATION_ERROR', 'PATCH', path, less);
    expect(refused.message).toContain('drop column note');
    const cut = schema(title ?? {}, { name: 'price', type: 'integer' }, note ?? {});
    const rounded = await root.refused(400, 'VALIDATION_ERROR', 'PATCH', path, cut);
    expect(rounded.message).toContain('1 row would be rounded or cut');
    await root.call('PATCH', `${path}?allow_data_loss=true`, cut);
    expect((await root.rows(`${path}/data?ordering=price`)).map((row) => row['price'])).toEqual([
      2, 2,
    ]);
    await root.call('PATCH', path, { ...less, allow_data_loss: true });
    const [row] = await root.rows(`${path}/data`);
    expect(row).not.toHaveProperty('note');
  });

  test('is refused with leave where no value is left', async () => {
    const path = await made();
    const numbers = schema({ name: 'title', type: 'integer' }, price ?? {}, note ?? {});
    const refused = await root.refused(
      400,
      'VALIDATION_ERROR',
      'PATCH',
      `${path}?allow_data_loss=true`,
      numbers,
    );
    expect(refused.errors).toEqual({ title: ['2 rows do not fit'] });
  });

  test('is no matter of a rename', async () => {
    const path = await made();
    await root.call(
      'PATCH',
      path,
      schema(title ?? {}, price ?? {}, { name: 'remark', type: 'string', 'x-rename-from': 'note' }),
    );
    const rows = await root.rows(`${path}/data?ordering=price`);
    expect(rows.map((row) => row['remark'])).toEqual(['x', null]);
  });
});

test('a column that policies speak of may change its type', async () => {
  const path = await made();
  const name = path.split('/').at(-1);
  await root.call('POST', '/default/policies', {
    apiVersion: 'api.cerbos.dev/v1',
    resourcePolicy: {
      resource: `datatable:${name}`,
      version: 'default',
      rules: [
        {
          actions: ['read'],
          effect: 'EFFECT_ALLOW',
          roles: ['*'],
          condition: { match: { expr: 'R.attr.price > 1.7' } },
        },
      ],
    },
  });
  expect(await reader.rows(`${path}/data`)).toHaveLength(1);
  const real = { name: 'price', type: 'number', 'x-pg-type': 'double precision' };
  await root.call('PATCH', path, schema(title ?? {}, real, note ?? {}));
  expect(await reader.rows(`${path}/data`)).toHaveLength(1);
});

describe('operations', () => {
  test('are listed newest first, and taken back once', async () => {
    const path = await made();
    const before = await root.call('GET', path);
    await root.call('PATCH', path, schema(...fields, { name: 'more', type: 'string' }));
    const list = (await root.call('GET', `${path}/operations`)) as unknown as readonly Row[];
    expect(list.map((each) => each['kind'])).toEqual(['change_table', 'create_table']);
    const [latest] = list;
    expect(latest).toMatchObject({
      actor: 'root',
      status: 'done',
      progress: null,
      error: null,
      changes: [{ op: 'add_column', field: 'more', class: 'safe' }],
      forward_sql: [expect.stringContaining('add column "more"')],
      rollback_sql: [expect.stringContaining('drop column "more"')],
    });
    const id = String(latest?.['revision_id']);
    expect(await root.call('GET', `${path}/operations/${id}/`)).toEqual(latest);
    const body = { revision_id: id };
    const back = await root.call('POST', `${path}/rollback/`, body);
    const same = ({ updated_at: _, ...rest }: Record<string, unknown>) => rest;
    expect(same(back as unknown as Row)).toEqual(same(before as unknown as Row));
    await root.refused(409, 'CONFLICT', 'POST', `${path}/rollback`, body);
    const after = (await root.call('GET', `${path}/operations`)) as unknown as readonly Row[];
    expect(after.map((each) => [each['kind'], each['status']])).toEqual([
      ['rollback_operation', 'done'],
      ['change_table', 'rolled_back'],
      ['create_table', 'done'],
    ]);
  });

  test('stand on one another', async () => {
    const path = await made();
    const first = [...fields, { name: 'one', type: 'string' }];
    await root.call('PATCH', path, schema(...first));
    await root.call('PATCH', path, schema(...first, { name: 'two', type: 'string' }));
    const [second, under] = (await root.call('GET', `${path}/operations`)) as unknown as Row[];
    const at = (row: Row | undefined) => ({ revision_id: row?.['revision_id'] });
    await root.refused(409, 'CONFLICT', 'POST', `${path}/rollback`, at(under));
    await root.call('POST', `${path}/rollback`, at(second));
    await root.call('POST', `${path}/rollback`, at(under));
    expect(Object.keys((await root.rows(`${path}/data`))[0] ?? {})).not.toContain('one');
  });

  test('what is dropped does not come back', async () => {
    const path = await made();
    await root.call('PATCH', `${path}?allow_data_loss=true`, schema(title ?? {}, price ?? {}));
    const [latest] = (await root.call('GET', `${path}/operations`)) as unknown as Row[];
    await root.call('POST', `${path}/rollback`, { revision_id: latest?.['revision_id'] });
    expect((await root.rows(`${path}/data`)).map((row) => row['note'])).toEqual([null, null]);
  });

  test('that failed are on record', async () => {
    const path = await made();
    const unique = schema({ ...title, constraints: { unique: true } }, price ?? {}, note ?? {});
    await root.refused(400, 'VALIDATION_ERROR', 'PATCH', path, unique);
    const [latest] = (await root.call('GET', `${path}/operations`)) as unknown as Row[];
    expect(latest).toMatchObject({ status: 'failed', error: expect.stringContaining('2 rows') });
  });

  test('show their SQL to administrators alone, and are theirs to take back', async () => {
    const path = await made();
    const [latest] = (await reader.call('GET', `${path}/operations`)) as unknown as Row[];
    expect(latest).toMatchObject({ status: 'done', forward_sql: null, rollback_sql: null });
    const body = { revision_id: latest?.['revision_id'] };
    await reader.refused(403, 'FORBIDDEN', 'POST', `${path}/rollback`, body);
    await root.refused(404, 'NOT_FOUND', 'GET', `${path}/operations/none`);
    await root.refused(404, 'NOT_FOUND', 'POST', `${path}/rollback`, { revision_id: 'none' });
    await root.refused(400, 'VALIDATION_ERROR', 'POST', `${path}/rollback`, {});
  });

  test('under way are answered with 202', () => {
    const request = {
      method: 'PATCH',
      params: {},
      query: new Map(),
      headers: {},
      body: {},
      id: '',
    };
    const reply = changed(request, { operation: { id: 'x', status: 'running' } });
    expect(reply).toEqual({
      status: 202,
      body: { json: { operation: { revision_id: 'x', status: 'running' } } },
    });
  });
});
