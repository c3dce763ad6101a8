import { beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../control-plane/model/principal.ts';
import { createDatabase } from '../support/database.ts';
import { principal } from '../support/principal.ts';
import {
  callers,
  compare,
  failure,
  type Harness,
  insert,
  make,
  nobody,
  openHarness,
  output,
  read,
  table,
  update,
} from './plan-harness.ts';

let h: Harness;
let ann: Principal;
let bob: Principal;
let root: Principal;
let sudo: Principal;

beforeAll(async () => {
  h = await openHarness(await createDatabase(), 'writes');
  ({ ann, bob, root, sudo } = callers(h.tenant));
});

describe('insert', () => {
  it('answers in order, with defaults where a row names nothing', async () => {
    const rows = await h.rows(
      sudo,
      insert(
        'docs',
        [
          {
            values: {
              title: 'a',
              grade: 'x',
              tags: ['p', 'q"'],
              data: { k: [1, null] },
              flag: true,
            },
          },
          { values: { title: 'b', salary: '12345678901234567.25' } },
          { values: { title: 'c', grade: null, count: 3, seen: '2024-01-02T03:04:05.678Z' } },
        ],
        'title',
        'grade',
        'salary',
        'tags',
        'data',
        'flag',
        'count',
        'seen',
        'access_read',
      ),
    );
    expect(rows).toEqual([
      {
        title: 'a',
        grade: 'x',
        salary: null,
        tags: ['p', 'q"'],
        data: { k: [1, null] },
        flag: true,
        count: null,
        seen: null,
        access_read: [],
      },
      {
        title: 'b',
        grade: 'new',
        salary: '12345678901234567.25',
        tags: null,
        data: null,
        flag: null,
        count: null,
        seen: null,
        access_read: [],
      },
      {
        title: 'c',
        grade: null,
        salary: null,
        tags: null,
        data: null,
        flag: null,
        count: 3,
        seen: '2024-01-02T03:04:05.678Z',
        access_read: [],
      },
    ]);
  });

  it('answers with a row the caller loses by its lists, once', async () => {
    const lists = { read: ['bob', 'bob'], deny: ['ann'] };
    const [row] = await h.rows(
      ann,
      insert(
        'docs',
        [{ values: { title: 'lost' }, access: lists }],
        'id',
        'access_read',
        'access_deny',
      ),
    );
    expect(row).toMatchObject({ access_read: ['bob'], access_deny: ['ann'] });
    const where = compare('id', 'eq', String(row?.['id']));
    expect(await h.rows(ann, read('docs', ['id'], { where }))).toEqual([]);
    expect(await h.rows(bob, read('docs', ['id'], { where }))).toHaveLength(1);
  });

  it('takes many rows with few combinations of lists', async () => {
    const rows = Array.from({ length: 500 }, (_, at) => ({
      values: { title: `t${at}` },
      ...(at % 3 === 0 ? {} : { access: { read: [`r${at % 5}`], full: ['ann'] } }),
    }));
    const made = await h.rows(ann, insert('docs', rows, 'title', 'access_read'));
    expect(made.map(({ title }) => title)).toEqual(rows.map(({ values }) => values.title));
    expect(made[4]).toEqual({ title: 't4', access_read: ['r4'] });
  });

  it('names all faults', async () => {
    const error = await failure(
      h,
      ann,
      insert(
        'docs',
        [
          { values: { title: 'ok' } },
          { values: { title: 7, nope: 1, count: 99, kind: 'z', email: 'x', seen: 'never' } },
          { values: {} },
        ],
        'id',
      ),
    );
    expect(error.kind).toBe('invalid_row');
    const found = error.detail.faults?.map(({ row, field, code }) => `${row} ${field} ${code}`);
    expect(found?.toSorted()).toEqual([
      '1 count maximum',
      '1 email pattern',
      '1 kind enum',
      '1 nope unknown_field',
      '1 seen type',
      '1 title type',
      '2 title required',
    ]);
  });

  it('is refused before its values are judged', async () => {
    expect(await failure(h, root, insert('cold', [{ values: { title: 7 } }], 'id'))).toMatchObject({
      kind: 'table_frozen',
    });
    expect(await failure(h, root, insert('vault', [{ values: { title: 7 } }], 'id'))).toMatchObject(
      {
        kind: 'sudo_required',
      },
    );
    expect(
      await failure(h, ann, insert('docs', [{ values: { title: 7, salary: 1 } }], 'id')),
    ).toMatchObject({ kind: 'column_requires_sudo' });
    const reader = principal(h.tenant, 'rita', { access: 'read' });
    expect(
      await failure(h, reader, insert('docs', [{ values: { title: 7 } }], 'id')),
    ).toMatchObject({
      kind: 'forbidden',
    });
  });

  it('names the column of a value that is taken', async () => {
    await make(h, ann, [{ values: { title: 'u', code: 'U1' } }]);
    const error = await failure(
      h,
      ann,
      insert('docs', [{ values: { title: 'u', code: 'U1' } }], 'id'),
    );
    expect(error).toMatchObject({
      kind: 'unique_violation',
      detail: { field: 'code', table: 'docs' },
    });
  });

  it('refuses a reference to nothing', async () => {
    const error = await failure(h, ann, insert('notes', [{ values: { doc: nobody } }], 'id'));
    expect(error).toMatchObject({ kind: 'reference_violation', detail: { field: 'doc' } });
  });

  it('refuses what Postgres cannot hold', async () => {
    const error = await failure(h, ann, insert('docs', [{ values: { title: 'a\0b' } }], 'id'));
    expect(error).toMatchObject({ kind: 'invalid_row', detail: { faults: [{ field: 'title' }] } });
  });
});

describe('update by keys', () => {
  it('changes each row in its own columns, in order, repeated keys together', async () => {
    const [a = '', b = ''] = await make(h, ann, [
      { values: { title: 'a', count: 1 } },
      { values: { title: 'b', count: 2 } },
    ]);
    const rows = await h.rows(
      ann,
      update(
        [b, a, b.toUpperCase()],
        [{ values: { title: 'B' } }, { values: { count: 5 } }, { values: { count: null } }],
      ),
    );
    expect(rows).toMatchObject([
      { id: b, title: 'B', count: null },
      { id: a, title: 'a', count: 5 },
      { id: b, title: 'B', count: null },
    ]);
  });

  it('names missing, unreadable and impossible keys, and changes nothing', async () => {
    const [mine = ''] = await make(h, ann, [{ values: { title: 'mine' } }]);
    const [hidden = ''] = await make(h, ann, [
      { values: { title: 'h' }, access: { read: ['zoe'] } },
    ]);
    const keys = [mine, hidden, nobody, 'no key'];
    const error = await failure(
      h,
      ann,
      update(
        keys,
        keys.map(() => ({ values: { title: 'x' } })),
      ),
    );
    expect(error).toMatchObject({
      kind: 'row_not_found',
      detail: { keys: [hidden, nobody, 'no key'], table: 'docs' },
    });
    const where = compare('id', 'eq', mine);
    expect(await h.rows(ann, read('docs', ['title'], { where }))).toEqual([{ title: 'mine' }]);
  });

  it('refuses what may be read but not changed, also when nothing would change', async () => {
    const [id = ''] = await make(h, ann, [{ values: { title: 'r' }, access: { read: ['ann'] } }]);
    for (const values of [{ title: 'x' }, {}]) {
      expect(await failure(h, ann, update([id], [{ values }]))).toMatchObject({
        kind: 'row_forbidden',
        detail: { keys: [id] },
      });
    }
  });

  it('without changes writes nothing and answers', async () => {
    const [id = ''] = await make(h, ann, [{ values: { title: 'same' } }]);
    expect(await h.rows(ann, update([id], [{ values: {} }]))).toMatchObject([
      { id, title: 'same' },
    ]);
    expect(
      await failure(h, root, {
        ...update([nobody], [{ values: {} }]),
        table: table('cold'),
        output: output('id'),
      }),
    ).toMatchObject({ kind: 'table_frozen' });
  });

  it('checks expected values of columns that the server sets', async () => {
    const [id = ''] = await make(h, ann, [{ values: { title: 'e' } }]);
    const [row] = await h.rows(
      ann,
      read('docs', ['created_at'], { where: compare('id', 'eq', id) }),
    );
    const same = {
      id: id.toUpperCase(),
      created_at: String(row?.['created_at']),
      trashed_at: null,
    };
    await h.run(ann, update([id], [{ values: { title: 'f' } }], { expect: [same] }));
    const error = await failure(
      h,
      ann,
      update([id], [{ values: { title: 'g' } }], { expect: [{ created_at: 'x' }] }),
    );
    expect(error).toMatchObject({ kind: 'system_column', detail: { field: 'created_at' } });
    const wrong = update([id], [{ values: {} }], { expect: [{ id: nobody }] });
    expect(await failure(h, ann, wrong)).toMatchObject({
      kind: 'system_column',
      detail: { field: 'id' },
    });
  });

  it('sets lists of those who may manage them', async () => {
    const [id = ''] = await make(h, ann, [
      { values: { title: 's' }, access: { full: ['ann'], edit: ['bob'], read: ['cy'] } },
    ]);
    const change = update([id], [{ values: { title: 't' }, access: { read: ['dan'] } }]);
    expect(await failure(h, bob, change)).toMatchObject({ kind: 'forbidden' });
    expect(await h.rows(ann, change)).toMatchObject([
      { title: 't', access_read: ['dan'], access_edit: ['bob'] },
    ]);
  });

  it('refuses immutable columns before faulty values', async () => {
    const [id = ''] = await make(h, ann, [{ values: { title: 'i', code: 'I1' } }]);
    const error = await failure(h, ann, update([id], [{ values: { code: 'I2', count: 77 } }]));
    expect(error.kind).toBe('immutable_column');
    const missing = await failure(h, ann, update([nobody], [{ values: { count: 'x' } }]));
    expect(missing.kind).toBe('row_not_found');
  });
});

describe('by predicate', () => {
  it('counts matches and changes, and refuses all when strict', async () => {
    await make(h, ann, [
      { values: { title: 'w', kind: 'a' } },
      { values: { title: 'w', kind: 'a' }, access: { read: ['ann'] } },
      { values: { title: 'w', kind: 'a' }, access: { read: ['zoe'] } },
    ]);
    const where = compare('title', 'eq', 'w');
    const change = update([], [{ values: { kind: 'b' } }], { target: { by: 'where', where } });
    expect(await h.run(ann, change)).toMatchObject({ matched: 2, changed: 1 });
    const strict = { ...change, target: { by: 'where', where, strict: true } } as const;
    expect(await failure(h, ann, strict)).toMatchObject({ kind: 'row_forbidden' });
    const none = {
      kind: 'delete',
      table: table('docs'),
      target: { by: 'where', where },
      permanent: false,
      output: output('id', 'trashed_at'),
    } as const;
    expect(await h.run(ann, none)).toMatchObject({ matched: 2, changed: 0 });
    expect(await h.run(sudo, none)).toMatchObject({ matched: 3, changed: 3 });
    expect(await h.run(sudo, none)).toMatchObject({ matched: 0, changed: 0 });
  });
});
