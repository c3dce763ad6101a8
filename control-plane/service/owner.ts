import { ServiceError } from '../base/errors.ts';
import type { Connection } from '../catalog/connection.ts';
import type { Pool } from '../pg/pool.ts';
import { localSettings } from '../pg/settings.ts';
import { toServiceError } from '../pg/sqlstate.ts';

/** {@link asOwner} with its pool settled. */
export type AsOwner = <T>(work: (connection: Connection) => Promise<T>) => Promise<T>;

/**
 * Runs `work` as rowhouse_owner in one transaction on a defining connection: the way to the control schema, which nobody else may
 * read. The role ends with the transaction.
 * @throws ServiceError
 */
export async function asOwner<T>(
  ddl: Pick<Pool, 'borrow'>,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  try {
    return await ddl.borrow(async (client, lease) => {
      try {
        await client.query(`begin; set local role rowhouse_owner; ${localSettings}`);
        const result = await work(client);
        await client.query('commit');
        return result;
      } catch (error) {
        // A connection that can't even roll back is of no further use.
        await client.query('rollback').catch(() => lease.discard());
        throw error;
      }
    });
  } catch (error) {
    throw error instanceof ServiceError ? error : toServiceError(error);
  }
}
