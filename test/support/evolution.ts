import { createHmac, randomUUID } from 'node:crypto';
import { createCatalogs } from '../../control-plane/catalog/cache.ts';
import { loadCatalog } from '../../control-plane/catalog/load.ts';
import type { DefinitionOutcome } from '../../control-plane/dialects/dialect.ts';
import { type Catalog, findTable } from '../../control-plane/model/catalog.ts';
import type { Definition } from '../../control-plane/model/definition.ts';
import type { Column, Table, TableDraft } from '../../control-plane/model/table.ts';
import { singlePlacement } from '../../control-plane/pg/placement.ts';
import { openPool, type Pool } from '../../control-plane/pg/pool.ts';
import { createDefiner, type DefineSettings } from '../../control-plane/service/define.ts';
import type { Operations } from '../../control-plane/service/operations.ts';
import { asOwner } from '../../control-plane/service/owner.ts';
import { createTenants } from '../../control-plane/service/tenants.ts';
import { draftOf, table } from '../unit/compile/samples.ts';
import type { TestDatabase } from './database.ts';
import { principal } from './principal.ts';

type ChangeTable = Extract<Definition, { kind: 'change_table' }>;

/** Definitions of one tenant, as one process would make them. */
export interface Evolver {
  readonly operations: Operations;
  load(): Promise<Catalog>;
  table(name: string): Promise<Table>;
  define(definition: Definition): Promise<DefinitionOutcome>;
  create(name: string, columns: readonly Column[], more?: Partial<Table>): Promise<Table>;
  change(
    name: string,
    to: (draft: TableDraft) => Partial<TableDraft>,
    options?: Partial<Pick<ChangeTable, 'allowDataLoss' | 'dryRun'>>,
  ): Promise<DefinitionOutcome>;
  /** Ends its connections, as a process that ends does: without a word to the database. */
  close(): Promise<void>;
}

/** Makes the tenant. */
export async function makeTenant(database: TestDatabase, slug: string): Promise<void> {
  const ddl = openPool({ connectionString: database.url, max: 2, statementTimeout: 15_000 });
  const owner = <T>(work: Parameters<typeof asOwner<T>>[1]) => asOwner(ddl, work);
  const { createTenant } = createTenants(owner, () => undefined);
  const tenant = { slug, name: slug, template: 'empty', createdBy: 'test' };
  await owner((connection) => createTenant(connection, tenant));
  await ddl.end();
}

/** A process that defines. `name` is what its connections are called, `through` what stands before them. */
export function evolver(
  database: Pick<TestDatabase, 'url' | 'secret' | 'urlAs' | 'onClose'>,
  tenant: string,
  settings: DefineSettings & {
    readonly name?: string;
    readonly through?: (pool: Pool) => Pool;
  } = {},
): Evolver {
  const pool = { max: 6, statementTimeout: 30_000 };
  const password = createHmac('sha256', database.secret).update('rowhouse_gateway').digest('hex');
  const url = database.urlAs('rowhouse_gateway', password);
  const data = openPool({ ...pool, connectionString: url });
  const applicationName = settings.name ?? 'evolver';
  const ddl = openPool({ ...pool, connectionString: database.url, applicationName });
  const catalogs = createCatalogs((slug) => data.borrow((client) => loadCatalog(client, slug)));
  const { define: run, operations } = createDefiner(
    singlePlacement({ data, ddl: settings.through?.(ddl) ?? ddl }),
    catalogs,
    settings,
  );
  const load = () => catalogs.load(tenant, true);
  const caller = {
    principal: principal(tenant, 'ann', { access: 'root', sudo: true }),
    requestId: 'r1',
    signal: new AbortController().signal,
  };
  const define = async (definition: Definition) => run(definition, await load(), caller);
  const find = async (name: string): Promise<Table> => {
    const found = findTable(await load(), { app: 'default', name });
    if (!found) throw new Error(`no table ${name}`);
    return found;
  };
  let closed: Promise<unknown> | undefined;
  const close = async (): Promise<void> => {
    closed ??= operations.stop().then(() => Promise.all([data.end(), ddl.end()]));
    await closed;
  };
  database.onClose(close);
  return {
    operations,
    load,
    table: find,
    define,
    create: async (name, columns, more = {}) => {
      const drafted = draftOf(table(name, columns, more));
      const fresh = drafted.columns.map((one) => ({ ...one, id: randomUUID() }));
      const outcome = await define({ kind: 'create_table', table: { ...drafted, columns: fresh } });
      if (!outcome.table) throw new Error('no table was made');
      return outcome.table;
    },
    change: async (name, to, options = {}) => {
      const old = await find(name);
      const next = { ...draftOf(old), ...to(draftOf(old)) };
      return define({ kind: 'change_table', from: old, to: next, ...options });
    },
    close,
  };
}

/** A change of one column. */
export const withColumn =
  (name: string, rules: Partial<Column>) =>
  (draft: TableDraft): Partial<TableDraft> => ({
    columns: draft.columns.map((one) => (one.name === name ? { ...one, ...rules } : one)),
  });

/** One more column. */
export const plusColumn =
  (column: Column) =>
  (draft: TableDraft): Partial<TableDraft> => ({
    columns: [...draft.columns, { ...column, id: randomUUID() }],
  });

/** All that Postgres says of a table, as lines without their order: columns, constraints, indexes, triggers, policies, rights. */
export async function shapeOf(
  { admin }: Pick<TestDatabase, 'admin'>,
  schema: string,
  name: string,
): Promise<readonly string[]> {
  const { rows } = await admin.query<{ line: string }>(
    `with t as (select $1::regclass as oid)
     select format('column %s %s %s %s %s %s', attname, format_type(atttypid, atttypmod), attnotnull,
       pg_get_expr(adbin, adrelid), attidentity, attgenerated) || coalesce(col_description(a.attrelid, attnum), '') as line
       from t join pg_attribute a on a.attrelid = t.oid and attnum > 0 and not attisdropped
       left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     union all select conname || ' ' || pg_get_constraintdef(c.oid) || convalidated
       from t join pg_constraint c on t.oid in (conrelid, confrelid) where contype not in ('n', 't')
     union all select pg_get_indexdef(indexrelid) || indisvalid from t join pg_index on indrelid = t.oid
     union all select pg_get_triggerdef(g.oid) from t join pg_trigger g on tgrelid = t.oid where not tgisinternal
     union all select format('policy %s %s %s %s', polname, polcmd, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
       from t join pg_policy p on polrelid = t.oid
     union all select 'rights ' || relacl::text || relrowsecurity || relforcerowsecurity from t join pg_class c on c.oid = t.oid
     union all select 'left behind ' || relname from pg_class where relname like '\\_rowhouse\\_next\\_%'
     union all select 'left behind ' || proname from pg_proc where proname like '\\_990\\_rowhouse%'
     order by 1`,
    [`"${schema}"."${name}"`],
  );
  return rows.map(({ line }) => line);
}
