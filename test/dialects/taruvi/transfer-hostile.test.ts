/** Files that are hostile, halves of files, and tables with rules of every kind: refused by name or written as rows always are, never half. */
import { request as httpRequest } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { Reply } from '../../support/app.ts';
import { principal, tokenFor } from '../../support/principal.ts';
import { stage } from './stage.ts';
import { column, drafts, table } from './tables.ts';

const node = table(
  'nodes',
  [column('parent_id', 'integer'), column('name', 'text', { maximum: 5 })],
  {
    references: [
      {
        name: 'nodes_parent',
        columns: ['parent_id'],
        target: { app: 'default', name: 'nodes' },
        targetColumns: ['id'],
        onDelete: 'no action',
        onUpdate: 'no action',
      },
    ],
  },
);
const here = stage([...drafts, node], {
  root: { access: 'root' },
  clerk: { roles: ['clerk'] },
  none: {},
});

interface Report {
  readonly inserted: number;
  readonly updated: number;
  readonly skipped: number;
  readonly errors: readonly { row: number; field: string; code: string }[];
}

async function load(
  name: string,
  body: string,
  query = '',
  type = 'text/csv',
  who = 'root',
): Promise<Reply & { report: Report; codes: unknown[] }> {
  const path = `/default/datatables/${name}/data/import/${query}`;
  const reply = await here.as(who).send('POST', path, body, { headers: { 'content-type': type } });
  const report = (reply.body as { data: Report }).data;
  const codes = report?.errors?.map(({ row, field, code }) => [row, field, code]) ?? [];
  return { ...reply, report, codes };
}

const rows = (name: string, query = ''): Promise<readonly Record<string, unknown>[]> =>
  here.as('root').rows(`/default/datatables/${name}/data/?ordering=id&${query}`);

async function raw(
  name: string,
  body: Uint8Array | string,
  headers: Record<string, string>,
): Promise<Response> {
  const root = principal(here.tenant, 'root', { access: 'root' });
  const token = await tokenFor(root, here.app.secret);
  return fetch(`${here.app.url}/api/apps/default/datatables/${name}/data/import/`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, ...headers },
    body: typeof body === 'string' ? body : Buffer.from(body),
  });
}

const names = [...drafts, node].map(({ name }) => name);
afterEach(async () => {
  const tables = names.map((name) => `t_${here.tenant}.${name}`).join(', ');
  await here.database.admin.query(`truncate ${tables} restart identity cascade`);
});

