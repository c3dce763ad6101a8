import pg from 'pg';
import { claimsOf, type Principal } from '../../control-plane/model/principal.ts';
import type { TestDatabase } from './database.ts';
import { gatewayPassword } from './principal.ts';

/** What came of a statement: rows, or the SQLSTATE and message of its refusal. */
export type Outcome =
  | { readonly ok: true; readonly rows: readonly Record<string, unknown>[]; readonly count: number }
  | {
      readonly ok: false;
      readonly code: string;
      readonly message: string;
      readonly detail: string | undefined;
      readonly hint: string | undefined;
      readonly constraint: string | undefined;
      /** CONTEXT in psql. */
      readonly where: string | undefined;
    };

/** Runs a statement and never throws for a refusal: a test names what it expects. */
export async function attempt(
  client: Pick<pg.Client, 'query'>,
  text: string,
  values: readonly unknown[] = [],
): Promise<Outcome> {
  try {
    const result = await client.query<Record<string, unknown>>(text, [...values]);
    return { ok: true, rows: result.rows, count: result.rowCount ?? 0 };
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    return {
      ok: false,
      code: error.code ?? '',
      message: error.message,
      detail: error.detail,
      hint: error.hint,
      constraint: error.constraint,
      where: error.where,
    };
  }
}

/** SQLSTATE of a refusal, or `done`. */
export async function codeOf(
  client: Pick<pg.Client, 'query'>,
  text: string,
  values: readonly unknown[] = [],
): Promise<string> {
  const result = await attempt(client, text, values);
  return result.ok ? 'done' : result.code;
}

/** A client of a role for the length of `work`. */
export async function withClient<T>(
  url: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** A connection of the server's own role, before it has taken any tenant's. */
export async function asBareGateway<T>(
  database: TestDatabase,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const url = database.urlAs('rowhouse_gateway', gatewayPassword(database.secret));
  return withClient(url, work);
}

export interface GatewayOptions {
  readonly show?: 'live' | 'trashed' | 'deleted';
  readonly intent?: 'edit' | 'delete' | 'share';
  /** Keep what was done; by default everything is rolled back. */
  readonly commit?: boolean;
}

/** Runs SQL as the tenant's role with a principal's claims, exactly as the server enters a transaction, and rolls back. */
export async function asGateway<T>(
  database: TestDatabase,
  person: Principal,
  work: (client: pg.Client) => Promise<T>,
  options: GatewayOptions = {},
): Promise<T> {
  return asBareGateway(database, async (client) => {
    await client.query('begin');
    await enter(client, database, person, options);
    const result = await work(client);
    await client.query(options.commit === true ? 'commit' : 'rollback');
    return result;
  });
}

async function enter(
  client: pg.Client,
  database: TestDatabase,
  person: Principal,
  options: GatewayOptions,
): Promise<void> {
  const found = await database.admin.query<{ version: string }>(
    'select version::text from control.tenants where slug = $1',
    [person.tenant],
  );
  await client.query('select rowhouse.enter($1, $2, $3, $4, $5)', [
    person.tenant,
    found.rows[0]?.version ?? '0',
    JSON.stringify(claimsOf(person, 'test-request')),
    options.show ?? 'live',
    options.intent ?? 'edit',
  ]);
}

/** Runs SQL in a transaction that is rolled back. */
export async function rolledBack<T>(client: pg.Client, work: () => Promise<T>): Promise<T> {
  await client.query('begin');
  try {
    return await work();
  } finally {
    await client.query('rollback');
  }
}
