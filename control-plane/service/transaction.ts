import type { Connection } from '../catalog/connection.ts';
import { localSettings } from '../pg/settings.ts';

/** A transaction as the owner of everything; lock_timeout so that a definition waiting behind a long read does not stop all others. */
export async function inTransaction<T>(
  client: Connection,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  await client.query('begin');
  try {
    await client.query(
      `set local role rowhouse_owner; set local lock_timeout = '2s'; ${localSettings}`,
    );
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

/** Milliseconds that statements of definitions may take: what holds a lock that stops others, what fills a view, what stops nobody. */
export const longest = { brief: 30_000, fill: 60_000, patient: 3_600_000 } as const;

/** For statements that stop others. */
export const briefly = `set local statement_timeout = ${longest.brief}`;

/** Filling a materialized view may take longer than a request otherwise does. */
export const filling = `set local statement_timeout = ${longest.fill}`;

/** What stops nobody may take its time and wait for those who came before. */
export const patiently = `set local statement_timeout = ${longest.patient}; set local lock_timeout = '30s'`;

/** Statements that can't be in a transaction, one by one, as the owner. */
export async function outsideTransaction(
  client: Connection,
  statements: readonly string[],
): Promise<void> {
  await client.query(
    `set role rowhouse_owner; set statement_timeout = ${longest.patient}; set lock_timeout = '30s'`,
  );
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.query('reset role; reset statement_timeout; reset lock_timeout');
  }
}