describe('what files may be', () => {
  it.each([
    ['LF', 'title,price\na,1\nb,2\n'],
    ['CRLF', 'title,price\r\na,1\r\nb,2\r\n'],
    ['CR', 'title,price\ra,1\rb,2\r'],
    ['no end', 'title,price\na,1\nb,2'],
    ['mixed ends', 'title,price\na,1\r\nb,2\n'],
    ['a mark and quotes', '\uFEFF"title","price"\r\n"a","1"\n"b","2"\n'],
  ])('%s', async (_, text) => {
    expect((await load('items', text)).status).toBe(200);
    expect(await rows('items', 'fields=title,price')).toEqual([
      { title: 'a', price: 1 },
      { title: 'b', price: 2 },
    ]);
  });

  it.each([
    ['a NUL in a cell', 'title\na\0b\n', 'type', [[1, 'title', 'type']]],
    ['a NUL in a document', 'more\n"{""a"":""\\u0000""}"\n', 'more', [[1, 'more', 'type']]],
    [
      'a number beyond all bounds',
      'quantity\n99999999999999999999\n',
      '',
      [[1, 'quantity', 'type']],
    ],
    ['an array where a text belongs', '[{"title":["a"]}]', 'json', [[1, 'title', 'type']]],
    ['a number where a text belongs', '[{"title":1}]', 'json', [[1, 'title', 'type']]],
    ['an object where a number belongs', '[{"price":{}}]', 'json', [[1, 'price', 'type']]],
  ])('%s is a fault of its row', async (_, text, kind, codes) => {
    const type = kind === 'json' ? 'application/json' : 'text/csv';
    const reply = await load('items', text, '', type);
    expect([reply.status, reply.codes]).toEqual([400, codes]);
    expect(await rows('items')).toEqual([]);
  });

  it('of a key named twice the last counts; digits stay', async () => {
    const text = '[{"title":"x","title":"y","price":12345678901234567890.123456789}]';
    expect((await load('items', text, '', 'application/json')).status).toBe(200);
    const found = await here.database.admin.query(
      `select title, price::text from t_${here.tenant}.items`,
    );
    expect(found.rows).toEqual([{ title: 'y', price: '12345678901234567890.123456789' }]);
  });

  it.each([
    ['a header of 10,000 columns', `title,${Array.from({ length: 10_000 }, (_, n) => `c${n}`)}\n`],
    ['a column only the server sets', 'title,search_vector\na,b\n'],
  ])('%s is refused', async (_, text) => {
    expect((await load('items', text)).status).toBe(400);
  });

  it('refuses another charset, half a form, a form without a file', async () => {
    const other = await raw('items', 'title\na\n', { 'content-type': 'text/csv; charset=latin1' });
    expect(other.status).toBe(415);
    const form = new FormData();
    form.set('file', new Blob(['title\na\n']), 'items.csv');
    const whole = new Response(form);
    const type = whole.headers.get('content-type') ?? '';
    const text = await whole.text();
    for (const half of [text.slice(0, -20), text.slice(0, 60), '']) {
      const reply = await raw('items', half, { 'content-type': type });
      expect([reply.status, await rows('items')]).toEqual([400, []]);
    }
    const bare = new FormData();
    bare.set('other', 'x');
    const sent = new Response(bare);
    const reply = await raw('items', await sent.text(), {
      'content-type': sent.headers.get('content-type') ?? '',
    });
    expect(reply.status).toBe(400);
  });

  it('takes cells as the schema says them', async () => {
    const fields = [
      { name: 'id', type: 'integer' },
      { name: 'tags', type: 'list', delimiter: ';' },
      { name: 'counts', type: 'list', itemType: 'integer' },
      { name: 'day', type: 'date', format: '%d.%m.%Y', missingValues: ['never'] },
      { name: 'ok', type: 'boolean', trueValues: ['ja'], falseValues: ['nein'] },
      { name: 'n', type: 'number', decimalChar: ',', groupChar: '.' },
      { name: 'text', type: 'string' },
    ];
    const json_schema = { fields, missingValues: ['', '-'] };
    await here
      .as('root')
      .call('POST', '/default/datatables/', { name: 'spelled', json_schema }, 201);
    const text =
      'id,tags,counts,day,ok,n,text\n1,a;b,"1,2",29.02.2024,ja,"1.000,5",-\n2,,,never,nein,-,x\n';
    const reply = await load('spelled', text);
    expect(reply.status, reply.text).toBe(200);
    expect(await rows('spelled')).toMatchObject([
      { tags: ['a', 'b'], counts: [1, 2], day: '2024-02-29', ok: true, n: 1000.5, text: null },
      { tags: null, counts: null, day: null, ok: false, n: null, text: 'x' },
    ]);
  });

  it('64 MiB are read, one byte more is not', async () => {
    const line = `${'x'.repeat(30)},1\n`;
    const head = 'title,nothing\n';
    const body = head + line.repeat(Math.ceil((64 * 1024 * 1024 - head.length) / line.length) + 1);
    expect((await load('items', body)).status).toBe(413);
    // Below the limit of bytes the unknown column is what is wrong.
    expect((await load('items', body.slice(0, 64 * 1024 * 1024))).status).toBe(400);
  }, 60_000);
});

