import { createHmac } from 'node:crypto';
import { ServiceError } from '../../control-plane/base/errors.ts';
import { createCatalogs } from '../../control-plane/catalog/cache.ts';
import { loadCatalog } from '../../control-plane/catalog/load.ts';
import { type Catalog, findTable } from '../../control-plane/model/catalog.ts';
import type { Definition } from '../../control-plane/model/definition.ts';
import type { Column, Table, TableDraft } from '../../control-plane/model/table.ts';
import { singlePlacement } from '../../control-plane/pg/placement.ts';
import { openPool } from '../../control-plane/pg/pool.ts';
import { createDefine } from '../../control-plane/service/define.ts';
import { asOwner } from '../../control-plane/service/owner.ts';
import { createTenants } from '../../control-plane/service/tenants.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { principal } from '../support/principal.ts';
import { draftOf, table } from '../unit/compile/samples.ts';

/** A tenant whose tables are defined as services do it, and filled past every rule of theirs. */
export interface Definitions {
  readonly database: TestDatabase;
  readonly tenant: string;
  readonly load: () => Promise<Catalog>;
  readonly define: (
    definition: Definition,
    options?: { as?: object; seen?: Catalog },
  ) => Promise<Table | undefined>;
  readonly create: (
    name: string,
    columns: readonly Column[],
    more?: Partial<Table>,
  ) => Promise<Table | undefined>;
  readonly change: (
    name: string,
    to: (draft: TableDraft) => Partial<TableDraft>,
    as?: object,
  ) => Promise<Table | undefined>;
  readonly insert: (name: string, values: Readonly<Record<string, unknown>>) => Promise<void>;
}

export async function openDefinitions(): Promise<Definitions> {
  const database = await createDatabase();
  const settings = { max: 6, statementTimeout: 15_000 };
  const password = createHmac('sha256', database.secret).update('rowhouse_gateway').digest('hex');
  const url = database.urlAs('rowhouse_gateway', password);
  const data = openPool({ ...settings, connectionString: url });
  const ddl = openPool({ ...settings, connectionString: database.url });
  database.onClose(async () => {
    await data.end();
    await ddl.end();
  });
  const tenant = database.slug('defs');
  const tenants = createTenants(
    (work) => asOwner(ddl, work),
    () => undefined,
  );
  await asOwner(ddl, (connection) =>
    tenants.createTenant(connection, {
      slug: tenant,
      name: 'Definitions',
      template: 'contacts',
      createdBy: 'test',
    }),
  );
  const catalogs = createCatalogs((slug) => data.borrow((client) => loadCatalog(client, slug)));
  const load = () => catalogs.load(tenant, true);
  const run = createDefine(singlePlacement({ data, ddl }), catalogs);
  const define: Definitions['define'] = async (definition, { as = {}, seen } = {}) => {
    const caller = {
      principal: principal(tenant, 'ann', { access: 'full', sudo: true, ...as }),
      requestId: 'r1',
      signal: new AbortController().signal,
    };
    const outcome = await run(definition, seen ?? (await load()), caller);
    return outcome.table;
  };
  const create: Definitions['create'] = (name, columns, more = {}) => {
    const drafted = draftOf(
      table(
        name,
        columns.map((one) => ({ ...one, id: '' })),
        more,
      ),
    );
    const key = drafted.columns.map((one) => ({ ...one, id: one.name === 'id' ? '' : one.id }));
    return define({ kind: 'create_table', table: { ...drafted, columns: key } });
  };
  const change: Definitions['change'] = async (name, to, as = {}) => {
    const from = { app: 'default', name };
    const old = findTable(await load(), from);
    if (!old) throw new Error(`no table ${name}`);
    const next = { ...draftOf(old), ...to(old) };
    return define({ kind: 'change_table', from, to: next, allowDataLoss: 'dropped' }, { as });
  };
  const insert: Definitions['insert'] = async (name, values) => {
    const names = Object.keys(values).map((one) => `"${one.replaceAll('"', '""')}"`);
    const marks = names.map((_, index) => `$${index + 1}`);
    await database.admin.query(
      `insert into "t_${tenant}"."${name}" (${names.join()}) values (${marks.join()})`,
      Object.values(values),
    );
  };
  return { database, tenant, load, define, create, change, insert };
}

/** The kind of error a definition ends with. */
export async function failure(
  work: Promise<unknown>,
): Promise<Pick<ServiceError, 'kind' | 'detail'>> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ServiceError) return { kind: error.kind, detail: error.detail };
    throw error;
  }
  throw new Error('the definition was taken');
}

export const withColumn = (name: string, rules: Partial<Column>) => (draft: TableDraft) => ({
  columns: draft.columns.map((one) => (one.name === name ? { ...one, ...rules } : one)),
});
