import { ServiceError } from '../base/errors.ts';
import { type Catalog, findTable } from '../model/catalog.ts';
import type { Endpoint } from '../model/table.ts';
import { logicalName } from '../model/table-schema.ts';
import type { Statement } from '../statement/statement.ts';
import { planAggregate } from './aggregate.ts';
import { planCheck } from './check.ts';
import { planDecide } from './decide.ts';
import { planDelete, planRestore } from './delete.ts';
import { planHistory } from './history.ts';
import { planInsert } from './insert.ts';
import { planLink } from './link.ts';
import { planLocate } from './locate.ts';
import { packed } from './pack.ts';
import { planPath } from './path.ts';
import type { Planned, Sight } from './planned.ts';
import { planRead } from './read.ts';
import { planRequire } from './require.ts';
import { planShare } from './share.ts';
import { spelled } from './spell.ts';
import { planTraverse } from './traverse.ts';
import { planUpdate } from './update.ts';
import { planUpsert } from './upsert.ts';

/**
 * Statement + catalog → SQL. Pure.
 * @throws ServiceError when a name, operand or feature of the statement has no meaning in the catalog
 */
export function plan(statement: Statement, catalog: Catalog, sight?: Sight): Planned {
  checkEndpoint(statement, catalog);
  switch (statement.kind) {
    case 'read':
      return planRead(statement, catalog, sight);
    case 'insert':
      return planInsert(packed(spelled(statement, catalog), catalog), catalog);
    case 'upsert':
      return planUpsert(packed(spelled(statement, catalog), catalog), catalog);
    case 'decide':
      return planDecide(statement, catalog);
    case 'locate':
      return planLocate(statement, catalog);
    case 'update':
      return planUpdate(packed(spelled(statement, catalog), catalog), catalog);
    case 'delete':
      return planDelete(statement, catalog);
    case 'restore':
      return planRestore(statement, catalog);
    case 'share':
      return planShare(statement, catalog);
    case 'aggregate':
      return planAggregate(statement, catalog);
    case 'history':
      return planHistory(statement, catalog);
    case 'link':
    case 'unlink':
      return planLink(statement, catalog);
    case 'traverse':
      return planTraverse(statement, catalog);
    case 'path':
      return planPath(statement, catalog);
    case 'check':
      return planCheck(statement, catalog);
    case 'require':
      return planRequire(statement, catalog);
    default: {
      const never: never = statement;
      return never;
    }
  }
}

/** Refuses what a table does not offer to REST clients. SQL logins don't come by here. */
function checkEndpoint(statement: Statement, catalog: Catalog): void {
  const endpoint = endpointOf(statement);
  if (endpoint === undefined || !('table' in statement)) return;
  const table = findTable(catalog, statement.table);
  if (!table?.endpoints || table.endpoints.includes(endpoint)) return;
  throw new ServiceError('endpoint_disabled', undefined, {
    table: logicalName(table),
    reason: endpoint,
  });
}

function endpointOf(statement: Statement): Endpoint | undefined {
  switch (statement.kind) {
    case 'read':
      return statement.require?.key === undefined ? 'list' : 'read';
    case 'aggregate':
      return 'list';
    case 'traverse':
      return statement.roots.by === 'key' ? 'read' : 'list';
    case 'path':
      return 'read';
    case 'insert':
      return 'create';
    case 'update':
      return 'update';
    case 'delete':
      return 'delete';
    default:
      return undefined;
  }
}
