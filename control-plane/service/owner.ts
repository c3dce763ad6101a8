import { ServiceError } from '../base/errors.ts';
import type { Pool } from '../pg/pool.ts';
import { toServiceError } from '../pg/sqlstate.ts';

export type OwnerRow = Readonly<Record<string, unknown>>;

/** One statement in an owner's transaction; `$n` as everywhere. */
export type OwnerQuery = (text: string, values?: readonly unknown[]) => Promise<OwnerRow[]>;

/**
 * Runs `work` as rowhouse_owner in one transaction on a defining connection: the way to the control schema, which nobody else may
 * read. The role ends with the transaction.
 * @throws ServiceError
 */
export async function asOwner<T>(
  ddl: Pick<Pool, 'borrow'>,
  work: (query: OwnerQuery) => Promise<T>,
): Promise<T> {
  try {
    return await ddl.borrow(async (client, lease) => {
      const query: OwnerQuery = async (text, values = []) => {
        const result = await client.query<Record<string, unknown>>(text, [...values]);
        return result.rows;
      };
      try {
        await client.query('begin; set local role rowhouse_owner');
        const result = await work(query);
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
