import { randomUUID } from 'node:crypto';
import { createCatalogs } from '../../control-plane/catalog/cache.ts';
import { loadCatalog } from '../../control-plane/catalog/load.ts';
import type { Catalog } from '../../control-plane/model/catalog.ts';
import type { Definition } from '../../control-plane/model/definition.ts';
import type { Principal } from '../../control-plane/model/principal.ts';
import type { TableDraft } from '../../control-plane/model/table.ts';
import { singlePlacement } from '../../control-plane/pg/placement.ts';
import { openPool } from '../../control-plane/pg/pool.ts';
import { createDefine } from '../../control-plane/service/define.ts';
import { asOwner } from '../../control-plane/service/owner.ts';
import { createTenants } from '../../control-plane/service/tenants.ts';
import type { TestDatabase } from './database.ts';
import { principal } from './principal.ts';

/** Definitions without a dialect: also those that none of today makes. */
export interface Definer {
  readonly createTenant: (tenant: string) => Promise<void>;
  /** Changes the model of the principal's tenant, seen as it is now; answers with the new catalog. */
  readonly define: (as: Principal, definition: Definition) => Promise<Catalog>;
  readonly catalog: (tenant: string) => Promise<Catalog>;
  readonly end: () => Promise<void>;
}

/** Connects; the caller ends it. */
export function openDefiner(database: TestDatabase): Definer {
  const ddl = openPool({ connectionString: database.url, max: 4, statementTimeout: 15_000 });
  const tenants = createTenants(
    (work) => asOwner(ddl, work),
    () => undefined,
  );
  const catalogs = createCatalogs((slug) => ddl.borrow((client) => loadCatalog(client, slug)));
  const define = createDefine(singlePlacement({ data: ddl, ddl }), catalogs);
  return {
    createTenant: (tenant) =>
      asOwner(ddl, (connection) =>
        tenants.createTenant(connection, {
          slug: tenant,
          name: tenant,
          template: 'empty',
          createdBy: 'test',
        }),
      ),
    define: async (as, definition) => {
      const caller = { principal: as, requestId: 'test', signal: new AbortController().signal };
      const seen = await catalogs.load(as.tenant ?? '', true);
      return (await define(definition, seen, caller)).catalog;
    },
    catalog: (tenant) => catalogs.load(tenant, true),
    end: () => ddl.end(),
  };
}

/** A draft ready to be defined: samples name their columns' ids in words. */
export function freshly(draft: TableDraft): TableDraft {
  return { ...draft, columns: draft.columns.map((each) => ({ ...each, id: randomUUID() })) };
}

/** A tenant with apps, and tables of any profile. */
export async function createTenantWith(
  database: TestDatabase,
  tenant: string,
  drafts: readonly TableDraft[],
  apps: readonly string[] = [],
): Promise<void> {
  const definer = openDefiner(database);
  const maker = principal(tenant, 'maker', { access: 'root', sudo: true });
  try {
    await definer.createTenant(tenant);
    for (const slug of apps) {
      const app = { slug, name: slug, description: '', settings: {} };
      await definer.define(maker, { kind: 'create_app', app });
    }
    for (const draft of drafts) {
      await definer.define(maker, { kind: 'create_table', table: freshly(draft) });
    }
  } finally {
    await definer.end();
  }
}
