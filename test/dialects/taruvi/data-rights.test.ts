import { beforeAll, describe, expect, it } from 'vitest';
import { codeOf } from '../../support/sql.ts';
import { taruvi } from '../../support/taruvi.ts';
import { rowsAt, stage } from './stage.ts';
import { drafts } from './tables.ts';

const here = stage(drafts, {
  root: { access: 'root' },
  full: { access: 'full' },
  editor: { access: 'edit' },
  reader: { access: 'read' },
  other: { access: 'edit' },
  denied: { access: 'deny' },
});

/** Rows of `shared`: one open by level, one that `editor` may only read, one hidden from all but root. */
const keys = { open: 0, readable: 0, hidden: 0 };

beforeAll(async () => {
  const root = here.as('root');
  for (const table of ['shared', 'shared_marked']) {
    const rows = [{ title: 'open' }, { title: 'readable' }, { title: 'hidden' }];
    await root.call('POST', rowsAt(table), rows, 201);
  }
  Object.assign(keys, { open: 1, readable: 2, hidden: 3 });
  const client = here.logins.client('root');
  for (const table of ['shared', 'shared_marked']) {
    await client.query(
      `select share('${table}', '2', read => array['editor', 'reader'], "full" => array['full', 'root'])`,
    );
    await client.query(`select share('${table}', '3', "full" => array['root'])`);
  }
}, 120_000);

const sqlIds = async (name: string, table = 'shared') =>
  (await here.logins.client(name).query(`select id from ${table} order by id`)).rows.map(
    ({ id }) => id,
  );

describe('a read shows what the policy lets see, in REST and SQL', () => {
  it.each(['full', 'editor', 'reader', 'other', 'denied', 'root'])('%s', async (name) => {
    const rows = await here.as(name).rows(rowsAt('shared'));
    expect(rows.map(({ id }) => id)).toEqual(await sqlIds(name));
  });

  it('a row not visible is 404 for every verb', async () => {
    const editor = here.as('editor');
    const path = rowsAt('shared', `${keys.hidden}/`);
    await editor.refused(404, 'NOT_FOUND', 'GET', path);
    await editor.refused(404, 'NOT_FOUND', 'PATCH', path, { title: 'x' });
    await editor.refused(404, 'NOT_FOUND', 'PUT', path, { title: 'x' });
    await editor.refused(404, 'NOT_FOUND', 'DELETE', path);
    await editor.refused(404, 'NOT_FOUND', 'PATCH', rowsAt('shared'), [
      { id: keys.hidden, title: 'x' },
    ]);
  });

  it('visible but not writable is 403, never 401; the row stays', async () => {
    const editor = here.as('editor');
    const path = rowsAt('shared', `${keys.readable}/`);
    await editor.refused(403, 'FORBIDDEN', 'PATCH', path, { title: 'x' });
    await editor.refused(403, 'FORBIDDEN', 'PUT', path, { title: 'x' });
    await editor.refused(403, 'FORBIDDEN', 'DELETE', path);
    await here.as('reader').refused(403, 'FORBIDDEN', 'POST', rowsAt('shared'), { title: 'x' });
    await editor.refused(403, 'FORBIDDEN', 'POST', rowsAt('shared', 'upsert/'), {
      id: keys.readable,
      title: 'x',
    });
    await editor.refused(403, 'FORBIDDEN', 'POST', rowsAt('shared', 'upsert/'), {
      id: keys.hidden,
      title: 'x',
    });
    expect((await editor.call('GET', path)).data).toEqual({ id: keys.readable, title: 'readable' });
  });

  it('in a bulk call one refused row refuses all', async () => {
    const editor = here.as('editor');
    const changes = [
      { id: keys.open, title: 'changed' },
      { id: keys.readable, title: 'changed' },
    ];
    await editor.refused(403, 'FORBIDDEN', 'PATCH', rowsAt('shared'), changes);
    await editor.refused(403, 'FORBIDDEN', 'POST', rowsAt('shared', 'upsert/'), changes);
    const full = here.as('editor');
    await full.refused(
      403,
      'FORBIDDEN',
      'DELETE',
      rowsAt('shared', `?ids=${keys.readable},${keys.open}`),
    );
    const rows = await here.as('root').rows(rowsAt('shared'));
    expect(rows.map(({ title }) => title)).toEqual(['open', 'readable', 'hidden']);
  });

  it('a delete by filter takes only rows the policy lets the caller delete', async () => {
    const made = await here
      .as('editor')
      .call('POST', rowsAt('shared'), [{ title: 'f1' }, { title: 'f2' }], 201);
    const [first, second] = made.data as { id: number }[];
    await here.logins
      .client('root')
      .query(
        `select share('shared', '${first?.id}', read => array['full', 'root'], deny => array['nobody'])`,
      );
    const filter = encodeURIComponent(JSON.stringify({ title__in: ['f1', 'f2'] }));
    expect(
      (await here.as('reader').call('DELETE', rowsAt('shared', `?filter=${filter}`))).deleted,
    ).toBe(0);
    expect(
      (await here.as('full').call('DELETE', rowsAt('shared', `?filter=${filter}`))).deleted,
    ).toBe(1);
    const left = await here.as('root').rows(rowsAt('shared', '?id__gt=3'));
    expect(left.map(({ id }) => id)).toEqual([first?.id]);
    expect(second).toBeDefined();
  });
});

