import { type Meter, noMeter } from './base/meter.ts';
import { createCatalogs } from './catalog/cache.ts';
import { rowsOf } from './catalog/connection.ts';
import { loadCatalog } from './catalog/load.ts';
import type { Config } from './config.ts';
import type { AppMeasures } from './model/app.ts';
import type { Catalog } from './model/catalog.ts';
import type { SchemaOperation } from './model/operation.ts';
import { claimsOf } from './model/principal.ts';
import { gatewayUrl } from './pg/gateway.ts';
import { singlePlacement } from './pg/placement.ts';
import { openPool, type Pool } from './pg/pool.ts';
import { createSession } from './pg/session.ts';
import { shares } from './pg/share.ts';
import { toServiceError } from './pg/sqlstate.ts';
import { createAccounts } from './service/accounts.ts';
import { createAdmin, type TenantAdmin } from './service/admin.ts';
import type { Caller } from './service/call.ts';
import { createDefiner } from './service/define.ts';
import { createEngine, type Engine, type EngineParts } from './service/engine.ts';
import { createExecutor, createKnown } from './service/execute.ts';
import { createExport } from './service/export.ts';
import { createImportFile } from './service/import-file.ts';
import { createLoad } from './service/load.ts';
import { type AsOwner, asOwner } from './service/owner.ts';
import { createPages } from './service/pages.ts';
import { createReadiness, type Readiness } from './service/readiness.ts';
import { createTenants, type NewLogin } from './service/tenants.ts';
import { createTokens, type Tokens } from './service/tokens.ts';
import { longest } from './service/transaction.ts';
import { createTurns, type TakeTurn } from './service/turns.ts';

/** Every use case over one database: for the server, and for the commands. */
export interface Services {
  readonly engine: Engine;
  readonly loader: Pick<EngineParts, 'load' | 'loadRows' | 'execute' | 'define'>;
  readonly admin: TenantAdmin;
  readonly tokens: Tokens;
  readonly takeTurn: TakeTurn;
  readonly ready: () => Promise<Readiness>;
  readonly createLogin: (login: NewLogin) => Promise<void>;
  readonly hasLogin: (user: string) => Promise<boolean>;
  readonly pools: { readonly data: Pool; readonly ddl: Pool };
  /** Takes up the changes of tables that ended processes left half-way. */
  readonly resume: () => Promise<void>;
  readonly end: () => Promise<void>;
}

/** Definitions, accounts and tenants: rare, and each may hold locks. */
const definingConnections = 4;

/** Opens the pools (no connection is made before it is needed) and puts the services together on them. */
export function openServices(
  config: Config,
  databaseUrl: string,
  meter: Meter = noMeter,
): Services {
  const { statementTimeout } = config;
  const data = openPool({
    connectionString: gatewayUrl(config.pooler ?? databaseUrl, config.jwtSecret),
    max: config.pool,
    statementTimeout,
    meter,
  });
  const ddl = openPool({
    connectionString: databaseUrl,
    max: definingConnections,
    statementTimeout,
    longest: longest.fill,
    applicationName: 'rowhouse definitions',
    name: 'ddl',
    meter,
  });
  const placement = singlePlacement({ data, ddl }, shares(data, config.pool, undefined, meter));
  const readCatalog = (tenant: string): Promise<Catalog> =>
    data
      .borrow((client) => loadCatalog(client, tenant))
      .catch((error: unknown) => {
        throw toServiceError(error);
      });
  const catalogs = createCatalogs(readCatalog, undefined, meter);
  const owner: AsOwner = (work) => asOwner(ddl, work);
  const tokens = createTokens(config);
  const { createTenant, dropTenant, createLogin } = createTenants(owner, catalogs.forget);
  const { define, operations } = createDefiner(placement, catalogs);
  const session = createSession({ meter });
  const loadRows = createLoad(placement, session);
  const loader = {
    load: catalogs.load,
    loadRows,
    execute: createExecutor({ placement, session, meter }),
    define,
  };
  return {
    loader,
    tokens,
    takeTurn: createTurns(data),
    createLogin,
    engine: createEngine({
      ...loader,
      meter,
      limits: { rows: config.maxRows },
      known: createKnown({ placement, session }),
      importFile: createImportFile(loadRows),
      exportRows: createExport(createPages(placement, session)),
      confirm: (catalog, caller) => confirmAt(data, catalog, caller),
      measure: (app, catalog, caller) => measureAt(data, app, catalog, caller),
      operations: (asked, catalog, caller) => operationsAt(data, asked, catalog, caller),
      ready: () => answers(data),
      account: createAccounts({ config, tokens, asOwner: owner, createTenant }),
    }),
    admin: createAdmin({ asOwner: owner, createTenant, dropTenant }),
    ready: createReadiness(owner),
    hasLogin: (user) =>
      owner(async (connection) => {
        const found = await rowsOf(connection, 'select from control.logins where rolname = $1', [
          user,
        ]);
        return found.length > 0;
      }),
    pools: { data, ddl },
    resume: operations.resume,
    end: async () => {
      await operations.stop();
      await Promise.all([data.end(), ddl.end()]);
    },
  };
}

async function answers(data: Pool): Promise<boolean> {
  try {
    await data.borrow((client) => client.query('select 1'));
    return true;
  } catch {
    return false;
  }
}

async function measureAt(
  data: Pool,
  app: string,
  catalog: Catalog,
  caller: Caller,
): Promise<AppMeasures> {
  const claims = JSON.stringify(claimsOf(caller.principal, caller.requestId));
  try {
    const [row] = await data.borrow((client) =>
      rowsOf<{ measures: AppMeasures }>(
        client,
        'select rowhouse.measure($1, $2, $3, $4) as measures',
        [catalog.tenant, catalog.version, claims, app],
      ),
    );
    return row?.measures ?? { full: false, tables: [], lastOperations: {} };
  } catch (error) {
    throw toServiceError(error);
  }
}

async function operationsAt(
  data: Pool,
  { relation, operation, most }: { relation: number; operation?: string; most: number },
  catalog: Catalog,
  caller: Caller,
): Promise<readonly SchemaOperation[]> {
  const claims = JSON.stringify(claimsOf(caller.principal, caller.requestId));
  try {
    const [row] = await data.borrow((client) =>
      rowsOf<{ operations: readonly SchemaOperation[] }>(
        client,
        'select rowhouse.operations($1, $2, $3, $4, $5, $6) as operations',
        [catalog.tenant, catalog.version, claims, relation, operation ?? null, most],
      ),
    );
    return row?.operations ?? [];
  } catch (error) {
    throw toServiceError(error);
  }
}

/** The check with which every statement enters, alone. */
async function confirmAt(data: Pool, catalog: Catalog, caller: Caller): Promise<void> {
  const claims = JSON.stringify(claimsOf(caller.principal, caller.requestId));
  try {
    await data.borrow((client) =>
      caller.right === undefined
        ? client.query('select rowhouse.admit($1, $2, $3)', [
            catalog.tenant,
            catalog.version,
            claims,
          ])
        : client.query('select rowhouse.require_right($1, $2, $3, $4, $5)', [
            catalog.tenant,
            catalog.version,
            claims,
            caller.right,
            caller.app ?? null,
          ]),
    );
  } catch (error) {
    throw toServiceError(error);
  }
}
