import { randomUUID } from 'node:crypto';
import { createCatalogs } from '../../control-plane/catalog/cache.ts';
import { loadCatalog } from '../../control-plane/catalog/load.ts';
import type { TableDraft } from '../../control-plane/model/table.ts';
import { singlePlacement } from '../../control-plane/pg/placement.ts';
import { openPool } from '../../control-plane/pg/pool.ts';
import { createDefine } from '../../control-plane/service/define.ts';
import { asOwner } from '../../control-plane/service/owner.ts';
import { createTenants } from '../../control-plane/service/tenants.ts';
import type { TestDatabase } from './database.ts';
import { principal } from './principal.ts';

/** A tenant with tables of any profile, also those no dialect of today makes. */
export async function createTenantWith(
  database: TestDatabase,
  tenant: string,
  drafts: readonly TableDraft[],
): Promise<void> {
  const ddl = openPool({ connectionString: database.url, max: 2, statementTimeout: 15_000 });
  try {
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
    for (const draft of drafts) {
      // Samples name their columns' ids in words.
      const columns = draft.columns.map((column) => ({ ...column, id: randomUUID() }));
      const table = { ...draft, columns };
      await define({ kind: 'create_table', table }, await catalogs.load(tenant, true), caller);
    }
  } finally {
    await ddl.end();
  }
}
