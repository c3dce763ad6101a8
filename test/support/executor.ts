import { loadCatalog } from '../../control-plane/catalog/load.ts';
import type { Principal } from '../../control-plane/model/principal.ts';
import { singlePlacement } from '../../control-plane/pg/placement.ts';
import { openPool } from '../../control-plane/pg/pool.ts';
import { createSession } from '../../control-plane/pg/session.ts';
import { createExecutor } from '../../control-plane/service/execute.ts';
import type { Result, Statement } from '../../control-plane/statement/statement.ts';
import type { TestDatabase } from './database.ts';
import { gatewayPassword } from './principal.ts';

export type Run = (who: Principal, statement: Statement) => Promise<Result>;

/** Statements run as the server runs them, on a tenant as it is now. */
export async function executorOf(database: TestDatabase, tenant: string): Promise<Run> {
  const pool = openPool({
    connectionString: database.urlAs('rowhouse_gateway', gatewayPassword(database.secret)),
    max: 2,
    statementTimeout: 30_000,
  });
  database.onClose(() => pool.end());
  const catalog = await loadCatalog(database.admin, tenant);
  const execute = createExecutor({
    placement: singlePlacement({ data: pool, ddl: pool }),
    session: createSession(),
  });
  return async (principal, statement) => {
    const signal = new AbortController().signal;
    const [result] = await execute([statement], catalog, { principal, requestId: 'test', signal });
    if (!result) throw new Error('no result');
    return result;
  };
}
