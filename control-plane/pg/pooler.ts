import type pg from 'pg';

/** What a new connection turned out to be. */
interface Way {
  /** Another's backends answer: a pooler lends us one for each transaction, and what a session keeps is lost. */
  readonly pooled: boolean;
  /** Statements prepared by name are there again in the next transaction. */
  readonly names: boolean;
}

const ways = new WeakMap<object, Way>();

/** Whether a pooler stands between us and Postgres: nothing may outlive a transaction. */
export function isPooled(client: object): boolean {
  return ways.get(client)?.pooled ?? false;
}

/** Whether statements may be prepared by name on this connection. */
export function keepsNames(client: object): boolean {
  return ways.get(client)?.names ?? true;
}

const probe = 'rowhouse_probe';

/**
 * Finds out what a new connection leads to. A pooler gives out process numbers of its own, so one that isn't the backend's tells of it.
 * One that carries prepared statements (pgbouncer from 1.21 with `max_prepared_statements`) gives them names of its own on its
 * backends; where ours arrives as it was sent, the next transaction may meet a backend that has never heard of it.
 */
export async function findWay(client: Pick<pg.ClientBase, 'query'>): Promise<void> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  const { processID } = client as unknown as { processID: number };
  const pooled = rows[0]?.pid !== processID;
  ways.set(client, { pooled, names: !pooled || (await carriesNames(client)) });
}

async function carriesNames(client: Pick<pg.ClientBase, 'query'>): Promise<boolean> {
  try {
    const { rows } = await client.query<{ ours: boolean }>({
      name: probe,
      text: `select exists (select from pg_catalog.pg_prepared_statements where name = '${probe}') as ours`,
    });
    return rows[0]?.ours === false;
  } catch (error) {
    // Prepared on this backend by a connection before: duplicate_prepared_statement.
    if (error instanceof Error && 'code' in error && error.code === '42P05') return false;
    throw error;
  }
}

/** Parameters at login that poolers refuse unless told to let them pass. */
const startParameters = [
  'options',
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
] as const;

/** Whether connections with these options ask for such parameters. */
export function asksParameters(options: pg.PoolOptions): boolean {
  return startParameters.some((name) => options[name] !== undefined);
}

/**
 * Connections to come ask for none. Their values are also settings of rowhouse_gateway in the database, and of every transaction that
 * defines.
 */
export function askNoParameters(options: pg.PoolOptions): void {
  for (const name of startParameters) delete options[name];
}

/** Whether a login was refused because of them. */
export function refusesParameters(error: unknown): boolean {
  return error instanceof Error && /unsupported startup parameter/.test(error.message);
}
