/** The ways to the rows of a table, as one small set of things that all of them do; and the tables that each of them makes. */

import type pg from 'pg';
import format from 'pg-format';
import type { Principal } from '../../control-plane/model/principal.ts';
import type { Reply, TestApp } from './app.ts';

/** What a row of these tests holds beside its key. */
export interface Values {
  readonly title: string;
  readonly n: number;
}

/** A table, by the way it was made. */
export interface Place {
  readonly name: string;
  /** As the ledger names it. */
  readonly made: string;
  readonly key: readonly string[];
  /** The values are keys of the column `data`, for whoever knows no fields but columns. */
  readonly data: 'none' | 'document' | 'declared';
  readonly access: 'acl' | 'grants' | 'policy' | 'lists';
}

export const places: readonly Place[] = [
  { name: 'notes', made: 'Monk', key: ['id'], data: 'none', access: 'acl' },
  { name: 'pets', made: 'PgREST', key: ['pets_id'], data: 'none', access: 'grants' },
  { name: 'flat', made: 'Taruvi, flat_table', key: ['id'], data: 'none', access: 'policy' },
  { name: 'held', made: 'Taruvi, jsonb', key: ['id'], data: 'declared', access: 'policy' },
  { name: 'things', made: 'Data Svc', key: ['id'], data: 'document', access: 'lists' },
  { name: 'pairs', made: 'Taruvi, two keys', key: ['a', 'b'], data: 'none', access: 'policy' },
];

export type Deed = 'create' | 'one' | 'find' | 'change' | 'remove';

export const doorNames = ['Monk', 'PgREST', 'Taruvi', 'Data Svc', 'SQL'] as const;
export type DoorName = (typeof doorNames)[number];

/** What a door cannot do with a table. The tests hold each to be refused as a fault of the request. */
export interface Limit {
  readonly made: string;
  readonly door: DoorName;
  readonly deeds: readonly Deed[];
  readonly reason: string;
}

const byId = 'a row is addressed by one key column';

export const limits: readonly Limit[] = [
  { made: 'Taruvi, two keys', door: 'Monk', deeds: ['one', 'change', 'remove'], reason: byId },
  { made: 'Taruvi, two keys', door: 'PgREST', deeds: ['one', 'change', 'remove'], reason: byId },
  {
    made: 'Taruvi, two keys',
    door: 'Data Svc',
    deeds: ['create', 'one', 'find', 'change', 'remove'],
    reason: 'an object has one id',
  },
  {
    made: 'Data Svc',
    door: 'PgREST',
    deeds: ['find'],
    reason: 'search parameters name columns, not keys of a document',
  },
];

/** Doors without words for access lists: a row they make in mode lists is nobody's until its author lists somebody. */
export const listless: readonly DoorName[] = ['PgREST', 'Taruvi'];

/** Neither a fault of the request nor of the server: the caller may not, or the row is none for it. */
export class Denied extends Error {}
/** A fault of the request. */
export class Refused extends Error {}

/** Rows of one table through one door, as one caller. */
export interface Door {
  /** Answers with the id. @throws Denied */
  readonly create: (values: Values) => Promise<string>;
  /** @throws Denied when there is none */
  readonly one: (id: string) => Promise<Values>;
  /** Ids of the rows of a title. */
  readonly find: (title: string) => Promise<readonly string[]>;
  /** @throws Denied */
  readonly change: (id: string, values: Values) => Promise<unknown>;
  /** @throws Denied */
  readonly remove: (id: string) => Promise<unknown>;
}

type Body = Readonly<Record<string, unknown>>;
type Ask = (method: string, path: string, body?: unknown) => Promise<Body>;

/** The lists of a row that its maker owns and `reader` may read. */
export const lists = { read: ['maker', 'reader'], edit: ['maker'], delete: ['maker'] } as const;

export function asking(app: TestApp, as: Principal): Ask {
  return async (method, path, body) => {
    const reply: Reply = await app.request(method, path, {
      as,
      ...(body === undefined ? {} : { body }),
    });
    const { status, text } = reply;
    if (status === 200 || status === 201 || status === 204) return (reply.body ?? {}) as Body;
    if (status === 403 || status === 404) throw new Denied(text);
    // PgREST calls a row that is not there a fault of the request.
    if (text.includes('row_not_found')) throw new Denied(text);
    if (status === 400 || status === 422) throw new Refused(text);
    throw new Error(`${method} ${path}: ${status} ${text}`);
  };
}