describe('what tables may be', () => {
  it('rows that refer to rows of the file, in any order, also where others are left out', async () => {
    const text = 'id,parent_id,name\n1,4,a\n2,1,too long\n3,,c\n4,3,d\n5,2,e\n6,99,f\n';
    const whole = await load('nodes', 'id,parent_id\n1,2\n2,3\n3,\n');
    expect([whole.status, whole.report.inserted]).toEqual([200, 3]);
    await here.database.admin.query(`truncate t_${here.tenant}.nodes restart identity`);
    const reply = await load('nodes', text, '?on_error=skip');
    expect(reply.codes).toEqual([
      [2, 'name', 'maximum'],
      [5, 'parent_id', 'reference'],
      [6, 'parent_id', 'reference'],
    ]);
    expect((await rows('nodes', 'fields=id')).map(({ id }) => id)).toEqual([1, 3, 4]);
    await here.database.admin.query(`truncate t_${here.tenant}.nodes restart identity`);
    const refused = await load('nodes', text);
    expect([refused.status, refused.codes]).toEqual([400, reply.codes]);
    expect(await rows('nodes')).toEqual([]);
  });

  it('numbers go on after the greatest that a file gives; empty ones are given', async () => {
    const fields = [
      { name: 'id', type: 'integer' },
      { name: 'title', type: 'string' },
    ];
    const made = { name: 'counted', json_schema: { fields } };
    await here.as('root').call('POST', '/default/datatables/', made, 201);
    expect((await load('counted', 'id,title\n7,a\n,b\n')).status).toBe(200);
    await here.as('root').call('POST', '/default/datatables/counted/data/', { title: 'c' }, 201);
    const found = await rows('counted', 'fields=id,title');
    expect(found.find(({ title }) => title === 'a')).toEqual({ id: 7, title: 'a' });
    expect(new Set(found.map(({ id }) => id)).size).toBe(3);
    expect(Math.max(...found.map(({ id }) => Number(id)))).toBeGreaterThan(7);
  });

  it('writes history for each row, access lists and defaults as any insert does', async () => {
    expect((await load('audited', 'title\na\nb\n')).report.inserted).toBe(2);
    const up = await load('audited', 'id,title\n1,A\n', '?mode=upsert');
    expect(up.report).toMatchObject({ inserted: 0, updated: 1 });
    const root = here.as('root');
    const changed = await root.call('GET', '/default/datatables/audited/data/1/history/');
    const other = await root.call('GET', '/default/datatables/audited/data/2/history/');
    expect([changed.total, other.total]).toEqual([2, 1]);
    expect((await load('shared', 'title\na\n')).report.inserted).toBe(1);
    expect(await rows('shared')).toHaveLength(1);
  });

  it('fields of a document: declared ones are judged, others are kept', async () => {
    const fields = [
      { name: 'title', type: 'string', constraints: { required: true } },
      { name: 'size', type: 'integer' },
    ];
    const made = { name: 'papers', provider_type: 'jsonb', json_schema: { fields } };
    await here.as('root').call('POST', '/default/datatables/', made, 201);
    const bad = await load('papers', 'title,size\na,big\n,1\n');
    expect([bad.status, bad.codes]).toEqual([
      400,
      [
        [1, 'size', 'type'],
        [2, 'title', 'required'],
      ],
    ]);
    expect((await load('papers', 'title,size\na,1\n')).report.inserted).toBe(1);
    const more = '[{"title":"b","other":{"k":1}}]';
    expect((await load('papers', more, '', 'application/json')).report.inserted).toBe(1);
    expect(await here.as('root').rows('/default/datatables/papers/data/?ordering=title')).toEqual([
      expect.objectContaining({ title: 'a', size: 1 }),
      expect.objectContaining({ title: 'b', other: { k: 1 } }),
    ]);
  });

  it('refuses frozen and guarded tables, columns that never change, and rows thrown away', async () => {
    expect((await load('cold', 'title\na\n')).status).toBeGreaterThanOrEqual(400);
    expect((await load('guarded', 'title\na\n', '', 'text/csv', 'none')).status).toBeLessThan(500);
    expect((await load('ruled', 'fixed,free\na,b\n')).status).toBe(200);
    const fixed = await load('ruled', 'id,fixed\n1,z\n', '?mode=upsert');
    expect([fixed.status, fixed.codes.length]).toEqual([400, 1]);
    await load('trashed', 'title\nt\n');
    await here.as('root').call('DELETE', '/default/datatables/trashed/data/1/');
    const gone = await load('trashed', 'id,title\n1,again\n', '?mode=upsert');
    expect(gone.status).toBeLessThan(500);
    expect(gone.status).toBeGreaterThanOrEqual(400);
    expect(await rows('trashed')).toEqual([]);
  });

  it('says more than 100 faults by number, and what shows without the database does not use up its patience', async () => {
    const lines = Array.from({ length: 1_500 }, () => 'a,nonsense').join('\n');
    const text = `title,price\n${lines}\nb,-1\nc,1\n`;
    const reply = await load('items', text, '?on_error=skip');
    expect([reply.status, reply.report?.inserted, reply.report?.skipped]).toEqual([200, 1, 1_501]);
    expect(reply.report.errors).toHaveLength(100);
  });
});

