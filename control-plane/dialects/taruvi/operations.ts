import type { JsonObject } from '../../base/json.ts';
import type { SchemaOperation } from '../../model/operation.ts';
import type { Table } from '../../model/table.ts';
import type {
  Action,
  DefinitionOutcome,
  DialectRequest,
  Foreseen,
  Reply,
  Route,
  RouteContext,
} from '../dialect.ts';
import { notFound, refuse } from './errors.ts';
import { ofTables } from './management.ts';
import { bare, bareList } from './reply.ts';
import { flagOf, objectOf } from './request.ts';
import { hashOf } from './schema/document.ts';
import { tableOf } from './served.ts';
import { tableObject } from './table-object.ts';

/** Operations a list of them may hold: those of a table that changes daily for three years. */
const most = 1000;

/** What the request lets a change of a schema cost, and whether it is to be made at all. In the query or the body. */
export function changeOptions({ query, body }: DialectRequest) {
  const sent = typeof body === 'object' && body !== null && !Array.isArray(body) ? body : {};
  const asked = (name: 'allow_data_loss' | 'dry_run'): boolean => {
    const value = flagOf(query, name) ?? (sent as JsonObject)[name] ?? false;
    return typeof value === 'boolean' ? value : refuse(`${name} must be true or false`, name);
  };
  return { allowDataLoss: asked('allow_data_loss'), dryRun: asked('dry_run') };
}

/** Keys of a body that say how a change is made, and are no part of it. */
export const changeKeys = ['allow_data_loss', 'dry_run'] as const;

/** What came of a change of a table: the table, what would be done to it, or 202 while it is being done. */
export function changed(
  request: DialectRequest,
  { table, operation, foreseen }: Omit<DefinitionOutcome, 'catalog'>,
  next?: Pick<Table, 'document'>,
): Reply {
  if (foreseen) return bare(plan(foreseen, next), request);
  if (operation?.status === 'running') {
    return bare({ operation: { revision_id: operation.id, status: 'running' } }, request, 202);
  }
  if (!table) throw notFound('table');
  return bare(tableObject(table), request);
}

/** What a schema does that is the one there is. */
export const nothingForeseen: Foreseen = {
  destructive: false,
  changes: [],
  phases: [],
  reverse: [],
};

function plan({ destructive, changes, phases, reverse }: Foreseen, next?: Pick<Table, 'document'>) {
  return {
    dry_run: true,
    destructive,
    changes: changes.map(({ op, field, class: weight, reason }) => ({
      op,
      field: field ?? null,
      class: weight,
      reason: reason ?? null,
    })),
    forward_sql: phases.flatMap(({ statements }) => statements),
    rollback_sql: reverse,
    phases: phases.map(({ kind, lock, statements }) => ({ kind, lock, statements })),
    schema_hash: next?.document === undefined ? null : hashOf(next.document),
  };
}

/** An operation as the dialect shows it. The SQL is null for those who don't administer the app. */
function operationObject(operation: SchemaOperation): JsonObject {
  const { phase, phases, status } = operation;
  return {
    revision_id: operation.id,
    kind: operation.kind,
    actor: operation.principal,
    status,
    progress: phases === 0 ? null : { phase: status === 'running' ? phase : phases, of: phases },
    forward_sql: operation.forward,
    rollback_sql: operation.reverse,
    changes: operation.changes,
    started_at: operation.createdAt,
    finished_at: operation.finishedAt,
    error: operation.error,
  };
}

function listOperations(request: DialectRequest, context: RouteContext): Action {
  const { table } = tableOf(request, context);
  return {
    kind: 'operations',
    relation: table.id,
    most,
    reply: (operations) => bareList(operations.map(operationObject), request),
  };
}

function getOperation(request: DialectRequest, context: RouteContext): Action {
  const { table } = tableOf(request, context);
  return {
    kind: 'operations',
    relation: table.id,
    operation: request.params['revision'] ?? '',
    most: 1,
    reply: ([operation]) => {
      if (!operation) throw notFound('operation');
      return bare(operationObject(operation), request);
    },
  };
}

function rollback(request: DialectRequest, context: RouteContext): Action {
  const { table } = tableOf(request, context);
  const { revision_id: operation } = objectOf(request.body);
  if (typeof operation !== 'string') {
    return refuse('revision_id is required', 'revision_id', 'invalid_definition');
  }
  const { app, name } = table;
  return {
    kind: 'definition',
    definition: { kind: 'rollback_operation', table: { app, name }, operation },
    reply: (outcome) => changed(request, outcome),
  };
}

/** What was done to the schema of a table, and taking it back. */
export const operationRoutes: readonly Route[] = [
  ...ofTables('GET', '/:table/operations', 'inspect', listOperations),
  ...ofTables('GET', '/:table/operations/:revision', 'inspect', getOperation),
  ...ofTables('POST', '/:table/rollback', 'administer', rollback),
];
