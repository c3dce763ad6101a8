import { filter, list, sample } from '../floors.ts';
import type { Sent } from '../load.ts';
import { keyOf } from '../seed.ts';
import { objectKey } from './objects.ts';

/** What every contender is asked. */
export const asks = ['get by id', 'list 20', 'filter', 'insert'] as const;
export type Ask = (typeof asks)[number];

/** How a contender is asked for a row by its number, the newest 20, the newest 20 of a category, and to store the sample. */
export interface Wording {
  readonly get: (key: string, number: number) => Sent;
  readonly list: Sent;
  readonly filter: (category: string) => Sent;
  readonly insert: Sent;
}

const json = JSON.stringify;
const encoded = encodeURIComponent;

function get(path: string): Sent {
  return { method: 'GET', path };
}

function post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Sent {
  return { method: 'POST', path, body: json(body), headers };
}

/** Also how the bare servers are asked. */
export const monk: Wording = {
  get: (key) => get(`/api/data/items/${key}`),
  list: get(list),
  filter: (category) => get(filter(category)),
  insert: post('/api/data/orders', sample),
};

export const pgrest: Wording = {
  get: (key) => get(`/v3/pgrest/data/items/${key}`),
  list: get('/v3/pgrest/data/items?limit=20&order=id,desc'),
  filter: (category) =>
    get(`/v3/pgrest/data/items?category.eq=${encoded(category)}&limit=20&order=id,desc`),
  insert: post('/v3/pgrest/data/orders', { data: sample }),
};

const tables = '/api/apps/default/datatables';

export const taruvi: Wording = {
  get: (key) => get(`${tables}/items/data/${key}/`),
  list: get(`${tables}/items/data/?limit=20&ordering=-id`),
  filter: (category) =>
    get(`${tables}/items/data/?category=${encoded(category)}&limit=20&ordering=-id`),
  insert: post(`${tables}/orders/data/`, sample),
};

const query = (filters: readonly object[], limit: number): Sent =>
  post('/data-svc/objects', {
    table: 'item',
    query: { filters, limit },
  });
const equals = (field: string, value: string): object => ({
  fields: [field],
  op: 'equals',
  valuesJson: json([value]),
});

/** Asked for objects of its own kind (see objects.ts), in the order it gives them: by id. Newest first has no index of its own. */
export const dataSvc: Wording = {
  get: (_key, number) => query([equals('id', objectKey(number))], 1),
  list: query([], 20),
  filter: (category) => query([equals('category', category)], 20),
  insert: post('/data-svc/object', { object: { table: 'order', data: sample } }),
};

const newest = '/items?limit=20&order=id.desc';

export function postgrest(headers: Readonly<Record<string, string>>): Wording {
  return {
    get: (key) => ({ ...get(`/items?id=eq.${key}`), headers }),
    list: { ...get(newest), headers },
    filter: (category) => ({ ...get(`${newest}&category=eq.${encoded(category)}`), headers }),
    insert: post('/orders', sample, { prefer: 'return=representation' }),
  };
}

const fields = 'rowId name category price stock note createdAt updatedAt readers';
const graphql = (text: string, variables: object): Sent =>
  post('/graphql', { query: text, variables });

export const postgraphile: Wording = {
  get: (key) => graphql(`query ($key: UUID!) { itemByRowId(rowId: $key) { ${fields} } }`, { key }),
  list: graphql(`{ allItems(first: 20, orderBy: [ROW_ID_DESC]) { nodes { ${fields} } } }`, {}),
  filter: (category) =>
    graphql(
      `query ($category: String!) { allItems(first: 20, orderBy: [ROW_ID_DESC], condition: { category: $category })
       { nodes { ${fields} } } }`,
      { category },
    ),
  insert: graphql(
    `mutation ($order: OrderInput!) { createOrder(input: { order: $order }) { order { ${fields} } } }`,
    { order: { ...sample, price: String(sample.price) } },
  ),
};

const newestOf = '/peersItems/?limit=20&orderby.id=desc';

export const platformatic: Wording = {
  get: (key) => get(`/peersItems/${key}`),
  list: get(newestOf),
  filter: (category) => get(`${newestOf}&where.category.eq=${encoded(category)}`),
  // Its validation asks for every column that may not be null before its rules fill any in.
  insert: post('/peersOrders/', { ...sample, readers: ['sees_all'] }),
};

/** What an ask puts on the wire: of many rows or categories where it is about one. */
export function requestsFor(ask: Ask, wording: Wording, rows: number): readonly Sent[] {
  switch (ask) {
    case 'get by id':
      return Array.from({ length: 500 }, (_, n) => {
        const number = 1 + Math.floor((n * rows) / 500);
        return wording.get(keyOf(number), number);
      });
    case 'list 20':
      return [wording.list];
    case 'filter':
      return Array.from({ length: 50 }, (_, n) => wording.filter(`category ${n}`));
    case 'insert':
      return [wording.insert];
  }
}
