import { ServiceError } from '../../../control-plane/base/errors.ts';
import type { Json, JsonObject } from '../../../control-plane/base/json.ts';
import type { ColumnType } from '../../../control-plane/base/types.ts';
import type { Action, Reply } from '../../../control-plane/dialects/dialect.ts';
import { monk } from '../../../control-plane/dialects/monk/index.ts';
import type { Catalog } from '../../../control-plane/model/catalog.ts';
import type { Principal } from '../../../control-plane/model/principal.ts';
import type { Column, Reference, Table } from '../../../control-plane/model/table.ts';
import type { Result, Statement } from '../../../control-plane/statement/statement.ts';

export const time = '2025-01-02T03:04:05.678Z';

export function column(name: string, type: ColumnType, rest: Partial<Column> = {}): Column {
  return {
    id: `column-${name}`,
    name,
    type,
    required: false,
    unique: false,
    indexed: false,
    searchable: false,
    immutable: false,
    sudo: false,
    tracked: false,
    createdAt: time,
    updatedAt: time,
    ...rest,
  };
}

const id = column('id', { base: 'uuid' }, { required: true, default: { kind: 'uuid' } });

export function table(name: string, columns: readonly Column[], rest: Partial<Table> = {}): Table {
  return {
    app: 'default',
    name,
    datasource: 'default',
    kind: 'table',
    provider: 'flat_table',
    access: 'acl',
    status: 'active',
    features: { timestamps: true, softDelete: true, acl: true, history: false },
    freeze: false,
    sudo: false,
    columns: [id, ...columns],
    key: ['id'],
    references: [],
    id: 1,
    uuid: `uuid-${name}`,
    schema: 't_acme',
    physical: name,
    createdAt: time,
    updatedAt: time,
    ...rest,
  };
}

export function reference(
  column_: string,
  target: string,
  rest: Partial<Reference> = {},
): Reference {
  return {
    name: `fk_${column_}_${target}`,
    columns: [column_],
    target: { app: 'default', name: target },
    targetColumns: ['id'],
    onDelete: 'no action',
    onUpdate: 'no action',
    relationship: { type: 'owned', cascade: false, required: false },
    ...rest,
  };
}

const text: ColumnType = { base: 'text' };
const uuid: ColumnType = { base: 'uuid' };

/** One table for each thing a request can be about. */
export const catalog: Catalog = {
  tenant: 'acme',
  schema: 't_acme',
  version: 7,
  tables: [
    table('users', [
      column('name', text),
      column('email', text, { searchable: true, tracked: true }),
      column('age', { base: 'bigint' }),
      column('score', { base: 'numeric' }),
      column('active', { base: 'boolean' }),
      column('born', { base: 'date' }),
      column('seen', { base: 'timestamptz' }),
      column('token', uuid),
      column('settings', { base: 'jsonb' }),
      column('tags', { base: 'text', array: true }),
      column('counts', { base: 'bigint', array: true }),
    ]),
    table('posts', [column('title', text), column('author_id', uuid), column('editor_id', uuid)], {
      features: { timestamps: true, softDelete: true, acl: true, history: true },
      references: [
        reference('author_id', 'users', {
          relationship: { type: 'owned', name: 'articles', cascade: true, required: false },
        }),
        reference('editor_id', 'users', {
          relationship: { type: 'referenced', name: 'editor', cascade: false, required: false },
        }),
      ],
    }),
    table('comments', [column('post_id', uuid), column('text', text)], {
      references: [reference('post_id', 'posts')],
    }),
    table('labels', [column('label', text)]),
    table('post_labels', [column('post_id', uuid), column('label_id', uuid)], {
      references: [
        reference('post_id', 'posts', { name: 'near' }),
        reference('label_id', 'labels', { name: 'far' }),
      ],
    }),
    table('frozen', [column('name', text)], { freeze: true }),
    table('guarded', [column('name', text)], { sudo: true }),
    table('off', [column('name', text)], { status: 'disabled' }),
    {
      ...table('country', [], { app: 'geo' }),
      features: { timestamps: false, softDelete: false, acl: false, history: false },
      access: 'grants',
      columns: [column('code', text), column('Full Name', text)],
      key: ['code'],
    },
    {
      ...table('pairs', []),
      features: { timestamps: false, softDelete: false, acl: false, history: false },
      access: 'grants',
      columns: [column('a', { base: 'integer' }), column('b', { base: 'integer' })],
      key: ['a', 'b'],
    },
  ],
};

export const editor: Principal = {
  sub: 'ann',
  tenant: 'acme',
  roles: [],
  orgs: [],
  access: 'edit',
  sudo: false,
  operator: false,
};

