import { beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { createTenantWith } from '../../support/definer.ts';
import { principal } from '../../support/principal.ts';
import { type Taruvi, taruvi } from '../../support/taruvi.ts';
import { column, table } from './tables.ts';

let database: TestDatabase;
let app: TestApp;
let root: Taruvi;

const at = (name: string, query: string): string => `/default/datatables/${name}/data/?${query}`;

const posts = [
  { title: 'Quick foxes', body: 'Nothing about dogs', kind: 'a' },
  { title: 'Lazy dogs', body: 'A fox is mentioned, and a fox again', kind: 'b' },
  { title: 'Dogs', body: null, kind: 'a' },
  { title: null, body: 'the quick brown fox', kind: null },
  { title: 'Nothing', body: '', kind: '50% SALE_' },
];

beforeAll(async () => {
  database = await createDatabase();
  app = await startApp(database);
  const tenant = database.slug('search');
  const columns = [column('title', 'text'), column('body', 'text'), column('kind', 'text')];
  await createTenantWith(database, tenant, [
    table('posts', columns, {
      search: {
        language: 'english',
        fields: [
          { column: 'title', weight: 'A' },
          { column: 'body', weight: 'B' },
        ],
      },
    }),
    table('german', columns, {
      search: { language: 'german', fields: [{ column: 'title', weight: 'A' }] },
    }),
    table('plain', [...columns, column('count', 'integer')]),
    table('wordless', [column('count', 'integer')]),
  ]);
  root = taruvi(app, principal(tenant, 'root', { access: 'root' }));
  for (const name of ['posts', 'plain']) {
    await root.call('POST', `/default/datatables/${name}/data/`, posts, 201);
  }
  const german = [{ title: 'Häuser am See' }, { title: 'der Hund' }];
  await root.call('POST', '/default/datatables/german/data/', german, 201);
}, 120_000);

const ids = async (name: string, query: string): Promise<unknown[]> =>
  (await root.rows(at(name, query))).map(({ id }) => id);

describe('search over a vector', () => {
  it('finds by words in any form, phrases, exclusions and alternatives', async () => {
    const found = async (text: string) =>
      (await ids('posts', `search=${encodeURIComponent(text)}`)).toSorted();
    expect(await found('fox')).toEqual([1, 2, 4]);
    expect(await found('fox dog')).toEqual([1, 2]);
    expect(await found('"quick fox"')).toEqual([1]);
    expect(await found('"quick brown fox"')).toEqual([4]);
    expect(await found('fox -dog')).toEqual([4]);
    expect(await found('brown OR lazy')).toEqual([2, 4]);
    expect(await found('the')).toEqual([]);
    expect(await found("it's \\ ' \" & | ! <-> :* (")).toEqual([]);
    expect(await found('')).toEqual([1, 2, 3, 4, 5]);
  });

  it('ranks words of the heavier field first, unless an order is asked for', async () => {
    const rows = await root.rows(at('posts', 'search=fox'));
    expect(rows.map(({ id }) => id)).toEqual([1, 2, 4]);
    const ranks = rows.map(({ rank }) => Number(rank));
    expect(ranks).toEqual(ranks.toSorted((one, two) => two - one));
    expect(ranks.at(-1)).toBeGreaterThan(0);
    expect(Object.keys(rows[0] ?? {})).toEqual(['id', 'title', 'body', 'kind', 'rank']);
    expect(await ids('posts', 'search=fox&ordering=-id')).toEqual([4, 2, 1]);
    expect((await root.rows(at('posts', 'search=fox&ordering=-id')))[0]).toHaveProperty('rank');
  });

  it('counts all and pages', async () => {
    const page = await root.call('GET', at('posts', 'search=fox&page=2&page_size=2'));
    expect(page).toMatchObject({ total: 3, data: [{ id: 4 }] });
    expect(await root.call('GET', at('posts', 'search=fox&_count=true'))).toMatchObject({
      total: 3,
      data: [],
    });
    expect(await root.call('GET', at('posts', 'search=fox&limit=5&offset=40000'))).toMatchObject({
      total: 3,
      data: [],
    });
  });

  it('goes with filters, and never shows the vector', async () => {
    expect(await ids('posts', 'search=fox&kind=b')).toEqual([2]);
    expect(await ids('posts', 'search_vector__search=fox&kind=b')).toEqual([2]);
    await root.refused(400, 'BAD_REQUEST', 'GET', at('posts', 'search_vector=fox'));
    await root.refused(400, 'BAD_REQUEST', 'GET', at('posts', 'search_vector__contains=fox'));
    await root.refused(400, 'BAD_REQUEST', 'GET', at('posts', 'ordering=search_vector'));
    await root.refused(400, 'BAD_REQUEST', 'GET', at('plain', 'search_vector__search=fox'));
  });

  it('of one field alone; NULL neither has the words nor lacks them', async () => {
    expect(await ids('posts', 'title__search=dog')).toEqual([2, 3]);
    expect(await ids('posts', 'body__search=dog')).toEqual([1]);
    expect(await ids('posts', `body__search=${encodeURIComponent('fox -brown')}`)).toEqual([2]);
    // Not one of the vector's.
    expect(await ids('posts', 'kind__search=sales')).toEqual([5]);
    const none = encodeURIComponent(JSON.stringify({ not: { body__search: 'fox' } }));
    expect(await ids('posts', `filters=${none}`)).toEqual([1, 5]);
    expect(await ids('plain', 'title__search=dog')).toEqual([2, 3]);
    await root.refused(400, 'BAD_REQUEST', 'GET', at('plain', 'count__search=1'));
  });

  it('in the language of the table', async () => {
    expect(await ids('german', `search=${encodeURIComponent('Haus')}`)).toEqual([1]);
    expect(await ids('german', `title__search=${encodeURIComponent('Häusern')}`)).toEqual([1]);
    expect(await ids('german', 'search=der')).toEqual([]);
  });
});

describe('search without a vector', () => {
  it('every word is part of some text field, in any case of letters; nothing ranks', async () => {
    expect(await ids('plain', 'search=FOX')).toEqual([1, 2, 4]);
    expect(await ids('plain', 'search=fox%20dog')).toEqual([1, 2]);
    expect(await ids('plain', `search=${encodeURIComponent('% e_')}`)).toEqual([5]);
    expect(await ids('plain', 'search=-dog')).toEqual([]);
    expect(await ids('plain', 'search=fox&ordering=-id')).toEqual([4, 2, 1]);
    expect((await root.rows(at('plain', 'search=fox'))).map(({ rank }) => rank)).toEqual([0, 0, 0]);
    expect(await root.call('GET', at('wordless', 'search=fox'))).toMatchObject({ total: 0 });
    const many = encodeURIComponent('w '.repeat(101));
    await root.refused(400, 'BAD_REQUEST', 'GET', at('plain', `search=${many}`));
  });
});

describe('more matches than are ranked', () => {
  it('are all counted, and all reached by paging', async () => {
    const tenant = database.slug('search');
    await database.admin.query(
      `insert into "t_${tenant}".german (title) select 'Hafen ' || n from generate_series(1, 30500) as n`,
    );
    const first = await root.call('GET', at('german', 'search=hafen&limit=10'));
    expect(first).toMatchObject({ total: 30_500, data: Array(10).fill({}) });
    const last = await root.call('GET', at('german', 'search=hafen&limit=1000&offset=30000'));
    expect(last.data).toHaveLength(500);
  });
});
