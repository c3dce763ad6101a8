import { ServiceError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { ident, join, sql, toText } from '../base/sql.ts';
import { type Connection, rowsOf } from '../catalog/connection.ts';
import { loadCatalog } from '../catalog/load.ts';
import { lockTenant } from '../catalog/store.ts';
import { findTable } from '../model/catalog.ts';
import { draftColumn } from '../model/draft-column.ts';
import type { Column, Reference, TableDraft } from '../model/table.ts';
import { applyChange } from './apply-change.ts';
import { planChange } from './plan-change.ts';

/** What a template says: only what differs from the usual table. */
interface Template {
  readonly tables?: readonly TemplateTable[];
  /** By table, in the order of `tables`. */
  readonly rows?: Readonly<Record<string, readonly JsonObject[]>>;
}

interface TemplateTable extends Partial<Omit<TableDraft, 'columns' | 'references'>> {
  readonly name: string;
  readonly columns: readonly (Partial<Column> & Pick<Column, 'name' | 'type'>)[];
  readonly references?: readonly (Partial<Reference> &
    Pick<Reference, 'name' | 'columns' | 'target' | 'targetColumns'>)[];
}

/** Makes the tables and rows of a template in a tenant just made, in the same transaction. */
export async function applyTemplate(
  connection: Connection,
  tenant: string,
  template: string,
  by: string,
): Promise<void> {
  const [found] = await rowsOf<{ definition: Template }>(
    connection,
    'select definition from control.templates where name = $1',
    [template],
  );
  if (!found) {
    const detail = { reason: 'template', keys: [template] };
    throw new ServiceError('row_not_found', `Template '${template}' not found`, detail);
  }
  const { tables = [], rows = {} } = found.definition;
  for (const table of tables) {
    const catalog = await loadCatalog(connection, tenant);
    const row = await lockTenant(connection, tenant);
    if (!row) throw new ServiceError('tenant_not_found');
    const change = planChange({ kind: 'create_table', table: draftOf(table) }, catalog, row);
    await applyChange(connection, change, row, { principal: by, requestId: 'template' });
  }
  const catalog = await loadCatalog(connection, tenant);
  for (const [name, values] of Object.entries(rows)) {
    const table = findTable(catalog, { app: 'default', name });
    const columns = [...new Set(values.flatMap((value) => Object.keys(value)))];
    if (!table || columns.length === 0) continue;
    const target = ident(table.schema, table.physical);
    const names = join(columns.map((column) => ident(column)));
    const rowType = sql`jsonb_populate_recordset(null::${target}, $1::jsonb)`;
    await connection.query(
      toText(sql`insert into ${target} (${names}) select ${names} from ${rowType}`),
      [JSON.stringify(values)],
    );
  }
}

const key = draftColumn('id', { base: 'uuid' }, { required: true, default: { kind: 'uuid' } });

/** The whole draft: Monk's profile where the template is silent. */
function draftOf(table: TemplateTable): TableDraft {
  const plain: Omit<Column, 'name' | 'type'> = { ...key, required: false };
  const { default: _, ...rules } = plain;
  return {
    app: 'default',
    datasource: 'default',
    kind: 'table',
    provider: 'flat_table',
    access: 'acl',
    status: 'active',
    features: { timestamps: true, softDelete: true, acl: true, history: false },
    freeze: false,
    sudo: false,
    ...table,
    key: table.key ?? ['id'],
    columns: [
      ...(table.key === undefined ? [key] : []),
      ...table.columns.map((column) => ({ ...rules, ...column })),
    ],
    references: (table.references ?? []).map((reference) => ({
      onDelete: 'no action',
      onUpdate: 'no action',
      ...reference,
    })),
  };
}
