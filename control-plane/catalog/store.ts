import type { Json, JsonObject } from '../base/json.ts';
import type { Catalog, NamedValues } from '../model/catalog.ts';
import type { Table, TableName } from '../model/table.ts';
import { storePlace } from './app-store.ts';
import { type Connection, rowsOf } from './connection.ts';

/** A tenant's row in control.tenants, locked by {@link lockTenant}. */
export interface TenantRow {
  readonly id: number;
  readonly version: number;
  /** The highest relation id ever given. */
  readonly lastRelation: number;
}

/**
 * Holds the tenant's row to the end of the transaction: definitions of a tenant come one after the other. Not FOR UPDATE: that would
 * also hold up new accounts, whose foreign key takes a share of the row.
 */
export async function lockTenant(
  connection: Connection,
  tenant: string,
): Promise<TenantRow | undefined> {
  const [row] = await rowsOf<{ id: number; version: string; last: number }>(
    connection,
    `select id, version, last_relation as last from control.tenants
     where slug = $1 and status = 'active' for no key update`,
    [tenant],
  );
  return row && { id: row.id, version: Number(row.version), lastRelation: row.last };
}

/** Writes a table's definition in place of the one before, if any. */
export async function storeTable(
  connection: Connection,
  tenantId: number,
  table: Table,
): Promise<void> {
  await storePlace(connection, tenantId, table);
  await connection.query(
    `insert into control.relations (tenant_id, id, uuid, app, datasource, name, physical, kind, provider, access, status,
       features, "freeze", sudo, key, description, extra, uniques, endpoints, path, "view", active, deactivated_with,
       suspended, materialized, indexes, search, graph, document, policy, holder)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
       $24, $25, $26, $27, $28, $29, $30, $31)
     on conflict on constraint relations_pkey do update set app = excluded.app, datasource = excluded.datasource,
       name = excluded.name, physical = excluded.physical, kind = excluded.kind, provider = excluded.provider,
       access = excluded.access, status = excluded.status, features = excluded.features, "freeze" = excluded.freeze,
       sudo = excluded.sudo, key = excluded.key, description = excluded.description, extra = excluded.extra,
       uniques = excluded.uniques, endpoints = excluded.endpoints, path = excluded.path, "view" = excluded.view,
       active = excluded.active, deactivated_with = excluded.deactivated_with, suspended = excluded.suspended,
       materialized = excluded.materialized, indexes = excluded.indexes, search = excluded.search,
       graph = excluded.graph, document = excluded.document, policy = excluded.policy,
       holder = excluded.holder,
       updated_at = now()`,
    [
      tenantId,
      table.id,
      table.uuid,
      table.app,
      table.datasource,
      table.name,
      table.physical,
      table.kind,
      table.provider,
      table.access,
      table.status,
      JSON.stringify(table.features),
      table.freeze,
      table.sudo,
      table.key,
      table.description ?? null,
      JSON.stringify(table.extra ?? {}),
      jsonOf(table.uniques),
      table.endpoints ?? null,
      table.path ?? null,
      jsonOf(table.view),
      table.active ?? true,
      table.deactivatedWith ?? null,
      jsonOf(table.suspended),
      table.materialized ?? true,
      jsonOf(table.indexes),
      jsonOf(table.search),
      jsonOf(table.graph),
      jsonOf(table.document),
      jsonOf(table.policy),
      table.holder ?? null,
    ],
  );
  await storeColumns(connection, tenantId, table);
  await storeReferences(connection, tenantId, table);
}

/** A part of a definition for a jsonb column; absence is null. */
function jsonOf(part: unknown): string | null {
  return part === undefined ? null : JSON.stringify(part);
}

async function storeColumns(connection: Connection, tenantId: number, table: Table): Promise<void> {
  const columns = table.columns.map(({ id, name, createdAt, updatedAt, ...definition }) => ({
    id,
    name,
    created_at: createdAt === '' ? null : createdAt,
    updated_at: updatedAt === '' ? null : updatedAt,
    definition,
  }));
  await connection.query('delete from control.columns where tenant_id = $1 and relation_id = $2', [
    tenantId,
    table.id,
  ]);
  await connection.query(
    `insert into control.columns (tenant_id, relation_id, position, id, name, definition, created_at, updated_at)
     select $1, $2, c.position, (c.value ->> 'id')::uuid, c.value ->> 'name', c.value -> 'definition',
       coalesce((c.value ->> 'created_at')::timestamptz, now()), coalesce((c.value ->> 'updated_at')::timestamptz, now())
     from jsonb_array_elements($3::jsonb) with ordinality as c (value, position)`,
    [tenantId, table.id, JSON.stringify(columns)],
  );
}

