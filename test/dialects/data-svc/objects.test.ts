/** Create, upsert, query, update and delete over HTTP: each rule of the page accepted and refused. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../../control-plane/model/principal.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { type DataSvc, dataSvc, where } from '../../support/data-svc.ts';
import { createDatabase } from '../../support/database.ts';
import { principal } from '../../support/principal.ts';

let app: TestApp;
let tenant: string;
let ann: DataSvc;
let bob: DataSvc;
let reader: DataSvc;

function as(sub: string, rest: Partial<Principal> = {}): DataSvc {
  return dataSvc(app, principal(tenant, sub, rest));
}

beforeAll(async () => {
  app = await startApp(await createDatabase());
  tenant = await app.createTenant('objects');
  ann = as('ann', { orgs: ['org_a', 'org_b'], roles: ['user-svc:org:{org_r}:admin', 'chef'] });
  bob = as('bob');
  reader = as('rita', { access: 'read' });
});

const everyone = { readers: ['any'], writers: ['_self'], deleters: ['_self'] };

describe('create', () => {
  it('shows all nine keys in order, with system-assigned authors', async () => {
    const reply = await ann.send('POST', 'object', {
      object: { id: 'pet_1', table: 'pet', data: { age: 9 }, readers: ['_self', '_org', '_self'] },
    });
    expect(reply.status, reply.text).toBe(200);
    const { object } = reply.body as { object: Record<string, unknown> };
    expect(Object.keys(object)).toEqual([
      'id',
      'table',
      'authors',
      'readers',
      'writers',
      'deleters',
      'data',
      'createdAt',
      'updatedAt',
    ]);
    expect(object).toMatchObject({
      id: 'pet_1',
      table: 'pet',
      authors: ['ann', 'org_a'],
      readers: ['ann', 'org_a'],
      writers: [],
      deleters: [],
      data: { age: 9 },
    });
    expect(object['createdAt']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('makes an id that begins with the table name', async () => {
    const made = await ann.create({ table: 'pet', id: '' });
    expect(made.id).toMatch(/^pet_./);
    expect(made.data).toEqual({});
  });

  it('keeps numbers to the last digit', async () => {
    const big = '{"a":12345678901234567890.123456789012345,"b":[1e40],"c":0.1}';
    const reply = await app.request('POST', '/data-svc/object', {
      as: principal(tenant, 'ann'),
      raw: `{"object":{"table":"pet","id":"pet_big","readers":["any"],"data":${big}}}`,
    });
    expect(reply.text).toContain('12345678901234567890.123456789012345');
    expect(reply.text).toContain('10000000000000000000000000000000000000000');
    expect(
      await ann.ids('pet', [
        { fields: ['a'], op: 'equals', valuesJson: '[12345678901234567890.123456789012345]' },
      ]),
    ).toEqual(['pet_big']);
    expect(
      await ann.ids('pet', [
        { fields: ['a'], op: 'equals', valuesJson: '[12345678901234567890.123456789012346]' },
      ]),
    ).toEqual([]);
  });

  it('refuses authors that the caller is not', async () => {
    const own = await ann.create({ table: 'pet', authors: ['org_r', 'chef', '_org'] });
    expect(own.authors).toEqual(['ann', 'org_r', 'chef', 'org_a']);
    expect((await ann.create({ table: 'pet', authors: [] })).authors).toEqual(['ann']);
    expect(
      await ann.send('POST', 'object', { object: { table: 'pet', authors: ['bob'] } }),
    ).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    });
  });

  it('conflicts with an id that is there, whoever owns it', async () => {
    await ann.create({ table: 'pet', id: 'pet_taken' });
    expect(
      await bob.send('POST', 'object', { object: { table: 'pet', id: 'pet_taken' } }),
    ).toMatchObject({
      status: 409,
      body: { code: 'conflict' },
    });
  });

  it('needs level edit', async () => {
    for (const access of ['deny', 'read'] as const) {
      const low = as('low', { access, sudo: true });
      expect(await low.send('POST', 'object', { object: { table: 'pet' } })).toMatchObject({
        status: 403,
      });
      expect(await low.send('POST', 'object', { object: { table: 'fresh' } })).toMatchObject({
        status: 403,
      });
    }
  });

  it.each([
    [{ object: { table: 'pet', id: 'dog_1' } }, 'object.id'],
    [{ object: { table: 'pet', id: 'pet' } }, 'object.id'],
    [{ object: { table: 'pet', data: [] } }, 'object.data'],
    [{ object: { table: 'pet', data: 'x' } }, 'object.data'],
    [{ object: { table: 'pet', readers: 'x' } }, 'object.readers'],
    [{ object: { table: 'pet', readers: [''] } }, 'object.readers'],
    [{ object: { table: 'pet', readers: [7] } }, 'object.readers'],
    [{ object: { table: 'pet', readers: ['x'.repeat(256)] } }, 'object.readers'],
    [{ object: { table: 7 } }, 'object.table'],
    [{ object: { table: 'x'.repeat(64) } }, 'object.table'],
    [{ object: {} }, 'object.table'],
    [{}, 'object'],
    [{ object: [] }, 'object'],
  ])('refuses %j naming %s', async (body, key) => {
    const reply = await ann.send('POST', 'object', body);
    expect(reply).toMatchObject({ status: 400, body: { code: 'bad_request' } });
    expect((reply.body as { error: string }).error).toContain(key);
  });

  it('needs an active org for _org', async () => {
    expect(
      await bob.send('POST', 'object', { object: { table: 'pet', readers: ['_org'] } }),
    ).toMatchObject({
      status: 400,
    });
  });
});

describe('upsert', () => {
  it('creates, then replaces what is sent and keeps the rest', async () => {
    const made = await ann.upsert('cat_1', { table: 'cat', data: { a: 1, b: 2 }, ...everyone });
    expect(made).toMatchObject({ authors: ['ann', 'org_a'], data: { a: 1, b: 2 } });
    const changed = await ann.upsert('cat_1', { table: 'cat', data: { c: 3 }, authors: ['bob'] });
    expect(changed).toMatchObject({
      data: { c: 3 },
      readers: ['any'],
      writers: ['ann'],
      authors: ['ann', 'org_a'],
    });
    expect(changed.createdAt).toBe(made.createdAt);
    const emptied = await ann.upsert('cat_1', { readers: [], deleters: null });
    expect(emptied).toMatchObject({ data: { c: 3 }, readers: [], deleters: ['ann'] });
    expect(await ann.ids('cat')).toEqual([]);
  });

  it('is refused to who is neither writer nor author', async () => {
    await ann.upsert('cat_2', {
      table: 'cat',
      data: { a: 1 },
      readers: ['any'],
      writers: ['any', 'chef'],
    });
    expect(
      await bob.send('PUT', 'object/cat_2', { object: { table: 'cat', data: {} } }),
    ).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    });
    expect((await bob.query('cat')).objects.find(({ id }) => id === 'cat_2')?.data).toEqual({
      a: 1,
    });
  });

  it('lets an author set the lists and nothing else', async () => {
    await ann.create({ table: 'cat', id: 'cat_3', data: { a: 1 } });
    expect(
      await ann.send('PUT', 'object/cat_3', { object: { table: 'cat', data: { a: 2 } } }),
    ).toMatchObject({ status: 403 });
    const blind = await ann.send('PUT', 'object/cat_3', {
      object: { table: 'cat', deleters: ['bob'] },
    });
    expect(blind.status, blind.text).toBe(200);
    expect(Object.keys((blind.body as { object: object }).object)).toEqual([
      'id',
      'table',
      'createdAt',
      'updatedAt',
    ]);
    const seen = await ann.upsert('cat_3', {
      data: { a: 1 },
      readers: ['_self'],
      writers: ['bob'],
    });
    expect(seen).toMatchObject({
      data: { a: 1 },
      readers: ['ann'],
      writers: ['bob'],
      deleters: ['bob'],
    });
    // An org in authors gives nothing.
    const other = as('olga', { orgs: ['org_a'] });
    expect(
      await other.send('PUT', 'object/cat_3', { object: { table: 'cat', readers: ['any'] } }),
    ).toMatchObject({ status: 403 });
  });

  it('a writer need not read, and may shut itself out', async () => {
    await ann.create({ table: 'cat', id: 'cat_4', data: { s: 1 }, writers: ['bob'] });
    expect(await bob.ids('cat')).not.toContain('cat_4');
    const written = await bob.upsert('cat_4', { table: 'cat', data: { s: 2 }, writers: [] });
    expect(written).toMatchObject({ data: { s: 2 }, writers: [], authors: ['ann', 'org_a'] });
    expect(
      await bob.send('PUT', 'object/cat_4', { object: { table: 'cat', data: {} } }),
    ).toMatchObject({ status: 403 });
  });

  it('level read may write as a writer but create nothing', async () => {
    await ann.create({ table: 'cat', id: 'cat_5', writers: ['rita'] });
    expect((await reader.upsert('cat_5', { table: 'cat', data: { r: 1 } })).data).toEqual({ r: 1 });
    expect(await reader.send('PUT', 'object/cat_new', { object: { table: 'cat' } })).toMatchObject({
      status: 403,
    });
  });

  it('finds the table by the longest name that holds the id', async () => {
    await ann.create({ table: 'cat_x', id: 'cat_x_1', ...everyone });
    await ann.create({ table: 'cat', id: 'cat_x_2', ...everyone });
    expect((await ann.upsert('cat_x_1', { data: { n: 1 } })).table).toBe('cat_x');
    expect((await ann.upsert('cat_x_2', { data: { n: 1 } })).table).toBe('cat');
    expect(await ann.send('PUT', 'object/cat_none', { object: {} })).toMatchObject({ status: 400 });
    expect(await ann.send('PUT', 'object/nothing_1', { object: {} })).toMatchObject({
      status: 400,
    });
    expect(
      await ann.send('PUT', 'object/cat_x_1', { object: { table: 'cat', id: 'cat_y' } }),
    ).toMatchObject({ status: 400 });
  });

  it('takes percent-encoded ids', async () => {
    const id = 'cat_a/b %?#"\'ü';
    expect((await ann.upsert(id, { table: 'cat', ...everyone })).id).toBe(id);
    expect(await ann.ids('cat', [where('id', 'equals', id)])).toEqual([id]);
  });

  it('many: in order, all or nothing', async () => {
    const objects = [3, 1, 2].map((n) => ({
      id: `hen_${n}`,
      table: 'hen',
      data: { n },
      ...everyone,
    }));
    const reply = await ann.send('PUT', 'objects/upsert', {
      objects: [...objects, { id: 'cat_many', table: 'cat', ...everyone }],
    });
    expect(reply.status, reply.text).toBe(200);
    const made = (reply.body as { objects: { id: string }[] }).objects;
    expect(made.map(({ id }) => id)).toEqual(['hen_3', 'hen_1', 'hen_2', 'cat_many']);
    const mixed = [
      { id: 'hen_1', table: 'hen', data: { n: 'x' } },
      { id: 'cat_2', table: 'cat', data: {} },
    ];
    expect(await ann.send('PUT', 'objects/upsert', { objects: mixed })).toMatchObject({
      status: 200,
    });
    const refused = [
      { id: 'hen_9', table: 'hen' },
      { id: 'hen_1', table: 'hen', data: {} },
    ];
    expect(await bob.send('PUT', 'objects/upsert', { objects: refused })).toMatchObject({
      status: 403,
    });
    expect(await ann.ids('hen')).toEqual(['hen_1', 'hen_2', 'hen_3']);
    expect(
      await ann.send('PUT', 'objects/upsert', { objects: [objects[0], objects[0]] }),
    ).toMatchObject({ status: 400 });
    expect(await ann.send('PUT', 'objects/upsert', { object: objects[0] })).toMatchObject({
      status: 200,
    });
    expect(await ann.send('PUT', 'objects/upsert', { objects: [{ table: 'hen' }] })).toMatchObject({
      status: 400,
    });
  });
});

describe('update and delete', () => {
  it('merges at every depth and skips what the caller may not write', async () => {
    await ann.create({
      table: 'cow',
      id: 'cow_1',
      data: { a: { b: 1, c: 2 }, l: [1] },
      ...everyone,
    });
    await bob.create({ table: 'cow', id: 'cow_2', data: { a: { b: 1 } }, ...everyone });
    expect(
      await ann.update('cow', [where('a.b', 'equals', 1)], {
        data: { a: { b: null, d: 3 }, l: 'x' },
      }),
    ).toBe(1);
    expect((await ann.query('cow')).objects.map(({ data }) => data)).toEqual([
      { a: { c: 2, d: 3 }, l: 'x' },
      { a: { b: 1 } },
    ]);
    expect(
      await ann.update('cow', [where('id', 'equals', 'cow_1')], {
        readers: ['bob'],
        writers: null,
      }),
    ).toBe(1);
    expect(await ann.ids('cow')).toEqual(['cow_2']);
    expect(await bob.ids('cow')).toEqual(['cow_1', 'cow_2']);
  });

  it('reaches unreadable objects by their id alone', async () => {
    await ann.create({
      table: 'cow',
      id: 'cow_h',
      data: { k: 1 },
      writers: ['bob'],
      deleters: ['bob'],
    });
    expect(await bob.update('cow', [where('k', 'equals', 1)], { data: { k: 2 } })).toBe(0);
    expect(
      await bob.update('cow', [where('id', 'equals', 'cow_h'), where('k', 'equals', 1)], {
        data: { k: 2 },
      }),
    ).toBe(0);
    expect(await bob.update('cow', [where('id', 'startsWith', 'COW_h')], { data: { k: 2 } })).toBe(
      1,
    );
    expect(await bob.remove('cow', [where('k', 'equals', 2)])).toBe(0);
    const either = {
      op: 'or',
      subFilters: [where('k', 'equals', 2), where('id', 'isInList', 'cow_h', 'x')],
    };
    expect(await bob.remove('cow', [either])).toBe(1);
    expect(await bob.remove('cow', [either])).toBe(0);
  });

  it('an update by which the caller loses the object counts once', async () => {
    await ann.create({ table: 'cow', id: 'cow_l', ...everyone, readers: ['_self'] });
    expect(
      await ann.update('cow', [where('id', 'equals', 'cow_l')], { data: { n: 1 }, readers: [] }),
    ).toBe(1);
    expect(
      await ann.update('cow', [where('id', 'equals', 'cow_l')], {
        data: { n: 2 },
        readers: ['_self'],
      }),
    ).toBe(1);
    expect(
      (await ann.query('cow', { filters: [where('id', 'equals', 'cow_l')] })).objects[0]?.data,
    ).toEqual({ n: 2 });
  });

  it('an author who is no writer changes lists, readable or not', async () => {
    await ann.create({ table: 'cow', id: 'cow_a', data: { n: 1 }, readers: ['_self'] });
    const own = [where('id', 'equals', 'cow_a')];
    expect(await ann.update('cow', own, { data: { n: 2 } })).toBe(0);
    expect(await ann.update('cow', own, { data: { n: 1 }, deleters: ['x'] })).toBe(1);
    expect(await ann.update('cow', own, { readers: [] })).toBe(1);
    expect(await ann.update('cow', own, { data: { n: 2 } })).toBe(0);
    expect(await ann.update('cow', own, { readers: ['_self'], writers: ['_self'] })).toBe(1);
    expect(await ann.update('cow', own, { data: { n: 2 } })).toBe(1);
  });

  it('answers 0 for a table that nobody made, and refuses missing filters', async () => {
    expect(await ann.update('nowhere', [where('id', 'equals', 'x')], {})).toBe(0);
    expect(await ann.remove('nowhere', [where('id', 'equals', 'x')])).toBe(0);
    for (const path of ['objects/update', 'objects/delete']) {
      for (const filters of [undefined, [], {}, 'x']) {
        const reply = await ann.send('POST', path, { table: 'cow', filters, object: {} });
        expect(reply).toMatchObject({ status: 400 });
      }
    }
    expect(
      await ann.send('POST', 'objects/update', {
        table: 'cow',
        filters: [where('id', 'equals', 'x')],
        object: { table: 'pet' },
      }),
    ).toMatchObject({ status: 400 });
  });
});
