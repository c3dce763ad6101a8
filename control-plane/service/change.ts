import { randomUUID } from 'node:crypto';
import { ServiceError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import type { Connection } from '../catalog/connection.ts';
import {
  bumpVersion,
  type Operation,
  storeOperation,
  storeReferences,
  storeRemoval,
  storeTable,
  type TenantRow,
} from '../catalog/store.ts';
import { diff } from '../compile/diff.ts';
import { settle } from '../compile/settle.ts';
import { forwardOf, reverseOf, type Step } from '../compile/step.ts';
import { createTable, dropTable, retiredName, retireTable } from '../compile/table.ts';
import { type Catalog, findTable, withoutTable, withTable } from '../model/catalog.ts';
import type { Definition } from '../model/definition.ts';
import type { Table, TableName } from '../model/table.ts';
import { checkDraft } from '../model/table-schema.ts';
import { StepFailure } from './definition-error.ts';

/** A definition worked out against a catalog: what to run and what to store. */
export interface Change {
  readonly before: Catalog;
  readonly after: Catalog;
  readonly steps: readonly Step[];
  readonly removed?: { readonly table: Table; readonly retain: boolean };
  /** The table made or changed. */
  readonly table?: Table;
  readonly operation: Omit<Operation, 'principal' | 'requestId'>;
  readonly lastRelation: number;
}

/** Works a definition out. Pure but for new ids. @throws ServiceError when it can't be done */
export function planChange(
  definition: Definition,
  catalog: Catalog,
  tenant: Pick<TenantRow, 'lastRelation'>,
): Change {
  switch (definition.kind) {
    case 'ensure_table': {
      const { table, most } = definition;
      const { app, datasource } = table;
      const present = catalog.tables.filter(
        (other) => other.app === app && other.datasource === datasource,
      );
      if (present.length >= most) {
        const message = `The tenant has ${most} tables of objects and can make no more`;
        throw new ServiceError('limit_exceeded', message, { field: 'table' });
      }
      return planChange({ kind: 'create_table', table }, catalog, tenant);
    }
    case 'create_table': {
      const old = findTable(catalog, definition.table);
      const replaced = old && definition.replace ? old : undefined;
      const removal = replaced ? remove(replaced, true, catalog) : undefined;
      const base = removal?.after ?? catalog;
      checkDraft(definition.table, base);
      const id = tenant.lastRelation + 1;
      const identity = { id, uuid: randomUUID(), schema: catalog.schema };
      const table = settle(definition.table, identity, base, randomUUID);
      const after = withTable(base, table);
      const steps = [...(removal?.steps ?? []), createTable(table, after)];
      return {
        before: catalog,
        after,
        steps,
        table,
        ...(replaced ? { removed: { table: replaced, retain: true } } : {}),
        operation: operationOf(definition, table, steps),
        lastRelation: id,
      };
    }
    case 'change_table': {
      const old = required(catalog, definition.from);
      checkDraft(definition.to, catalog, definition.from);
      const table = settle(definition.to, old, catalog, randomUUID, old);
      const after = withTable(catalog, table);
      const steps = diff(old, table, catalog, after);
      const refused = steps.find((step) => step.class === 'refused');
      if (refused) {
        throw new ServiceError('invalid_definition', `Cannot ${refused.description}`, {
          table: old.name,
          reason: 'refused',
          ...(refused.field === undefined ? {} : { field: refused.field }),
        });
      }
      const operation = operationOf(definition, table, steps);
      return {
        before: catalog,
        after,
        steps,
        table,
        operation,
        lastRelation: tenant.lastRelation,
      };
    }
    case 'drop_table': {
      const table = required(catalog, definition.table);
      const { steps, after } = remove(table, definition.retain, catalog);
      return {
        before: catalog,
        after,
        steps,
        removed: { table, retain: definition.retain },
        operation: operationOf(definition, table, steps),
        lastRelation: tenant.lastRelation,
      };
    }
  }
}

function required(catalog: Catalog, name: TableName): Table {
  const table = findTable(catalog, name);
  if (!table) {
    throw new ServiceError('table_not_found', `No such table '${name.name}'`, { table: name.name });
  }
  return table;
}

/** Other tables lose their references to it first and keep the columns. */
function remove(
  table: Table,
  retain: boolean,
  catalog: Catalog,
): { readonly steps: readonly Step[]; readonly after: Catalog } {
  const after = withoutTable(catalog, table);
  const released = after.tables.flatMap((next) => {
    const old = catalog.tables.find(({ id }) => id === next.id);
    return old && old !== next ? diff(old, next, catalog, after) : [];
  });
  // Its own references still stand, on tables that stay.
  const alone = { ...after, tables: [...after.tables, table] };
  const last = retain ? retireTable(table, alone) : dropTable(table, alone);
  return { steps: [...released, last], after };
}

function operationOf(
  definition: Definition,
  table: Table,
  steps: readonly Step[],
): Change['operation'] {
  return {
    kind: definition.kind,
    table,
    relation: table.id,
    definition: definition as unknown as Json,
    forward: forwardOf(steps),
    reverse: reverseOf(steps),
  };
}

/** Runs and stores a change within the caller's transaction. */
export async function applyChange(
  connection: Connection,
  change: Change,
  tenant: TenantRow,
  by: Pick<Operation, 'principal' | 'requestId'>,
): Promise<void> {
  if (change.table) await tryPatterns(connection, change.table);
  for (const step of change.steps) {
    if (step.forward.length === 0) continue;
    try {
      // One round trip a step.
      await connection.query(step.forward.join(';\n'));
    } catch (error) {
      throw new StepFailure(step, error);
    }
  }
  await store(connection, change, tenant, by);
}

async function store(
  connection: Connection,
  change: Change,
  tenant: TenantRow,
  by: Pick<Operation, 'principal' | 'requestId'>,
): Promise<void> {
  const { removed, table, before, after } = change;
  if (removed) {
    const physical = retiredName(removed.table);
    const retired = removed.retain ? { physical, by: by.principal } : undefined;
    await storeRemoval(connection, tenant.id, removed.table, retired);
  }
  if (table) await storeTable(connection, tenant.id, table);
  for (const other of after.tables) {
    const old = before.tables.find(({ id }) => id === other.id);
    if (other.id !== table?.id && old && old !== other) {
      await storeReferences(connection, tenant.id, other);
    }
  }
  await storeOperation(connection, tenant.id, { ...change.operation, ...by });
  await bumpVersion(connection, tenant.id, before, change.lastRelation);
}

/** A regular expression is read only when a row meets it: a faulty one would stay unnoticed until the first write. */
async function tryPatterns(connection: Connection, table: Table): Promise<void> {
  for (const { name, pattern } of table.columns) {
    if (pattern === undefined) continue;
    try {
      await connection.query("select '' ~ $1::text", [pattern]);
    } catch (error) {
      const detail = { table: table.name, field: name, reason: 'pattern' };
      const message = `Pattern of column '${name}' is not a valid regular expression`;
      throw new ServiceError('invalid_definition', message, detail, { cause: error });
    }
  }
}
