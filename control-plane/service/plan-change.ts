import { randomUUID } from 'node:crypto';
import { ServiceError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import { ident, join, literal, sql, toText } from '../base/sql.ts';
import type { TenantRow } from '../catalog/store.ts';
import { diff } from '../compile/diff.ts';
import { settle } from '../compile/settle.ts';
import { forwardOf, reverseOf, type Step } from '../compile/step.ts';
import { createTable, dropTable, retireTable } from '../compile/table.ts';
import { dropView } from '../compile/view.ts';
import {
  type Catalog,
  findTable,
  type NamedValues,
  withoutTable,
  withTable,
} from '../model/catalog.ts';
import type { Definition } from '../model/definition.ts';
import { dependentsOf } from '../model/dependents.ts';
import { edgesOf } from '../model/graph.ts';
import type { Table, TableName } from '../model/table.ts';
import { checkDraft } from '../model/table-schema.ts';
import type { Change, RoleChange } from './change.ts';
import { changeTable } from './change-table.ts';
import { changeEdges, dropEdges } from './edge-table.ts';
import { requireSameName } from './policy-change.ts';

/** Works a definition out. Pure but for new ids. @throws ServiceError when it can't be done */
export function planChange(
  definition: Definition,
  catalog: Catalog,
  tenant: Pick<TenantRow, 'lastRelation'>,
): Change {
  switch (definition.kind) {
    case 'create_role':
    case 'grant_role':
    case 'revoke_role':
      return planRole(definition, catalog, tenant.lastRelation);
    case 'create_view':
    case 'change_view':
    case 'drop_view':
    case 'refresh_view':
      throw new TypeError('views are worked out with the database');
    case 'create_app':
    case 'change_app':
    case 'create_datasource':
    case 'change_datasource':
    case 'define_app_role':
    case 'deactivate':
    case 'reactivate':
    case 'purge':
    case 'put_policy':
    case 'enable_policy':
    case 'disable_policy':
    case 'drop_policy':
      throw new TypeError('apps are worked out on their own');
    case 'define_tables':
      throw new TypeError('several tables are worked out one by one');
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
      const replaced = old && definition.replace ? required(catalog, old) : undefined;
      const removal = replaced ? remove(replaced, true, catalog) : undefined;
      const base = removal?.after ?? catalog;
      checkDraft(definition.table, base);
      const id = tenant.lastRelation + 1;
      const identity = { id, uuid: randomUUID(), schema: catalog.schema };
      const table = settle(definition.table, identity, base, randomUUID);
      const nodes = withTable(base, table);
      const edges = changeEdges(table, base, nodes, id);
      const enums = definition.enums ?? [];
      const types = enums.map((each) => createEnum(each, catalog));
      const made = [createTable(table, nodes), ...edges.steps];
      const steps = [...(removal?.steps ?? []), ...types, ...made];
      return {
        before: catalog,
        after: edges.after,
        steps,
        table,
        enums,
        ...(edges.made ? { edges: edges.made } : {}),
        ...(replaced ? { removed: { table: replaced, retain: true } } : {}),
        operation: operationOf(definition, table, steps),
        lastRelation: edges.lastRelation,
      };
    }
    case 'change_table': {
      const old = required(catalog, definition.from);
      checkDraft(definition.to, catalog, definition.from);
      const next = settle(definition.to, old, catalog, randomUUID, old);
      requireSameName(old, next, catalog);
      return changeTable(definition, next, catalog, tenant);
    }
    case 'rollback_operation':
      throw new TypeError('what is taken back is worked out with the database');
    case 'drop_table': {
      const table = required(catalog, definition.table);
      const edges = edgesOf(table, catalog);
      const dropped = edges && dropEdges(edges, catalog);
      const { views, base } = release(table, dropped?.after ?? catalog, definition);
      const { steps, after } = remove(table, definition.retain, base);
      return {
        before: catalog,
        after,
        steps: [...views.map((view) => dropView(view)), ...(dropped?.steps ?? []), ...steps],
        gone: edges ? [...views, edges] : views,
        removed: { table, retain: definition.retain },
        operation: operationOf(definition, table, steps),
        lastRelation: tenant.lastRelation,
      };
    }
  }
}

/** What becomes of views over a table that goes, and whether it may. */
function release(
  table: Table,
  catalog: Catalog,
  { dependents }: Extract<Definition, { kind: 'drop_table' }>,
): { readonly views: readonly Table[]; readonly base: Catalog } {
  const { references, views } = dependentsOf(catalog, table);
  const users = [...views, ...references.map((each) => each.table)];
  const names = [...new Set(users.filter((user) => user.active !== false).map(({ name }) => name))];
  const stand = dependents === 'refuse' ? names.length > 0 : dependents !== 'drop' && views[0];
  if (stand) {
    throw new ServiceError('has_dependents', `'${table.name}' is used by: ${names.join(', ')}`, {
      table: table.name,
      data: { names },
    });
  }
  const base = views.reduce<Catalog>((rest, view) => withoutTable(rest, view), catalog);
  return { views, base };
}

function createEnum({ name, values }: NamedValues, { schema }: Catalog): Step {
  const type = ident(schema, name);
  return {
    class: 'safe',
    description: `create type ${name}`,
    forward: [toText(sql`create type ${type} as enum (${join(values.map((v) => literal(v)))})`)],
    reverse: [toText(sql`drop type ${type}`)],
  };
}

function planRole(
  definition: Extract<Definition, { kind: 'create_role' | 'grant_role' | 'revoke_role' }>,
  catalog: Catalog,
  lastRelation: number,
): Change {
  const { name } = definition;
  const taken = catalog.roles?.some((role) => role.name.toLowerCase() === name.toLowerCase());
  if (definition.kind === 'create_role' ? taken : !catalog.roles?.some((r) => r.name === name)) {
    const kind = taken ? 'invalid_definition' : 'row_not_found';
    const message = taken ? `Role '${name}' exists` : 'No such role';
    throw new ServiceError(kind, message, { field: name, reason: 'role' });
  }
  const role: RoleChange =
    definition.kind === 'create_role'
      ? { kind: 'create', name, description: definition.description }
      : { kind: definition.kind === 'grant_role' ? 'grant' : 'revoke', name, sub: definition.sub };
  return {
    before: catalog,
    after: catalog,
    steps: [],
    role,
    operation: {
      kind: definition.kind,
      definition: definition as unknown as Json,
      forward: [],
      reverse: [],
    },
    lastRelation,
  };
}

/** The table of a name. @throws ServiceError */
export function required(catalog: Catalog, name: TableName): Table {
  const table = findTable(catalog, name);
  if (!table) {
    throw new ServiceError('table_not_found', `No such table '${name.name}'`, { table: name.name });
  }
  // A view is defined as one; what is said of tables has no meaning for it.
  if (table.kind === 'view') {
    throw new ServiceError('read_only', undefined, { table: table.name });
  }
  return table;
}

/** Takes a table out of the catalog. Other tables lose their references to it first and keep the columns. */
export function remove(
  table: Table,
  retain: boolean,
  catalog: Catalog,
): { readonly steps: readonly Step[]; readonly after: Catalog } {
  const after = withoutTable(catalog, table);
  const released = after.tables.flatMap((next) => {
    const old = catalog.tables.find(({ id }) => id === next.id);
    const made = next.materialized !== false;
    return made && old && old !== next ? diff(old, next, catalog, after) : [];
  });
  if (table.materialized === false) return { steps: released, after };
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
