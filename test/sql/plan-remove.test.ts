import { beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../control-plane/model/principal.ts';
import type { Statement } from '../../control-plane/statement/statement.ts';
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
  h = await openHarness(await createDatabase(), 'removes');
  ({ ann, bob, root, sudo } = callers(h.tenant));
});

describe('delete and restore', () => {
  const remove = (keys: string[], permanent = false) =>
    ({
      kind: 'delete',
      table: table('docs'),
      target: { by: 'keys', keys },
      permanent,
      output: output('id', 'trashed_at', 'deleted_at'),
    }) as const;
  const restore = (keys: string[]) =>
    ({
      kind: 'restore',
      table: table('docs'),
      target: { by: 'keys', keys },
      output: output('id', 'trashed_at'),
    }) as const;

  it('marks, refuses twice, takes back', async () => {
    const [id = ''] = await make(h, root, [{ values: { title: 'd' } }]);
    const [gone] = await h.rows(root, remove([id]));
    expect(gone).toMatchObject({ id, trashed_at: expect.stringMatching(/Z$/), deleted_at: null });
    expect(await failure(h, root, remove([id]))).toMatchObject({
      kind: 'row_not_found',
      detail: { keys: [id] },
    });
    expect(await failure(h, root, update([id], [{ values: { title: 'x' } }]))).toMatchObject({
      kind: 'row_trashed',
      detail: { keys: [id] },
    });
    expect(await h.rows(root, read('docs', ['id'], { where: compare('id', 'eq', id) }))).toEqual(
      [],
    );
    expect(
      await h.rows(root, read('docs', ['id'], { where: compare('id', 'eq', id), show: 'trashed' })),
    ).toHaveLength(1);
    expect(await h.rows(root, restore([id]))).toEqual([{ id, trashed_at: null }]);
    expect(await failure(h, root, restore([id]))).toMatchObject({ kind: 'row_not_found' });
  });

  it('deletes for good only as root, trashed rows too', async () => {
    const [id = ''] = await make(h, root, [{ values: { title: 'p' } }]);
    const full = principal(h.tenant, 'fay', { access: 'full' });
    expect(await failure(h, full, remove([id], true))).toMatchObject({ kind: 'root_required' });
    await h.run(root, remove([id]));
    const [gone] = await h.rows(root, remove([id], true));
    expect(gone).toMatchObject({ id, deleted_at: expect.stringMatching(/Z$/) });
    expect(await failure(h, root, remove([id], true))).toMatchObject({ kind: 'row_not_found' });
    expect(
      await h.rows(sudo, read('docs', ['id'], { where: compare('id', 'eq', id), show: 'deleted' })),
    ).toHaveLength(1);
  });

  it('deletes physically where there is no trash', async () => {
    const writer = principal(h.tenant, 'wes', { roles: ['PGREST_WRITE'] });
    const [row] = await h.rows(writer, insert('open', [{ values: { title: 'o' } }], 'id', 'title'));
    const target = { by: 'keys', keys: [String(row?.['id'])] } as const;
    const statement = {
      kind: 'delete',
      table: table('open'),
      target,
      permanent: false,
      output: output('title'),
    } as const;
    expect(await h.rows(writer, statement)).toEqual([{ title: 'o' }]);
    expect(await failure(h, writer, statement)).toMatchObject({ kind: 'row_not_found' });
    expect(await failure(h, ann, insert('open', [{ values: { title: 'o' } }], 'id'))).toMatchObject(
      {
        kind: 'forbidden',
      },
    );
  });
});

