import type { Json, JsonObject } from '../../base/json.ts';
import type { Definition } from '../../model/definition.ts';
import type { Principal } from '../../model/principal.ts';
import type { Table, TableDraft } from '../../model/table.ts';
import type { Action, DefinitionOutcome, DialectRequest, RouteContext } from '../dialect.ts';
import { requireDone } from '../outcome.ts';
import { oneObject } from './changes.ts';
import { refuse } from './codes.ts';
import { columnObject, timeText } from './column-object.ts';
import { checkSchemaName, draftFrom, draftOf, schemaValues } from './draft.ts';
import { frozenMessage, refuseStrangers, sudoMessage, translate } from './errors.ts';
import { hasId } from './output.ts';
import { type Shape, successJson } from './respond.ts';
import { atLeast, lookUp, nameOf, ref, systemSchemas } from './tables.ts';

type Handler = (request: DialectRequest, context: RouteContext, shape: Shape) => Action;

export const schemaOf = (request: DialectRequest): string => request.params['schema'] ?? '';

/** A schema to be read; its rows may be out of service. */
export function described(context: RouteContext, name: string): Table {
  const table = lookUp(context.catalog, name);
  if (table !== undefined) return table;
  if (systemSchemas.includes(name)) {
    needLevel(context.principal, `read schema '${name}'`);
    return refuse(
      'FEATURE_DISABLED',
      `Schema '${name}' is the model itself: see GET /api/describe`,
    );
  }
  return refuse('SCHEMA_NOT_FOUND', `Schema '${name}' not found`);
}

function needLevel(principal: Principal, what = 'change schemas'): void {
  if (atLeast(principal, 'full')) return;
  refuse('INSUFFICIENT_PERMISSIONS', `Insufficient permissions to ${what}`);
}

const unfreezing: readonly string[] = ['freeze', 'status', 'sudo'];

/** A schema to be changed. `keys`: what of a frozen one would change; absent: more than its flags. */
export function toChange(context: RouteContext, name: string, keys?: readonly string[]): Table {
  const { principal } = context;
  if (systemSchemas.includes(name) && lookUp(context.catalog, name) === undefined) {
    refuse('SCHEMA_PROTECTED', `Schema '${name}' is protected`);
  }
  const table = described(context, name);
  needLevel(principal);
  const onlyFlags = keys?.every((key) => unfreezing.includes(key)) ?? false;
  if (table.freeze && !onlyFlags) refuse('SCHEMA_FROZEN', frozenMessage(name));
  if ((table.freeze || table.sudo) && !principal.sudo) refuse('SUDO_REQUIRED', sudoMessage(name));
  return table;
}

export const listSchemas: Handler = (_request, { catalog }, shape) => {
  const names = catalog.tables.map(nameOf).sort((a, b) => (a < b ? -1 : 1));
  return { kind: 'reply', reply: successJson(shape, names) };
};

export const getSchema: Handler = (request, context, shape) => ({
  kind: 'reply',
  reply: successJson(shape, schemaObject(described(context, schemaOf(request)))),
});

/** A schema and its columns; the key named `id` is a system field and no column. */
function schemaObject(table: Table): JsonObject {
  return {
    id: table.uuid,
    schema_name: nameOf(table),
    status: table.status,
    description: table.description ?? null,
    sudo: table.sudo,
    freeze: table.freeze,
    created_at: timeText(table.createdAt),
    updated_at: timeText(table.updatedAt),
    columns: table.columns
      .filter(({ name }) => !(name === 'id' && hasId(table)))
      .map((column) => columnObject(table, column)),
  };
}

const createKeys: readonly string[] = [
  'schema_name',
  'status',
  'description',
  'sudo',
  'freeze',
  'columns',
];

export const postSchema: Handler = (request, context, shape) => {
  const { catalog, principal } = context;
  const name = schemaOf(request).toLowerCase();
  const existing = lookUp(catalog, name);
  if (systemSchemas.includes(name)) refuse('SCHEMA_PROTECTED', `Schema '${name}' is protected`);
  needLevel(principal);
  const replace = request.query.get('force')?.[0] === 'true';
  if (existing !== undefined && replace) toChange(context, name);
  if (replace && !principal.sudo) {
    refuse('SUDO_REQUIRED', 'Replacing a schema requires sudo access.');
  }
  checkSchemaName(name);
  const body = oneObject(request.body ?? {});
  refuseStrangers(body, createKeys);
  const table = draftFrom(name, body, catalog);
  if (existing !== undefined && !replace) refuse('SCHEMA_EXISTS', `Schema '${name}' exists`);
  return define({ kind: 'create_table', table, ...(replace ? { replace } : {}) }, name, (made) =>
    successJson(shape, { name, table: name, created: true, ...schemaObject(made) }),
  );
};

const updateKeys: readonly string[] = ['status', 'description', 'sudo', 'freeze'];

export const putSchema: Handler = (request, context, shape) => {
  const name = schemaOf(request);
  const sent = request.body;
  const keys = typeof sent === 'object' && sent !== null ? Object.keys(sent) : [];
  const table = toChange(context, name, keys.length === 0 ? ['freeze'] : keys);
  const body = oneObject(sent ?? {});
  if (!updateKeys.some((key) => body[key] !== undefined)) {
    refuse('NO_UPDATES', 'No updates: send status, description, sudo or freeze');
  }
  refuseStrangers(body, updateKeys);
  const { description: _, ...old } = draftOf(table);
  const kept: TableDraft = body['description'] === null ? old : draftOf(table);
  return changeTable(table, { ...kept, ...schemaValues(body) }, (made) =>
    successJson(shape, schemaObject(made)),
  );
};

export const deleteSchema: Handler = (request, context, shape) => {
  const name = schemaOf(request);
  const table = toChange(context, name);
  const done: Json = { name, schema_name: name, deleted: true };
  return {
    kind: 'definition',
    definition: { kind: 'drop_table', table: ref(table), retain: true },
    reply: () => successJson(shape, done),
    fail: (error) => translate(error, { schema: name }),
  };
};

type TableReply = (table: Table) => ReturnType<typeof successJson>;

/** A definition that changes a table; the reply is about the table as it became. */
export function changeTable(table: Table, to: TableDraft, reply: TableReply): Action {
  const from = ref(table);
  const definition = { kind: 'change_table', from, to, allowDataLoss: 'dropped' } as const;
  return define(definition, nameOf(table), reply);
}

function define(definition: Definition, name: string, reply: TableReply): Action {
  return {
    kind: 'definition',
    definition,
    reply: (outcome) => reply(defined(requireDone(outcome), name)),
    fail: (error) => translate(error, { schema: name }),
  };
}

function defined({ table, catalog }: DefinitionOutcome, name: string): Table {
  const made = table ?? lookUp(catalog, name);
  return made ?? refuse('INTERNAL_ERROR', 'Internal error');
}
