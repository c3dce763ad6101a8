import { ServiceError } from '../../../control-plane/base/errors.ts';
import type { Json } from '../../../control-plane/base/json.ts';
import type { SentFile } from '../../../control-plane/dialects/dialect.ts';
import { dialects } from '../../../control-plane/dialects/index.ts';
import { openApi } from '../../../control-plane/http/openapi.ts';
import type { App } from '../../../control-plane/model/app.ts';
import { bodyPointer, checkerOf, type Document } from '../../support/documented.ts';
import { catalog, sudo } from '../monk/fixture.ts';

export const document = JSON.parse(JSON.stringify(openApi(dialects))) as Document;
export const check = checkerOf(document);

export interface Request {
  readonly method: string;
  /** As the route table has it. */
  readonly path: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Json;
  readonly file?: SentFile;
}

/** The app of all tables. */
const app: App = {
  id: 1,
  slug: 'default',
  name: 'default',
  description: '',
  settings: {},
  active: true,
  createdAt: '',
  updatedAt: '',
  createdBy: '',
  datasources: [],
  roles: [],
};
const known = { ...catalog, apps: [app] };

/** Whether the document allows the request. */
export function isTold({ method, path, query = {}, body }: Request): boolean {
  const template = path.replace(/:(\w+)/g, '{$1}');
  try {
    if (body !== undefined) check(bodyPointer(method, template), body, path);
    for (const [name, text] of Object.entries(query)) {
      const value = /^-?\d+$/.test(text) ? Number(text) : text;
      check(parameterPointer(method, template, name), value, path);
    }
    return true;
  } catch {
    return false;
  }
}

/** Where the document has the schema of a parameter that is shared. */
function parameterPointer(method: string, path: string, name: string): string {
  const { parameters = [] } = document.paths[path]?.[method.toLowerCase()] ?? {};
  for (const each of parameters) {
    const key = '$ref' in each ? (each.$ref.split('/').at(-1) ?? '') : '';
    const shared = document.components['parameters']?.[key];
    if (shared?.['name'] === name) return `/components/parameters/${key}/schema`;
  }
  throw new TypeError(`${method} ${path} has no parameter ${name}`);
}

/** Whether the dialect makes something of the request. */
export function isTaken({ method, path, params = {}, query = {}, body, file }: Request): boolean {
  const route = dialects
    .flatMap(({ routes }) => routes)
    .find((each) => each.method === method && each.path === path);
  if (route === undefined) throw new Error(`no route ${method} ${path}`);
  const values = new Map(Object.entries(query).map(([name, value]) => [name, [value]]));
  try {
    route.handle(
      { method, params, query: values, headers: {}, body, id: 'r', ...(file ? { file } : {}) },
      { principal: sudo, catalog: known, limits: { rows: 10_000 } },
    );
    return true;
  } catch (error) {
    if (error instanceof ServiceError) return false;
    throw error;
  }
}

export const dataQuery = (query: Json): Request => ({
  method: 'POST',
  path: '/data-svc/objects',
  body: { table: 'pet', query },
});

export const monkFind = (body: Json): Request => ({
  method: 'POST',
  path: '/api/find/:schema',
  params: { schema: 'users' },
  body,
});

/** A request with this word in a place that takes some words only. */
export type Worded = (word: string) => Request;

export const monk = (method: string, path: string, body: (word: string) => Json): Worded => {
  const params = { schema: 'posts', id: 'a', column: 'fresh' };
  return (word) => ({ method, path, params, body: body(word) });
};

/** A route under a table in the place of the one named. */
export const taruvi = (path: string, of: Worded): Worded => {
  const params = { app: 'default', table: 'users', id: 'a' };
  return (word) => ({ params, ...of(word), path: `/api/apps/:app/datatables/:table${path}` });
};

/** A parameter of a route under a table. */
export const get = (name: string): Worded => {
  return (word) => ({ method: 'GET', path: '', query: { [name]: word } });
};

/** As {@link get}, with a file. */
export const load = (name: string): Worded => {
  const file = { content: new Uint8Array(), type: 'text/csv' };
  return (word) => ({ method: 'POST', path: '', query: { [name]: word }, file });
};