describe('a mark where rows have lists', () => {
  it('needs the right to delete, in REST and SQL; taking it off the right to change', async () => {
    const [editor, full] = [here.as('editor'), here.as('full')];
    // Level edit changes open rows and does not delete them.
    await editor.refused(403, 'FORBIDDEN', 'DELETE', rowsAt('shared_marked', '1/'));
    await here.logins.client('editor').query('delete from shared_marked');
    expect(await sqlIds('root', 'shared_marked')).toEqual([1, 2, 3]);
    expect((await full.call('DELETE', rowsAt('shared_marked', '1/'))).deleted).toBe(1);
    expect(await sqlIds('root', 'shared_marked')).toEqual([2, 3]);
    await here
      .as('reader')
      .refused(403, 'FORBIDDEN', 'POST', rowsAt('shared_marked', '1/restore/'));
    await here.as('other').refused(404, 'NOT_FOUND', 'POST', rowsAt('shared_marked', '2/restore/'));
    expect((await editor.call('POST', rowsAt('shared_marked', '1/restore/'))).data).toMatchObject({
      id: 1,
    });
    await here.logins.client('full').query('delete from shared_marked where id = 1');
    expect(await sqlIds('root', 'shared_marked')).toEqual([2, 3]);
    expect(await codeOf(here.logins.client('reader'), `select restore('shared_marked', '1')`)).toBe(
      'RH402',
    );
    expect(await codeOf(here.logins.client('editor'), `select restore('shared_marked', '1')`)).toBe(
      'done',
    );
    expect(await codeOf(here.logins.client('editor'), `select restore('shared_marked', '1')`)).toBe(
      'RH400',
    );
    expect(await sqlIds('root', 'shared_marked')).toEqual([1, 2, 3]);
  });

  it('an update of one mark is no way to change another row', async () => {
    const editor = here.logins.client('editor');
    expect(
      await codeOf(editor, `update shared_marked set is_deleted = true where id in (2, 3)`),
    ).toBe('done');
    expect(await sqlIds('root', 'shared_marked')).toEqual([1, 2, 3]);
  });
});

describe('callers without a token', () => {
  const nobody = () => taruvi(here.app, { named: here.tenant });

  const settings = (value: object) =>
    here.database.admin.query(
      `with a as (update control.apps set settings = $1 where slug = 'default')
       update control.tenants set version = version + 1`,
      [JSON.stringify(value)],
    );

  it('are asked who they are, for what is there and for what is not', async () => {
    for (const path of [
      rowsAt('items'),
      rowsAt('nothing'),
      '/nothing/datatables/x/data/',
      rowsAt('items', '1/'),
    ]) {
      await nobody().refused(401, 'UNAUTHORIZED', 'GET', path);
    }
    const elsewhere = taruvi(here.app, { named: 'no_such_tenant' });
    await elsewhere.refused(401, 'UNAUTHORIZED', 'GET', rowsAt('items'));
    const reply = await here.app.request('GET', `/api/apps${rowsAt('items')}`);
    expect(reply.status).toBe(401);
  });

  it('are asked even where the app is open, unless a policy speaks of them', async () => {
    await settings({ allow_anonymous: true });
    for (const path of [rowsAt('shared'), rowsAt('cold'), rowsAt('shared', '1/')]) {
      await nobody().refused(401, 'UNAUTHORIZED', 'GET', path);
    }
    for (const [method, path] of [
      ['POST', ''],
      ['PATCH', '1/'],
      ['DELETE', '1/'],
      ['PUT', '1/'],
      ['POST', 'upsert/'],
      ['GET', '1/history/'],
    ] as const) {
      await nobody().refused(
        401,
        'UNAUTHORIZED',
        method,
        rowsAt('items', path),
        method === 'GET' ? undefined : {},
      );
    }
    await settings({});
  });

  it('a bad token is 401 however it comes, and two of one person are one', async () => {
    const token = 'no.such.token';
    for (const headers of [
      { 'x-api-key': token },
      { 'x-session-token': token },
      { authorization: `Token ${token}` },
    ]) {
      const reply = await here.app.request('GET', `/api/apps${rowsAt('items')}`, { headers });
      expect(reply.status).toBe(401);
      expect(reply.body).toMatchObject({ status: 'error', code: 'UNAUTHORIZED' });
    }
  });

  it('a token of another tenant is 403', async () => {
    const options = { headers: { 'x-tenant': 'another' } };
    const reply = await here.as('root').send('GET', rowsAt('items'), undefined, options);
    expect(reply.status).toBe(403);
    expect(reply.body).toMatchObject({ status: 'error', code: 'FORBIDDEN' });
  });
});
