/** Tables of each dialect, and how the same is said to one by REST and to its twin, `<table>_sql`, by SQL. */
import format from 'pg-format';
import { accessKeys } from './monk.ts';

export interface Values {
  readonly title: string | null;
  readonly n: number;
}

export interface Lists {
  readonly read: readonly string[];
  readonly edit: readonly string[];
}

export interface Send {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

export interface Query {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Numbers stand for keys; what a side has no words for is not there. */
export interface Deeds<T> {
  readonly create: (id: number, values: Values, lists: Lists) => T;
  readonly change: (id: number, values: Values) => T;
  readonly changeBelow?: (n: number, title: string) => T;
  readonly remove: (id: number) => T;
  readonly removeBelow?: (n: number) => T;
}

export interface Twins {
  readonly rest: Deeds<Send>;
  readonly sql: Deeds<Query>;
}

const uuid = (id: number): string => `00000000-0000-7000-8000-${String(id).padStart(12, '0')}`;

const json = (value: unknown): string => encodeURIComponent(JSON.stringify(value));

const notes: Deeds<Send> = {
  create: (id, values, lists) => ({
    method: 'POST',
    path: '/api/data/notes',
    body: { id: uuid(id), ...values, ...accessKeys({ ...lists }) },
  }),
  change: (id, body) => ({ method: 'PUT', path: `/api/data/notes/${uuid(id)}`, body }),
  changeBelow: (n, title) => ({
    method: 'PUT',
    path: `/api/data/notes?where=${json({ n: { $lt: n } })}`,
    body: { title },
  }),
  remove: (id) => ({ method: 'DELETE', path: `/api/data/notes/${uuid(id)}` }),
  removeBelow: (n) => ({
    method: 'DELETE',
    path: `/api/data/notes?where=${json({ n: { $lt: n } })}`,
  }),
};

const pets: Deeds<Send> = {
  create: (_, data) => ({ method: 'POST', path: '/v3/pgrest/data/pets', body: { data } }),
  change: (id, data) => ({ method: 'PUT', path: `/v3/pgrest/data/pets/${id}`, body: { data } }),
  changeBelow: (n, title) => ({
    method: 'PUT',
    path: '/v3/pgrest/data/pets',
    body: { data: { title }, where: { n: { operator: '<', value: n } } },
  }),
  remove: (id) => ({ method: 'DELETE', path: `/v3/pgrest/data/pets/${id}` }),
};

const flatRows = '/api/apps/default/datatables/flat/data/';
const flat: Deeds<Send> = {
  create: (id, values) => ({ method: 'POST', path: flatRows, body: { id, ...values } }),
  change: (id, body) => ({ method: 'PATCH', path: `${flatRows}${id}/`, body }),
  remove: (id) => ({ method: 'DELETE', path: `${flatRows}${id}/` }),
  removeBelow: (n) => ({ method: 'DELETE', path: `${flatRows}?filter=${json({ n__lt: n })}` }),
};

function objects(
  deed: 'update' | 'delete',
  filter: readonly [string, string, unknown],
  data?: object,
) {
  const [field, op, value] = filter;
  const filters = [{ fields: [field], op, valuesJson: JSON.stringify([value]) }];
  const object = data === undefined ? {} : { object: { data } };
  return {
    method: 'POST',
    path: `/data-svc/objects/${deed}`,
    body: { table: 'things', filters, ...object },
  };
}

const things: Deeds<Send> = {
  create: (id, data, { read, edit }) => ({
    method: 'POST',
    path: '/data-svc/object',
    body: {
      object: {
        id: `things_${id}`,
        table: 'things',
        data,
        readers: read,
        writers: edit,
        deleters: edit,
      },
    },
  }),
  change: (id, data) => objects('update', ['id', 'equals', `things_${id}`], { ...data }),
  changeBelow: (n, title) => objects('update', ['n', 'lessThan', n], { title }),
  remove: (id) => objects('delete', ['id', 'equals', `things_${id}`]),
  removeBelow: (n) => objects('delete', ['n', 'lessThan', n]),
};

const members = (names: readonly string[]): string =>
  `array(select jsonb_array_elements_text(${format.literal(JSON.stringify(names))}::jsonb))`;

/** SQL on a table of columns. `keyOf`: absent where the table numbers its rows. */
function plain(
  table: string,
  key: string,
  keyOf?: (id: number) => unknown,
  listed = false,
): Deeds<Query> {
  return {
    create: (id, { title, n }, { read, edit }) => {
      const acl = listed
        ? [`, _acl`, `, acl(read => ${members(read)}, edit => ${members(edit)})`]
        : ['', ''];
      const [named, given] = keyOf === undefined ? ['', ''] : [`, ${key}`, ', $3'];
      return {
        text: `insert into ${table} (title, n${named}${acl[0]}) values ($1, $2${given}${acl[1]})`,
        values: [title, n, ...(keyOf === undefined ? [] : [keyOf(id)])],
      };
    },
    change: (id, { title, n }) => ({
      text: `update ${table} set title = $1, n = $2 where ${key} = $3`,
      values: [title, n, keyOf?.(id) ?? id],
    }),
    changeBelow: (n, title) => ({
      text: `update ${table} set title = $1 where n < $2`,
      values: [title, n],
    }),
    remove: (id) => ({
      text: `delete from ${table} where ${key} = $1`,
      values: [keyOf?.(id) ?? id],
    }),
    removeBelow: (n) => ({ text: `delete from ${table} where n < $1`, values: [n] }),
  };
}

/** Objects by their key: by the functions that also reach those that may be written and not be read. */
const thingsInSql: Deeds<Query> = {
  create: (id, { title, n }, { read, edit }) => ({
    text: `insert into things_sql (id, data, _acl) values ($1, jsonb_build_object('title', $2::text, 'n', $3::bigint),
           acl(read => ${members(read)}, edit => ${members(edit)}, "delete" => ${members(edit)}))`,
    values: [`things_sql_${id}`, title, n],
  }),
  change: (id, { title, n }) => ({
    text: `select 1 where change('things_sql', $1,
           jsonb_build_object('data', jsonb_build_object('title', $2::text, 'n', $3::bigint)))`,
    values: [`things_sql_${id}`, title, n],
  }),
  changeBelow: (n, title) => ({
    text: `update things_sql set data = data || jsonb_build_object('title', $1::text) where (data -> 'n')::numeric < $2`,
    values: [title, n],
  }),
  remove: (id) => ({
    text: `select 1 where remove('things_sql', $1)`,
    values: [`things_sql_${id}`],
  }),
  removeBelow: (n) => ({
    text: `delete from things_sql where (data -> 'n')::numeric < $1`,
    values: [n],
  }),
};

/** By the name of the table that REST writes to: one of each dialect. */
export const twins: Readonly<Record<string, Twins>> = {
  notes: { rest: notes, sql: plain('notes_sql', 'id', uuid, true) },
  pets: { rest: pets, sql: plain('pets_sql', 'pets_sql_id') },
  flat: { rest: flat, sql: plain('flat_sql', 'id', (id) => id) },
  things: { rest: things, sql: thingsInSql },
};