/** What of a row is a value, wherever the table keeps it. */
function valuesOf(row: unknown, { data }: Place): Values {
  const from = (data === 'document' ? (row as Body)['data'] : row) as Body;
  return { title: String(from['title']), n: Number(from['n']) };
}

function sentTo(place: Place, values: Values): Body {
  return place.data === 'document' ? { data: values } : { ...values };
}

/** A new row has its key too, where no default makes one. */
function newRow(place: Place, values: Values): Body {
  const key = place.key.length === 1 ? {} : { a: values.title, b: values.n };
  return { ...key, ...sentTo(place, values) };
}

function idOf(row: unknown, { key }: Place): string {
  return key.map((name) => String((row as Body)[name])).join(',');
}

function first(rows: unknown): unknown {
  const row = (Array.isArray(rows) ? rows : [rows])[0] as unknown;
  if (row === undefined) throw new Denied('no row');
  return row;
}

type Make = (place: Place, ask: Ask) => Door;

const monk: Make = (place, ask) => {
  const { name } = place;
  const title = place.data === 'document' ? 'data.title' : 'title';
  const listed = { access_read: lists.read, access_edit: lists.edit, access_full: ['maker'] };
  const access = place.access === 'lists' ? listed : {};
  const data = `/api/data/${name}`;
  return {
    create: async (values) => {
      const made = await ask('POST', data, [{ ...newRow(place, values), ...access }]);
      return idOf(first(made['data']), place);
    },
    one: async (id) =>
      valuesOf((await ask('GET', `${data}/${id}?include_trashed=false`))['data'], place),
    find: async (text) => {
      const found = await ask('POST', `/api/find/${name}`, { where: { [title]: text } });
      return (found['data'] as Body[]).map((row) => idOf(row, place));
    },
    change: (id, values) => ask('PUT', `${data}/${id}`, sentTo(place, values)),
    remove: (id) => ask('DELETE', `${data}/${id}`),
  };
};

const pgrest: Make = (place, ask) => {
  const data = `/v3/pgrest/data/${place.name}`;
  const title = place.data === 'document' ? 'data.title' : 'title';
  return {
    create: async (values) =>
      idOf(first((await ask('POST', data, { data: newRow(place, values) }))['result']), place),
    one: async (id) => valuesOf(first((await ask('GET', `${data}/${id}`))['result']), place),
    find: async (text) => {
      const found = await ask('GET', `${data}?${title}.eq=${encodeURIComponent(text)}`);
      return (found['result'] as Body[]).map((row) => idOf(row, place));
    },
    change: (id, values) => ask('PUT', `${data}/${id}`, { data: sentTo(place, values) }),
    remove: (id) => ask('DELETE', `${data}/${id}`),
  };
};

const taruvi: Make = (place, ask) => {
  const data = `/api/apps/default/datatables/${place.name}/data/`;
  const title = place.data === 'document' ? 'data.title' : 'title';
  return {
    create: async (values) =>
      idOf(first((await ask('POST', data, newRow(place, values)))['data']), place),
    one: async (id) => valuesOf((await ask('GET', `${data}${id}/`))['data'], place),
    find: async (text) => {
      const filter = encodeURIComponent(JSON.stringify({ [title]: text }));
      const found = await ask('GET', `${data}?filters=${filter}`);
      return (found['data'] as Body[]).map((row) => idOf(row, place));
    },
    change: (id, values) => ask('PATCH', `${data}${id}/`, sentTo(place, values)),
    remove: (id) => ask('DELETE', `${data}${id}/`),
  };
};

