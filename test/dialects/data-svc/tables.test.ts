/** Tables on first write, races, and what hostile callers send. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../../control-plane/model/principal.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { type DataSvc, dataSvc, where } from '../../support/data-svc.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { principal } from '../../support/principal.ts';

let database: TestDatabase;
let app: TestApp;
let tenant: string;
let ann: DataSvc;
let bob: DataSvc;

function as(sub: string, rest: Partial<Principal> = {}): DataSvc {
  return dataSvc(app, principal(tenant, sub, rest));
}

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  tenant = await app.createTenant('tables');
  ann = as('ann');
  bob = as('bob');
});

const own = { readers: ['_self'], writers: ['_self'], deleters: ['_self'] };

describe('tables on first write', () => {
  it('many first writers end in one table and no error', async () => {
    const replies = await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        as(`w${n}`).create({ table: 'race', id: `race_${n}`, readers: ['any'] }),
      ),
    );
    expect(new Set(replies.map(({ id }) => id)).size).toBe(12);
    expect(await ann.ids('race')).toHaveLength(12);
    const { rows } = await database.admin.query(
      `select indexdef from pg_indexes where schemaname = $1 and tablename = 'race'`,
      [`t_${tenant}`],
    );
    expect(JSON.stringify(rows)).toContain('jsonb_path_ops');
    expect(JSON.stringify(rows)).toContain('(_acl, id)');
  });

  it('several tables at once', async () => {
    const objects = Array.from({ length: 6 }, (_, n) => n);
    await Promise.all(
      objects.map((n) => as(`w${n}`).create({ table: `several${n}`, readers: ['any'] })),
    );
    for (const n of objects) expect(await ann.ids(`several${n}`)).toHaveLength(1);
  });

  it.each([
    'select',
    'a b',
    'o\'"; drop table x; --',
    '$$%_\\',
    'ünï→💥',
    'x'.repeat(63),
    '.',
    'a.b',
    '../x',
    'constructor',
    '__proto__',
    'any',
    '^(a+)+$[',
  ])('any name: %s', async (table) => {
    const id = `${table}_1`;
    const made = await ann.create({ table, id, data: { [table]: [table] }, ...own });
    expect(made).toMatchObject({ table, id });
    expect((await ann.create({ table, ...own })).id.startsWith(`${table}_`)).toBe(true);
    expect(await ann.ids(table, [where('id', 'equals', id)])).toEqual([id]);
    expect((await ann.upsert(id, { table, data: { n: 1 } })).data).toEqual({ n: 1 });
    expect(await ann.update(table, [where('id', 'equals', id)], { data: { m: 2 } })).toBe(1);
    expect(await bob.ids(table)).toEqual([]);
    expect(await ann.remove(table, [where('id', 'startsWith', table)])).toBe(2);
  });

  it('reads and refused writes make none', async () => {
    await ann.query('ghost');
    await ann.send('POST', 'object', { object: { table: 'ghost', id: 'wrong' } });
    await ann.send('PUT', 'object/ghost_1', { object: { table: 'ghost', data: 7 } });
    expect(await ann.send('POST', 'object', { object: { table: '_rowhouse_x' } })).toMatchObject({
      status: 400,
    });
    const { rows } = await database.admin.query(`select from pg_class where relname = 'ghost'`);
    expect(rows).toEqual([]);
  });

  it('is refused with a clear 4xx when there are too many', async () => {
    const crowded = await app.createTenant('crowded');
    const caller = dataSvc(app, principal(crowded, 'ann'));
    await caller.create({ table: 'first' });
    await database.admin.query(
      `insert into control.relations (tenant_id, id, datasource, name, physical, provider, access)
       select t.id, 100 + n, 'objects', 'n' || n, 'n' || n, 'jsonb', 'lists'
       from control.tenants as t, generate_series(1, 999) as n where t.slug = $1`,
      [crowded],
    );
    await database.admin.query('update control.tenants set version = version + 1 where slug = $1', [
      crowded,
    ]);
    expect(await caller.send('POST', 'object', { object: { table: 'one_more' } })).toMatchObject({
      status: 400,
      body: { code: 'bad_request' },
    });
    expect(await caller.send('POST', 'object', { object: { table: 'first' } })).toMatchObject({
      status: 200,
    });
  });

  it('two tenants share no table, id space or error', async () => {
    const other = dataSvc(app, principal(await app.createTenant('other'), 'ann'));
    await ann.create({ table: 'shared', id: 'shared_1', readers: ['any'], data: { t: 1 } });
    await other.create({ table: 'shared', id: 'shared_1', readers: ['any'], data: { t: 2 } });
    expect((await ann.query('shared')).objects.map(({ data }) => data)).toEqual([{ t: 1 }]);
    expect((await other.query('shared')).objects.map(({ data }) => data)).toEqual([{ t: 2 }]);
  });
});

describe('limits', () => {
  it('asks for a limit beyond 10,000 matches, and takes 10,000 objects at once', async () => {
    const objects = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, n) => ({
        id: `much_${from + n}`,
        table: 'much',
        data: { n },
        readers: ['any'],
        writers: ['_self'],
      }));
    const many = await ann.send('PUT', 'objects/upsert', { objects: objects(0, 10_000) });
    expect(many.status, many.text.slice(0, 200)).toBe(200);
    expect((await bob.query('much')).objects).toHaveLength(10_000);
    // Once more, with other data and one more reader: work by combinations of lists, not by rows.
    const again = objects(0, 10_000).map((object, n) => ({
      ...object,
      data: { n, again: true },
      readers: ['any', `r${n % 50}`],
    }));
    const changed = await ann.send('PUT', 'objects/upsert', { objects: again });
    expect(changed.status, changed.text.slice(0, 200)).toBe(200);
    const [seventh] = (await bob.query('much', { filters: [where('id', 'equals', 'much_57')] }))
      .objects;
    expect(seventh).toMatchObject({ data: { n: 57, again: true }, readers: ['any', 'r7'] });
    expect(await ann.send('PUT', 'objects/upsert', { objects: objects(0, 10_001) })).toMatchObject({
      status: 400,
    });
    await ann.create({ table: 'much', readers: ['any'] });
    expect(await bob.send('POST', 'objects', { table: 'much' })).toMatchObject({
      status: 400,
      body: { code: 'bad_request' },
    });
    expect((await bob.query('much', { limit: 1, count: true })).count).toBe(10_001);
  });

  it('nothing hostile is a fault of ours', async () => {
    const odd = [
      "'; drop table pet; --",
      '$1',
      '\\',
      '%',
      '{a,b}',
      'a"b',
      '💥',
      '__proto__',
      'constructor',
      '-1',
      '99999999999',
    ];
    for (const text of odd) {
      for (const body of [
        { table: text, query: { filters: [where(text, 'equals', text)] } },
        { table: 'much', query: { filters: [where(`data.${text}`, 'lessThan', text)], limit: 1 } },
        { table: 'much', query: { orderBys: [{ field: text, desc: true }], limit: 2 } },
        { table: 'much', query: { orderBys: [{ field: 'n', sortingType: text }] } },
        { table: 'much', query: { filters: [{ fields: ['n'], op: text, valuesJson: '[1]' }] } },
        { table: 'much', query: { afterJson: JSON.stringify([text]), limit: 1 } },
        {
          table: 'much',
          query: { filters: [{ fields: ['n'], op: 'greaterThan', valuesJson: '[1e999999]' }] },
        },
        { table: 'much', readers: [text] },
      ]) {
        const reply = await ann.send('POST', 'objects', body);
        expect([200, 400], JSON.stringify(body)).toContain(reply.status);
        expect(reply.body).toBeTypeOf('object');
      }
      const changed = await ann.send('POST', 'objects/update', {
        table: 'much',
        filters: [where('id', 'equals', text)],
        object: { data: { [text]: text } },
      });
      expect(changed).toMatchObject({ status: 200, body: { updated: 0 } });
    }
  });
});

describe('concurrency', () => {
  it('upserts of one id by 16 writers lose none and fail none', async () => {
    await ann.create({
      table: 'hot',
      id: 'hot_1',
      writers: Array.from({ length: 16 }, (_, n) => `h${n}`),
    });
    const writers = Array.from({ length: 16 }, (_, n) => as(`h${n}`));
    for (let turn = 0; turn < 3; turn++) {
      const replies = await Promise.all(
        writers.map((writer, n) =>
          writer.send('PUT', 'object/hot_1', {
            object: {
              table: 'hot',
              data: { n, turn },
              readers: [`r${turn}_${n}`, '_self'],
              deleters: [`d${n}`],
            },
          }),
        ),
      );
      for (const reply of replies) expect(reply.status, reply.text).toBe(200);
      const last = await database.admin.query<{
        data: { n: number; turn: number };
        read: string[];
      }>(
        `select t.data, a.read from "t_${tenant}".hot as t join "t_${tenant}"._rowhouse_acls as a on a.id = t._acl`,
      );
      const [row] = last.rows;
      expect(row?.data.turn).toBe(turn);
      // One writer's object whole, never a mixture.
      expect(row?.read).toEqual([`r${turn}_${row?.data.n}`, `h${row?.data.n}`]);
    }
  });

  it('first upserts of one id by 16 writers: one creates, the others write or are refused', async () => {
    const replies = await Promise.all(
      Array.from({ length: 16 }, (_, n) =>
        as('same').send('PUT', 'object/hot_new', { object: { table: 'hot', data: { n }, ...own } }),
      ),
    );
    for (const reply of replies) expect(reply.status, reply.text).toBe(200);
    expect(await as('same').ids('hot')).toEqual(['hot_new']);
  });

  it('batches in opposite order do not deadlock', async () => {
    const objects = Array.from({ length: 40 }, (_, n) => ({
      id: `hot_b${n}`,
      table: 'hot',
      data: {},
      ...own,
    }));
    const replies = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        ann.send('PUT', 'objects/upsert', {
          objects: n % 2 === 0 ? objects : objects.toReversed(),
        }),
      ),
    );
    for (const reply of replies) expect(reply.status, reply.text).toBe(200);
  });
});
