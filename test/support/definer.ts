import { randomUUID } from 'node:crypto';
import { createCatalogs } from '../../control-plane/catalog/cache.ts';
import { loadCatalog } from '../../control-plane/catalog/load.ts';
import type { DefinitionOutcome } from '../../control-plane/dialects/dialect.ts';
import type { Catalog } from '../../control-plane/model/catalog.ts';
import type { Definition } from '../../control-plane/model/definition.ts';
import type { TableDraft } from '../../control-plane/model/table.ts';
import { singlePlacement } from '../../control-plane/pg/placement.ts';
import { openPool } from '../../control-plane/pg/pool.ts';
import { createDefine } from '../../control-plane/service/define.ts';
import { asOwner } from '../../control-plane/service/owner.ts';
import { createTenants } from '../../control-plane/service/tenants.ts';
import type { TestDatabase } from './database.ts';
import { principal } from './principal.ts';

/** Definitions of one tenant, by a principal who may make any. */
export interface Definer {
  readonly define: (definition: Definition) => Promise<DefinitionOutcome>;
  readonly catalog: () => Promise<Catalog>;
}

/** A tenant with tables of any profile, also those no dialect of today makes. The connections end with the file. */
export async function createTenantWith(
  database: TestDatabase,
  tenant: string,
  drafts: readonly TableDraft[],
): Promise<Definer> {
  const ddl = openPool({ connectionString: database.url, max: 2, statementTimeout: 15_000 });
  database.onClose(() => ddl.end());
  const tenants = createTenants(
    (work) => asOwner(ddl, work),
    () => undefined,
  );
  await asOwner(ddl, (connection) =>
    tenants.createTenant(connection, {
      slug: tenant,
      name: tenant,
      template: 'empty',
      createdBy: 'test',
    }),
  );
  const catalogs = createCatalogs((slug) => ddl.borrow((client) => loadCatalog(client, slug)));
  const define = createDefine(singlePlacement({ data: ddl, ddl }), catalogs);
  const caller = {
    principal: principal(tenant, 'maker', { access: 'root', sudo: true }),
    requestId: 'test',
    signal: new AbortController().signal,
  };
  const definer: Definer = {
    catalog: () => catalogs.load(tenant, true),
    define: async (definition) => define(definition, await catalogs.load(tenant, true), caller),
  };
  for (const draft of drafts) {
    // Samples name their columns' ids in words.
    const columns = draft.columns.map((column) => ({ ...column, id: randomUUID() }));
    await definer.define({ kind: 'create_table', table: { ...draft, columns } });
  }
  return definer;
}