/** Rewrites the references of a table alone: what a change of their target does to it. */
export async function storeReferences(
  connection: Connection,
  tenantId: number,
  table: Table,
): Promise<void> {
  await connection.query('delete from control.refs where tenant_id = $1 and relation_id = $2', [
    tenantId,
    table.id,
  ]);
  if (table.references.length === 0) return;
  const references = table.references.map(({ name, ...definition }) => ({ name, definition }));
  await connection.query(
    `insert into control.refs (tenant_id, relation_id, name, position, definition)
     select $1, $2, r.value ->> 'name', r.position, r.value -> 'definition'
     from jsonb_array_elements($3::jsonb) with ordinality as r (value, position)`,
    [tenantId, table.id, JSON.stringify(references)],
  );
}

/** Forgets a table. `retired`: the physical name under which its rows are kept. */
export async function storeRemoval(
  connection: Connection,
  tenantId: number,
  table: Table,
  retired?: { readonly physical: string; readonly by: string },
): Promise<void> {
  await connection.query('delete from control.relations where tenant_id = $1 and id = $2', [
    tenantId,
    table.id,
  ]);
  if (!retired) return;
  await connection.query(
    `insert into control.retired (tenant_id, app, name, physical, definition, retired_by)
     values ($1, $2, $3, $4, $5, $6)`,
    [tenantId, table.app, table.name, retired.physical, JSON.stringify(table), retired.by],
  );
}

/** Enumerated types just made. */
export async function storeEnums(
  connection: Connection,
  tenantId: number,
  enums: readonly NamedValues[],
): Promise<void> {
  for (const { name, values } of enums) {
    await connection.query(
      'insert into control.enums (tenant_id, name, "values") values ($1, $2, $3)',
      [tenantId, name, values],
    );
  }
}

/** A new role. */
export async function storeRole(
  connection: Connection,
  tenantId: number,
  role: { readonly name: string; readonly description: string; readonly by: string },
): Promise<void> {
  await connection.query(
    `insert into control.roles (tenant_id, name, description, created_by, updated_by)
     values ($1, $2, $3, $4, $4)`,
    [tenantId, role.name, role.description, role.by],
  );
}

/** Records a grant or takes it back; true when that changed anything. */
export async function storeGrant(
  connection: Connection,
  tenantId: number,
  grant: {
    readonly role: string;
    readonly sub: string;
    readonly held: boolean;
    readonly by: string;
  },
): Promise<boolean> {
  const { role, sub, held, by } = grant;
  const done = held
    ? await connection.query(
        `insert into control.role_members (tenant_id, role, sub, granted_by) values ($1, $2, $3, $4)
         on conflict do nothing`,
        [tenantId, role, sub, by],
      )
    : await connection.query(
        'delete from control.role_members where tenant_id = $1 and role = $2 and sub = $3',
        [tenantId, role, sub],
      );
  if (done.rowCount === 0) return false;
  await connection.query(
    'update control.roles set updated_at = now(), updated_by = $3 where tenant_id = $1 and name = $2',
    [tenantId, role, by],
  );
  await connection.query(
    'select rowhouse.mirror_grants(slug, $2) from control.tenants where id = $1',
    [tenantId, sub],
  );
  return true;
}

/** One schema operation. */
export interface Operation {
  readonly kind: string;
  /** Absent where it is about a role. */
  readonly table?: TableName & { readonly datasource?: string };
  readonly relation?: number;
  readonly principal: string;
  readonly requestId: string;
  readonly definition: Json;
  readonly forward: readonly string[];
  readonly reverse: readonly string[];
  /** What of the definition changed, step by step. */
  readonly changes?: readonly JsonObject[];
  /** The table as it was: what a rollback goes back to. */
  readonly before?: Table;
  /** Absent: done. */
  readonly error?: string;
}

/** Records who changed the model, with the SQL and its reverse. Answers with the record's public id. */
export async function storeOperation(
  connection: Connection,
  tenantId: number,
  operation: Operation,
): Promise<string> {
  const [row] = await rowsOf<{ uuid: string }>(
    connection,
    `insert into control.operations (tenant_id, relation_id, app, datasource, principal, kind, definition, forward_sql,
       rollback_sql, status, error, request_id, changes, before, finished_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, clock_timestamp()) returning uuid`,
    [
      tenantId,
      operation.relation ?? null,
      operation.table?.app ?? null,
      operation.table?.datasource ?? null,
      operation.principal,
      operation.kind,
      JSON.stringify(operation.definition),
      operation.forward,
      operation.reverse,
      operation.error === undefined ? 'done' : 'failed',
      operation.error ?? null,
      operation.requestId,
      JSON.stringify(operation.changes ?? []),
      operation.before === undefined ? null : JSON.stringify(operation.before),
    ],
  );
  return row?.uuid ?? '';
}

/** Begins the next version: from the commit on, requests planned for the one before are told that they are stale. */
export async function bumpVersion(
  connection: Connection,
  tenantId: number,
  catalog: Pick<Catalog, 'version'>,
  lastRelation: number,
): Promise<void> {
  await connection.query(
    'update control.tenants set version = $2, last_relation = $3 where id = $1',
    [tenantId, catalog.version + 1, lastRelation],
  );
}