export const manager: Principal = { ...editor, sub: 'meg', access: 'full' };
export const sudo: Principal = { ...editor, sub: 'sue', access: 'root', sudo: true };

export interface Asked {
  readonly body?: Json;
  readonly as?: Principal;
  readonly on?: Catalog;
}

function matched(method: string, path: string): { handle: Handle; params: Params } {
  const parts = path.split('/');
  for (const { method: own, path: pattern, handle } of monk.routes) {
    const names = pattern.split('/');
    if (own !== method || names.length !== parts.length) continue;
    if (!names.every((name, at) => name.startsWith(':') || name === parts[at])) continue;
    const params = names.flatMap((name, at) =>
      name.startsWith(':') ? [[name.slice(1), decodeURIComponent(parts[at] ?? '')] as const] : [],
    );
    return { handle, params: Object.fromEntries(params) };
  }
  throw new Error(`no route ${method} ${path}`);
}

type Handle = (typeof monk.routes)[number]['handle'];
type Params = Readonly<Record<string, string>>;

function queryOf(text_: string): ReadonlyMap<string, readonly string[]> {
  const query = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(text_)) {
    query.set(name, [...(query.get(name) ?? []), value]);
  }
  return query;
}

/** The action of a request, as the edge would ask for it. */
export function ask(method: string, url: string, asked: Asked = {}): Action {
  const [path = '', search = ''] = url.split('?');
  const { handle, params } = matched(method, path);
  const request = {
    method,
    params,
    query: queryOf(search),
    headers: {},
    body: asked.body,
    id: 'request-1',
  };
  return handle(request, {
    principal: asked.as ?? editor,
    catalog: asked.on ?? catalog,
    limits: { rows: 10_000 },
  });
}

export function row(values: JsonObject): Result {
  return { rows: JSON.stringify([values]), count: 1 };
}

/** The statements of a request; those that build on results get the ones given, then rows of an id. */
export function statements(
  method: string,
  url: string,
  asked: Asked = {},
  earlier: readonly Result[] = [],
): readonly Statement[] {
  const action = ask(method, url, asked);
  if (action.kind !== 'statements') throw new Error(`not statements but ${action.kind}`);
  const results: Result[] = [];
  return action.statements.map((step, at) => {
    const statement = typeof step === 'function' ? step(results) : step;
    results.push(earlier[at] ?? row({ id: 'made' }));
    return statement;
  });
}

export function statement(method: string, url: string, asked: Asked = {}): Statement {
  const [only, ...others] = statements(method, url, asked);
  if (only === undefined || others.length > 0) throw new Error('not one statement');
  return only;
}

/** The body of a reply as JSON. */
export function shown(reply: Reply): Json {
  if (typeof reply.body === 'string') return JSON.parse(reply.body) as Json;
  if (!('json' in reply.body)) throw new Error('a stream');
  return reply.body.json;
}

/** The reply to a request whose statements answered so. */
export function answered(
  method: string,
  url: string,
  results: readonly Result[],
  asked: Asked = {},
): Json {
  const action = ask(method, url, asked);
  if (action.kind === 'reply') return shown(action.reply);
  if (action.kind !== 'statements') throw new Error(`not statements but ${action.kind}`);
  return shown(action.reply(results));
}

/** The reply to a request that is refused before any statement. */
export function refused(method: string, url: string, asked: Asked = {}): Refusal {
  try {
    const action = ask(method, url, asked);
    if (action.kind === 'statements') {
      for (const step of action.statements) {
        if (typeof step === 'function') step([row({ id: 'made' })]);
      }
    }
  } catch (error) {
    return refusal(method, url, error);
  }
  throw new Error(`${method} ${url} was not refused`);
}

/** The reply when the engine refuses with this error. */
export function failed(
  method: string,
  url: string,
  error: ServiceError,
  asked: Asked = {},
): Refusal {
  const action = ask(method, url, asked);
  if (action.kind === 'reply') throw new Error('nothing to fail');
  return refusal(method, url, action.fail ? action.fail(error) : error);
}

export interface Refusal {
  readonly status: number;
  readonly code: Json | undefined;
  readonly type: Json | undefined;
  readonly message: Json | undefined;
  readonly body: JsonObject;
  readonly headers: Readonly<Record<string, string>>;
}

function refusal(method: string, url: string, error: unknown): Refusal {
  if (!(error instanceof ServiceError)) throw error;
  const [path = '', search = ''] = url.split('?');
  const { params } = matched(method, path);
  const reply = monk.fail(error, { method, params, query: queryOf(search) });
  const body = shown(reply) as JsonObject;
  return {
    status: reply.status,
    code: body['error_code'],
    type: body['error_type'],
    message: body['error'],
    body,
    headers: reply.headers ?? {},
  };
}