describe('who may', () => {
  const allow = (actions: readonly string[], rest: object) => ({
    actions,
    effect: 'EFFECT_ALLOW',
    ...rest,
  });

  it('a rule of the policy refuses row by row; without any right it is 403', async () => {
    const fields = [
      { name: 'id', type: 'integer' },
      { name: 'n', type: 'integer' },
    ];
    await here
      .as('root')
      .call('POST', '/default/datatables/', { name: 'secret', json_schema: { fields } }, 201);
    const small = { condition: { match: { expr: 'R.attr.n < 10' } } };
    const policy = (rules: readonly object[]) =>
      here.as('root').call('POST', '/default/policies/', {
        apiVersion: 'api.cerbos.dev/v1',
        resourcePolicy: { resource: 'datatable:secret', version: 'default', rules },
      });
    await policy([
      allow(['create'], { roles: ['clerk'], ...small }),
      allow(['read'], { roles: ['clerk'] }),
    ]);
    const skipped = await load('secret', 'n\n1\n20\n3\n', '?on_error=skip', 'text/csv', 'clerk');
    expect([skipped.report.inserted, skipped.codes]).toEqual([2, [[2, '', 'forbidden']]]);
    expect((await load('secret', 'n\n1\n20\n', '', 'text/csv', 'clerk')).status).toBe(403);
    expect((await load('secret', 'n\n1\n', '', 'text/csv', 'none')).status).toBe(403);
    const file = '/default/datatables/secret/export/?fields=n&ordering=n';
    expect((await here.as('clerk').send('GET', file)).text).toBe('n\r\n1\r\n3\r\n');
    expect((await here.as('none').send('GET', file)).status).toBe(403);
    await policy([
      allow(['read'], { roles: ['clerk'] }),
      { ...allow(['export'], { roles: ['clerk'] }), effect: 'EFFECT_DENY' },
    ]);
    expect((await here.as('clerk').send('GET', file)).status).toBe(403);
    expect(await here.as('clerk').rows('/default/datatables/secret/data/')).toHaveLength(2);
    await policy([
      allow(['read'], { roles: ['clerk'] }),
      allow(['export'], { roles: ['clerk'], condition: { match: { expr: 'R.attr.n < 2' } } }),
    ]);
    expect((await here.as('clerk').send('GET', file)).text).toBe('n\r\n1\r\n');
  });
});

describe('who goes away', () => {
  const lines = Array.from({ length: 60_000 }, (_, n) => `title ${n},${n}`).join('\n');

  it('in the middle of an import leaves nothing, in the middle of an export lets go of the connection', async () => {
    const root = principal(here.tenant, 'root', { access: 'root' });
    const authorization = `Bearer ${await tokenFor(root, here.app.secret)}`;
    const abort = new AbortController();
    // Whatever the machine, it gets no further than here before it is given up.
    const holder = await here.database.admin.connect();
    await holder.query(`begin; lock table t_${here.tenant}.items in share mode`);
    const sent = fetch(`${here.app.url}/api/apps/default/datatables/items/data/import/`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'text/csv' },
      body: `title,price\n${lines}\n`,
      signal: abort.signal,
    });
    const given = expect(sent).rejects.toThrow();
    const waiting = async (): Promise<number> => {
      const text = `select from pg_locks where relation = 't_${here.tenant}.items'::regclass and not granted`;
      return (await holder.query(text)).rowCount ?? 0;
    };
    await expect.poll(waiting, { timeout: 10_000, interval: 10 }).toBe(1);
    abort.abort();
    await given;
    await expect.poll(waiting, { timeout: 10_000 }).toBe(0);
    await holder.query('rollback');
    holder.release();
    await expect.poll(busy, { timeout: 10_000 }).toBe(0);
    expect(await rows('items', 'limit=1')).toEqual([]);

    expect((await load('items', `title,price\n${lines}\n`)).report.inserted).toBe(60_000);
    for (let n = 0; n < 3; n++) {
      await new Promise<void>((resolve, reject) => {
        const url = `${here.app.url}/api/apps/default/datatables/items/export/`;
        httpRequest(url, { headers: { authorization } }, (response) => {
          response.once('data', () => {
            response.destroy();
            resolve();
          });
        })
          .on('error', reject)
          .end();
      });
    }
    await expect.poll(busy, { timeout: 10_000 }).toBe(0);
  }, 60_000);

  it('an export that fails on its way is broken off, not ended', async () => {
    // More than the buffers between the two sides hold.
    await here.database.admin.query(
      `insert into t_${here.tenant}.items (title, more) select 'x', to_jsonb(repeat('x', 2000)) from generate_series(1, 30000)`,
    );
    const root = principal(here.tenant, 'root', { access: 'root' });
    const authorization = `Bearer ${await tokenFor(root, here.app.secret)}`;
    const reply = await fetch(
      `${here.app.url}/api/apps/default/datatables/items/export/?format=json`,
      { headers: { authorization } },
    );
    const reader = reply.body?.getReader();
    await reader?.read();
    const ended = async (): Promise<number | null> =>
      (
        await here.database.admin.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and state = 'idle in transaction'`,
        )
      ).rowCount;
    await expect.poll(ended, { timeout: 10_000 }).toBe(1);
    const rest = async (): Promise<void> => {
      for (;;) if ((await reader?.read())?.done !== false) return;
    };
    await expect(rest()).rejects.toThrow();
  }, 60_000);

  /** Transactions that are open. */
  async function busy(): Promise<number> {
    const found = await here.database.admin.query<{ n: number }>(
      `select count(*)::int as n from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and (state = 'active' or state like 'idle in transaction%') and backend_type = 'client backend'`,
    );
    return found.rows[0]?.n ?? -1;
  }
});
