import { randomUUID } from 'node:crypto';
import { ServiceError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import { toText } from '../base/sql.ts';
import { type BaseType, baseTypes, type ColumnType } from '../base/types.ts';
import { type Connection, rowsOf } from '../catalog/connection.ts';
import type { TenantRow } from '../catalog/store.ts';
import { tableName } from '../compile/object.ts';
import { settle } from '../compile/settle.ts';
import { forwardOf, reverseOf, type Step } from '../compile/step.ts';
import { createView, dropView, refreshView, storeName } from '../compile/view.ts';
import { checkedQuery } from '../compile/view-query.ts';
import { type Catalog, findTable, parted, withoutTable, withTable } from '../model/catalog.ts';
import type { Definition } from '../model/definition.ts';
import { dependentsOf } from '../model/dependents.ts';
import { draftColumn } from '../model/draft-column.ts';
import {
  type Column,
  hidesDeleted,
  type Table,
  type TableDraft,
  type TableName,
} from '../model/table.ts';
import { checkDraft } from '../model/table-schema.ts';
import type { Change } from './change.ts';
import { filling } from './transaction.ts';

type ViewDefinition = Extract<
  Definition,
  { kind: 'create_view' | 'change_view' | 'drop_view' | 'refresh_view' }
>;

/** Whether a definition is about a view. */
export function isOfView(definition: Definition): definition is ViewDefinition {
  return definition.kind.endsWith('_view');
}

/** Works a change of a view out. @throws ServiceError when it can't be done */
export async function planView(
  connection: Connection,
  definition: ViewDefinition,
  catalog: Catalog,
  tenant: Pick<TenantRow, 'lastRelation'>,
): Promise<Change> {
  const change = (view: Table, after: Catalog, steps: readonly Step[], more: Partial<Change>) => ({
    before: catalog,
    after,
    steps,
    operation: {
      kind: definition.kind,
      table: view,
      relation: view.id,
      definition: definition as unknown as Json,
      forward: forwardOf(steps),
      reverse: reverseOf(steps),
    },
    lastRelation: tenant.lastRelation,
    ...more,
  });
  switch (definition.kind) {
    case 'create_view': {
      checkDraft(definition.view, catalog);
      const { view, reads } = await workedOut(definition.view, catalog, tenant.lastRelation + 1);
      const after = withTable(catalog, view);
      if (view.view?.materialized) await connection.query(filling);
      const step = createView(view, catalog, reads);
      return change(view, after, [step], {
        table: view,
        lastRelation: view.id,
        finish: (within) => withColumns(within, view, reads),
      });
    }
    case 'change_view': {
      const old = needView(catalog, definition.from);
      const view = settle(definition.to, old, catalog, randomUUID, old);
      return change(view, withTable(catalog, view), [], { table: view });
    }
    case 'drop_view': {
      const view = needView(catalog, definition.view);
      const names = dependentsOf(catalog, view).views.map(({ name }) => name);
      if (names.length > 0) {
        const message = `'${view.name}' is used by: ${names.join(', ')}`;
        throw new ServiceError('has_dependents', message, { table: view.name, data: { names } });
      }
      return change(view, withoutTable(catalog, view), [dropView(view)], { gone: [view] });
    }
    case 'refresh_view': {
      const view = needView(catalog, definition.view);
      if (!view.view?.materialized) {
        throw new ServiceError('feature_disabled', `View '${view.name}' is not materialized`, {
          table: view.name,
          reason: 'materialized',
        });
      }
      await connection.query(filling);
      const indexed = await rowsOf(
        connection,
        'select 1 from pg_index where indrelid = $1::regclass and indisunique and indpred is null',
        [toText(tableName(storeName(view)))],
      );
      return change(view, catalog, [refreshView(view, indexed.length > 0)], {});
    }
    default: {
      const never: never = definition;
      return never;
    }
  }
}

function needView(catalog: Catalog, name: TableName): Table {
  const view = findTable(catalog, name);
  if (view?.view) return view;
  throw new ServiceError('table_not_found', 'No such view', { table: name.name });
}

/** The draft with its query parsed, checked and printed. */
async function workedOut(
  draft: TableDraft,
  catalog: Catalog,
  id: number,
): Promise<{ readonly view: Table; readonly reads: readonly Table[] }> {
  const { view: facts } = draft;
  if (!facts) throw new TypeError('a view without facts');
  const { text, reads, narrows } = await checkedQuery(facts.source, parted(catalog));
  if (facts.materialized) for (const table of reads) requireOpen(table, catalog);
  const view = { ...facts, query: text, narrows, reads: reads.map((table) => table.id) };
  const identity = { id, uuid: randomUUID(), schema: catalog.schema };
  return { view: settle({ ...draft, view }, identity, catalog, randomUUID), reads };
}

/** Stored rows are the same for every reader: only what every reader may see in full can be stored. */
function requireOpen(table: Table, catalog: Catalog): void {
  const open = table.view
    ? table.view.rules.length === 0
    : table.access === 'grants' && !hidesDeleted(table);
  if (!open) {
    const message = `A materialized view cannot read '${table.name}', which does not show the same rows to everyone`;
    throw new ServiceError('invalid_definition', message, { table: table.name, reason: 'view' });
  }
  for (const id of table.view?.reads ?? []) {
    const below = catalog.tables.find((other) => other.id === id);
    if (below) requireOpen(below, catalog);
  }
}

interface Attribute {
  readonly name: string;
  readonly base: string;
  readonly array: boolean;
  readonly length: number | null;
  readonly namespace: string;
}

const bases: Readonly<Record<string, BaseType>> = {
  text: 'text',
  name: 'text',
  varchar: 'varchar',
  bpchar: 'text',
  int2: 'smallint',
  int4: 'integer',
  int8: 'bigint',
  numeric: 'numeric',
  float4: 'real',
  float8: 'double precision',
  bool: 'boolean',
  timestamptz: 'timestamptz',
  timestamp: 'timestamp',
  date: 'date',
  time: 'time',
  interval: 'interval',
  uuid: 'uuid',
  jsonb: 'jsonb',
};

/** The view with its columns as Postgres sees them; also the last word on what it reads. */
async function withColumns(
  connection: Connection,
  view: Table,
  reads: readonly Table[],
): Promise<Table> {
  await requireOnly(connection, view, reads);
  const attributes = await rowsOf<Attribute>(
    connection,
    `select a.attname as name, coalesce(e.typname, t.typname) as base, e.oid is not null as array,
       case when t.typname in ('varchar') and a.atttypmod > 4 then a.atttypmod - 4 end as length, n.nspname as namespace
     from pg_attribute as a
     join pg_type as t on t.oid = a.atttypid
     left join pg_type as e on e.oid = t.typelem and t.typcategory = 'A'
     join pg_namespace as n on n.oid = coalesce(e.typnamespace, t.typnamespace)
     where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum`,
    [toText(tableName(view))],
  );
  const types = reads.flatMap((table) => table.columns.map(({ type }) => type));
  const columns = attributes.map((each) => columnOf(each, typeOf(each, view, types)));
  return { ...view, columns };
}

function typeOf(each: Attribute, view: Table, known: readonly ColumnType[]): ColumnType {
  const array = each.array ? { array: true } : {};
  const enumeration = known.find(
    ({ enumeration: type }) => type?.name === each.base && type.schema === each.namespace,
  )?.enumeration;
  if (enumeration) return { base: 'enum', enumeration, ...array };
  const base = each.namespace === 'pg_catalog' ? bases[each.base] : undefined;
  if (base !== undefined && Object.hasOwn(baseTypes, base)) {
    return { base, ...array, ...(each.length === null ? {} : { length: each.length }) };
  }
  const message = `Column '${each.name}' of the view has a type that is not served: cast it to text`;
  throw new ServiceError('invalid_definition', message, { field: each.name, table: view.name });
}

function columnOf({ name }: Attribute, type: ColumnType): Column {
  return draftColumn(name, type, { id: randomUUID() });
}

/** Whatever the check of the text may have missed: the view depends on the relations found in it and on nothing else. */
async function requireOnly(
  connection: Connection,
  view: Table,
  reads: readonly Table[],
): Promise<void> {
  const stored = view.view?.materialized ? storeName(view) : view;
  const found = await rowsOf<{ namespace: string; name: string }>(
    connection,
    `select distinct n.nspname as namespace, c.relname as name
     from pg_rewrite as r
     join pg_depend as d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass
     join pg_class as c on c.oid = d.refobjid and c.oid <> r.ev_class
     join pg_namespace as n on n.oid = c.relnamespace
     where r.ev_class = $1::regclass`,
    [toText(tableName(stored))],
  );
  const allowed = new Set(reads.map(({ physical }) => physical));
  if (found.every((each) => each.namespace === view.schema && allowed.has(each.name))) return;
  throw new ServiceError('invalid_definition', 'The view reads what it may not', {
    table: view.name,
    reason: 'view',
  });
}