describe('share', () => {
  const share = (keys: string[], change: Extract<Statement, { kind: 'share' }>['change']) =>
    ({
      kind: 'share',
      table: table('docs'),
      target: { by: 'keys', keys },
      change,
      output: output('id', 'title', 'access_read', 'access_edit', 'access_deny'),
    }) as const;

  it('merges, patches, replaces', async () => {
    const [id = ''] = await make(h, ann, [
      { values: { title: 'sh' }, access: { full: ['ann'], read: ['x'] } },
    ]);
    expect(await h.rows(ann, share([id], { mode: 'merge', lists: { read: ['y', 'x'] } }))).toEqual([
      { id, title: 'sh', access_read: ['x', 'y'], access_edit: [], access_deny: [] },
    ]);
    expect(
      await h.rows(
        ann,
        share([id], { mode: 'patch', add: { edit: ['e'] }, remove: { read: ['x'] } }),
      ),
    ).toMatchObject([{ access_read: ['y'], access_edit: ['e'] }]);
    expect(await failure(h, bob, share([id], { mode: 'set', lists: {} }))).toMatchObject({
      kind: 'row_not_found',
    });
    expect(
      await h.rows(ann, share([id], { mode: 'replace', lists: { deny: ['zed'] } })),
    ).toMatchObject([{ access_read: [], access_deny: ['zed'] }]);
  });

  it('reaches a row hidden from one of level full', async () => {
    const [id = ''] = await make(h, ann, [{ values: { title: 'hid' }, access: { read: ['zoe'] } }]);
    const full = principal(h.tenant, 'fay', { access: 'full' });
    expect(
      await h.rows(full, share([id], { mode: 'merge', lists: { read: ['fay'] } })),
    ).toMatchObject([{ id, access_read: ['zoe', 'fay'] }]);
  });
});

describe('several statements', () => {
  it('are one transaction, and the failing one is told', async () => {
    const good = insert('docs', [{ values: { title: 'tx' } }], 'id');
    const error = await failure(h, ann, good, update([nobody], [{ values: { title: 'x' } }]));
    expect(error).toMatchObject({ kind: 'row_not_found', detail: { statement: 1 } });
    expect(
      await h.rows(ann, read('docs', ['id'], { where: compare('title', 'eq', 'tx') })),
    ).toEqual([]);
  });

  it('see each other, marks included', async () => {
    const [id = ''] = await make(h, root, [{ values: { title: 'seq' } }]);
    const target = { by: 'keys', keys: [id] } as const;
    const result = await h.run(
      root,
      { kind: 'delete', table: table('docs'), target, permanent: false, output: output('id') },
      read('docs', ['id'], { where: compare('title', 'eq', 'seq') }),
    );
    expect(result.count).toBe(0);
  });
});

describe('history and require', () => {
  it('lists tracked changes, newest first', async () => {
    const [id = ''] = await make(h, ann, [{ values: { title: 'h1' } }]);
    await h.run(ann, update([id], [{ values: { title: 'h2' } }]));
    const rows = await h.rows(ann, {
      kind: 'history',
      table: table('docs'),
      key: id,
      show: 'live',
    });
    expect(rows.map(({ operation }) => operation)).toEqual(['update', 'create']);
    expect(rows[0]).toMatchObject({
      row_key: id,
      changes: { title: { old: 'h1', new: 'h2' } },
      created_by: 'ann',
      request_id: 'test',
    });
    expect(
      await failure(h, ann, { kind: 'history', table: table('docs'), key: nobody, show: 'live' }),
    ).toMatchObject({ kind: 'row_not_found' });
  });

  it('says what is missing and what is trashed', async () => {
    const [id = ''] = await make(h, root, [{ values: { title: 'q' } }]);
    const need = {
      kind: 'require',
      table: table('docs'),
      keys: [id],
      show: 'live',
      live: true,
    } as const;
    expect(await h.run(root, need)).toMatchObject({ count: 0, matched: 1 });
    await h.run(root, {
      kind: 'delete',
      table: table('docs'),
      target: { by: 'keys', keys: [id] },
      permanent: false,
      output: output('id'),
    });
    expect(await failure(h, root, need)).toMatchObject({
      kind: 'row_trashed',
      detail: { keys: [id] },
    });
    expect(await failure(h, root, { ...need, keys: ['?'] })).toMatchObject({
      kind: 'row_not_found',
      detail: { keys: ['?'] },
    });
  });
});
