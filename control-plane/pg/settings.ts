import type pg from 'pg';
import format from 'pg-format';

/** After this long without any statement a transaction of ours is dead: its process has lost it. */
export const idleInTransaction = 30_000;

/**
 * Who waits for another's lock holds a connection. It gives up sooner than those do who wait for a connection (5 s), so that a table
 * locked in one tenant doesn't close the others.
 */
export const lockTimeout = 3_000;

/** The text of times and numbers must not depend on what a database or role has set. */
const texts: Readonly<Record<string, string>> = {
  TimeZone: 'UTC',
  DateStyle: 'ISO',
  IntervalStyle: 'postgres',
  client_min_messages: 'warning',
};

/** {@link texts} as a parameter at login. */
export const startOptions = Object.entries(texts)
  .map(([name, value]) => `-c ${name}=${value}`)
  .join(' ');

/** {@link texts} for one transaction, where a pooler has let no parameter through. */
export const localSettings = Object.entries(texts)
  .map(([name, value]) => `set local ${name} = '${value}'`)
  .join('; ');

/**
 * Gives rowhouse_gateway as settings in this database what its connections otherwise ask for at login: a pooler in transaction mode
 * drops those. Changes what differs only, for each change touches a shared catalog row.
 */
export async function keepSettings(
  client: pg.ClientBase,
  statementTimeout: number | undefined,
): Promise<void> {
  const wanted = [
    ...Object.entries(texts),
    ['lock_timeout', String(lockTimeout)],
    ['idle_in_transaction_session_timeout', String(idleInTransaction)],
    ...(statementTimeout === undefined ? [] : [['statement_timeout', String(statementTimeout)]]),
  ];
  const { rows } = await client.query<{ setting: string }>(
    `select unnest(s.setconfig) as setting from pg_db_role_setting as s
     where s.setrole = 'rowhouse_gateway'::regrole
       and s.setdatabase = (select oid from pg_database where datname = current_database())`,
  );
  const kept = new Set(rows.map(({ setting }) => setting));
  const {
    rows: [here],
  } = await client.query<{ name: string }>('select current_database() as name');
  for (const [name, value] of wanted) {
    if (kept.has(`${name}=${value}`)) continue;
    await client.query(
      format('alter role rowhouse_gateway in database %I set %I = %L', here?.name, name, value),
    );
  }
}