const dataSvc: Make = ({ name, access }, ask) => {
  const is = (field: string, value: string) => [
    { fields: [field], op: 'equals', valuesJson: JSON.stringify([value]) },
  ];
  const some = (body: Body): Body => {
    if (body['updated'] === 0 || body['deleted'] === 0) throw new Denied('no object');
    return body;
  };
  const query = async (field: string, value: string): Promise<readonly Body[]> => {
    const asked = { table: name, query: { filters: is(field, value) } };
    return (await ask('POST', '/data-svc/objects', asked))['objects'] as Body[];
  };
  const owned =
    access === 'lists' ? { readers: lists.read, writers: lists.edit, deleters: lists.delete } : {};
  return {
    create: async (data) => {
      const made = await ask('POST', '/data-svc/object', {
        object: { table: name, data, ...owned },
      });
      return String((made['object'] as Body)['id']);
    },
    one: async (id) => (first(await query('id', id)) as Body)['data'] as Values,
    find: async (text) => (await query('title', text)).map(({ id }) => String(id)),
    change: async (id, data) =>
      some(
        await ask('POST', '/data-svc/objects/update', {
          table: name,
          filters: is('id', id),
          object: { data },
        }),
      ),
    remove: async (id) =>
      some(await ask('POST', '/data-svc/objects/delete', { table: name, filters: is('id', id) })),
  };
};

/** Rights of SQL: refused as such, or no row for the caller. */
async function rows(client: pg.Client, text: string, values: readonly unknown[]): Promise<Body[]> {
  const { rows: found } = await client.query<Body>(text, [...values]).catch((error: unknown) => {
    const { code } = error as { code?: string };
    throw ['42501', 'RH303', 'RH402'].includes(code ?? '') ? new Denied(String(error)) : error;
  });
  return found;
}

export function sqlDoor(place: Place, client: pg.Client): Door {
  const { name, key, data, access } = place;
  const table = format.ident(name);
  const columns = key.map((each) => `${format.ident(each)}::text`).join(` || ',' || `);
  const [title, n] = data === 'none' ? ['title', 'n'] : [`data ->> 'title'`, `data -> 'n'`];
  const keyIs = `${columns} = $1`;
  const acl = `acl(read => array['maker', 'reader'], edit => array['maker'], "delete" => array['maker'])`;
  const insertion = (): string => {
    if (data === 'none') {
      const pair = key.length === 1 ? ['', ''] : ['a, b, ', '$1, $2, '];
      return `insert into ${table} (${pair[0]}title, n) values (${pair[1]}$1, $2)`;
    }
    const listed = access === 'lists' ? [', _acl', `, ${acl}`] : ['', ''];
    return `insert into ${table} (data${listed[0]}) values (jsonb_build_object('title', $1::text, 'n', $2::int)${listed[1]})`;
  };
  const set =
    data === 'none'
      ? 'title = $2, n = $3'
      : `data = data || jsonb_build_object('title', $2::text, 'n', $3::int)`;
  const named = async (text: string, values: readonly unknown[]): Promise<string> =>
    String((first(await rows(client, `${text} returning ${columns} as id`, values)) as Body)['id']);
  return {
    create: ({ title: text, n: number }) => named(insertion(), [text, number]),
    one: async (id) => {
      const from = `select ${title} as title, ${n} as n from ${table} where ${keyIs}`;
      const { title: text, n: number } = first(await rows(client, from, [id])) as Body;
      return { title: String(text), n: Number(number) };
    },
    find: async (text) => {
      const found = await rows(
        client,
        `select ${columns} as id from ${table} where ${title} = $1`,
        [text],
      );
      return found.map(({ id }) => String(id));
    },
    change: (id, values) =>
      named(`update ${table} set ${set} where ${keyIs}`, [id, values.title, values.n]),
    // With a trash, DELETE counts no rows: they were marked. Gone is gone.
    remove: async (id) => {
      const there = `select 1 as one from ${table} where ${keyIs}`;
      first(await rows(client, there, [id]));
      await rows(client, `delete from ${table} where ${keyIs}`, [id]);
      if ((await rows(client, there, [id])).length > 0) throw new Denied('still there');
    },
  };
}

const served: Readonly<Record<Exclude<DoorName, 'SQL'>, Make>> = {
  Monk: monk,
  PgREST: pgrest,
  Taruvi: taruvi,
  'Data Svc': dataSvc,
};

/** A door that speaks HTTP. */
export function restDoor(name: Exclude<DoorName, 'SQL'>, place: Place, ask: Ask): Door {
  return served[name](place, ask);
}
