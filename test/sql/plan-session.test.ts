import { beforeAll, describe, expect, it } from 'vitest';
import type { Query } from '../../control-plane/base/sql.ts';
import { claimsOf } from '../../control-plane/model/principal.ts';
import { gatewayUrl } from '../../control-plane/pg/gateway.ts';
import { openPool, type Pool } from '../../control-plane/pg/pool.ts';
import { createSession, type Entry } from '../../control-plane/pg/session.ts';
import { toServiceError } from '../../control-plane/pg/sqlstate.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { principal } from '../support/principal.ts';
import { openHarness } from './plan-harness.ts';

let database: TestDatabase;
let pool: Pool;
let entry: Entry;

beforeAll(async () => {
  database = await createDatabase();
  const { tenant, catalog } = await openHarness(database, 'session');
  pool = open({});
  entry = {
    tenant,
    version: catalog.version,
    claims: JSON.stringify(claimsOf(principal(tenant, 'ann'), 'test')),
    show: 'live',
    intent: 'edit',
  };
});

function open(rest: Partial<Parameters<typeof openPool>[0]>): Pool {
  const made = openPool({
    connectionString: gatewayUrl(database.url, database.secret),
    max: 1,
    statementTimeout: 2_000,
    ...rest,
  });
  database.onClose(() => made.end());
  return made;
}

const query = (text: string, ...values: unknown[]): Query => ({ text, values });
const kindOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => toServiceError(error).kind,
  );

describe.each([0, 16, 200])('with %i prepared statements', (prepared) => {
  const session = createSession({ prepared });
  const run = (...queries: readonly Query[]) => session.run(pool, entry, queries);

  it('answers, takes the role for the statement only, and goes on after errors at every stage', async () => {
    const role = query('select current_user::text, session_user::text');
    for (let round = 0; round < 3; round++) {
      expect(await run(role)).toEqual([[`t_${entry.tenant}`, 'rowhouse_gateway']]);
      await expect(run(query('selekt 1'))).rejects.toMatchObject({ code: '42601' });
      await expect(run(query('select $1::int', 'x'))).rejects.toMatchObject({ code: '22P02' });
      await expect(run(query('select 1 / $1::int', 0))).rejects.toMatchObject({ code: '22012' });
      const stale = session.run(pool, { ...entry, version: 0 }, [role]);
      await expect(stale).rejects.toMatchObject({ code: 'RH603' });
      for (let at = 0; at < 5; at++) {
        expect(await run(query(`select ${at} + $1::int, null`, round))).toEqual([
          [String(at + round), null],
        ]);
      }
      const outside = await pool.borrow(
        async (client) =>
          (
            await client.query('select current_user::text as u, current_setting($1, true) as c', [
              'rowhouse.claims',
            ])
          ).rows[0],
      );
      expect(outside).toMatchObject({ u: 'rowhouse_gateway' });
      expect(outside.c ?? '').toBe('');
    }
  });

  it('keeps no more names on the server than agreed', async () => {
    for (let at = 0; at < 40; at++) await run(query(`select ${at}`));
    const [row] = await run(query('select count(*) from pg_prepared_statements'));
    expect(Number(row?.[0])).toBeLessThanOrEqual(prepared);
  });
});

it('keeps no text prepared that is sent unnamed, and none gives way to it', async () => {
  const session = createSession({ prepared: 16 });
  const fresh = open({});
  const run = (asked: Query) => session.run(fresh, entry, [asked]);
  const names = query(
    'select array_agg(statement order by name)::text from pg_prepared_statements',
  );
  for (let at = 0; at < 8; at++) await run(query(`select ${at}`));
  await run(names);
  const before = await run(names);
  for (let at = 0; at < 40; at++) {
    const once: Query = { text: `select 'once', ${at}`, values: [], unnamed: true };
    expect(await run(once)).toEqual([['once', String(at)]]);
  }
  expect(await run(names)).toEqual(before);
  expect(before[0]?.[0]).toContain('select 7');
});

describe('transactions', () => {
  const session = createSession();

  it('hold together, and an error is not committed away', async () => {
    const id = query('select pg_current_xact_id()::text');
    const [one, two] = await session.transaction(pool, async (run) => [
      await run(entry, id),
      await run(entry, id),
    ]);
    expect(one).toEqual(two);
    const swallowed = session.transaction(pool, async (run) => {
      await run(entry, query('select 1 / 0')).catch(() => undefined);
    });
    await expect(swallowed).rejects.toMatchObject({ code: '22012' });
    expect(await session.run(pool, entry, [query('select 1')])).toEqual([['1']]);
  });
});

describe('limits', () => {
  const session = createSession();
  const sleep = query('select pg_sleep(30)::text');

  it('end a statement that takes too long', async () => {
    expect(await kindOf(session.run(pool, entry, [sleep]))).toBe('statement_timeout');
  });

  it('end a statement whose caller has gone, at once', async () => {
    const slow = open({ statementTimeout: 20_000 });
    const began = Date.now();
    const gone = AbortSignal.timeout(200);
    expect(await kindOf(session.run(slow, entry, [sleep], { signal: gone }))).toBe(
      'statement_timeout',
    );
    expect(Date.now() - began).toBeLessThan(3_000);
    expect(await session.run(slow, entry, [query('select 1')])).toEqual([['1']]);
    expect(await kindOf(session.run(slow, entry, [sleep], { signal: AbortSignal.abort() }))).toBe(
      'statement_timeout',
    );
  });

  it('say busy when no connection comes free, unavailable when there is no server', async () => {
    const one = open({ connectTimeout: 300, statementTimeout: 5_000 });
    const held = session.run(one, entry, [query('select pg_sleep(1.5)::text')]);
    expect(await kindOf(session.run(one, entry, [query('select 1')]))).toBe('server_busy');
    await held;
    const nowhere = openPool({
      connectionString: 'postgres://x@127.0.0.1:1/x',
      max: 1,
      statementTimeout: 100,
    });
    expect(await kindOf(session.run(nowhere, entry, [query('select 1')]))).toBe(
      'database_unavailable',
    );
    await nowhere.end();
  });

  it('survive a connection cut in the middle', async () => {
    const cut = kindOf(
      session.run(pool, entry, [query('select pg_backend_pid()::text, pg_sleep(1)::text')]),
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    await database.admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'rowhouse_gateway' and datname = current_database() and state = 'active'`,
    );
    expect(await cut).toBe('database_unavailable');
    expect(await session.run(pool, entry, [query('select 1')])).toEqual([['1']]);
  });
});

it('a cancel that comes too late ends nobody else', async () => {
  const session = createSession();
  const others: string[] = [];
  for (let round = 0; round < 40; round++) {
    const hangUp = new AbortController();
    const asked = session.run(pool, entry, [query('select pg_sleep(0.005)')], {
      signal: hangUp.signal,
    });
    setTimeout(() => hangUp.abort(), 4 + (round % 4));
    await asked.catch(() => undefined);
    // The only connection of the pool: the next borrower has the one that was just given back.
    others.push(await kindOf(session.run(pool, entry, [query('select pg_sleep(0.02)')])));
  }
  expect(others.filter((kind) => kind !== 'done')).toEqual([]);
});

describe('what a request leaves on its connection', () => {
  const session = createSession();
  const stay = (): Promise<unknown> =>
    pool.borrow(async (client) => {
      const { rows } = await client.query(
        `select current_user::text as who, pg_backend_pid() as pid, to_regclass('pg_temp.left_over')::text as made,
           nullif(current_setting('rowhouse.claims', true), '') as claims, nullif(current_setting('rowhouse.intent', true), '') as intent,
           current_setting('search_path') as path, now() = statement_timestamp() as fresh,
           (select count(*)::int from pg_locks where pid = pg_backend_pid() and locktype = 'advisory') as locks,
           (select count(*)::int from pg_cursors where is_holdable) as cursors`,
      );
      return rows[0];
    });

  it.each([
    ['that went well', (): Promise<void> => Promise.resolve()],
    ['that threw', (): Promise<void> => Promise.reject(new Error('thrown'))],
  ] as const)('is nothing, of one %s', async (_, end) => {
    const clean = { who: 'rowhouse_gateway', made: null, claims: null, intent: null, locks: 0 };
    await session
      .transaction(pool, async (run) => {
        await run(entry, query('select 1'), query("set local search_path = 'nowhere'"));
        await end();
      })
      .catch(() => undefined);
    expect(await stay()).toMatchObject({
      ...clean,
      cursors: 0,
      fresh: true,
      path: '"$user", public',
    });
  });

  it.each([
    ['fails in the middle', query('select 1 / 0'), undefined],
    ['is hung up on', query('select pg_sleep(30)::text'), 150],
    ['takes too long', query('select pg_sleep(30)::text'), undefined],
  ] as const)('is nothing, of one with a table of its own that %s', async (_, text, ms) => {
    const signal = ms === undefined ? {} : { signal: AbortSignal.timeout(ms) };
    const made = session.transaction(
      pool,
      async (run, _attempt, asGateway) => {
        await asGateway((client) =>
          client.query('create temporary table left_over (a integer) on commit drop'),
        );
        return run(entry, text);
      },
      signal,
    );
    expect(await kindOf(made)).not.toBe('done');
    expect(await stay()).toMatchObject({
      who: 'rowhouse_gateway',
      made: null,
      claims: null,
      intent: null,
      locks: 0,
    });
  });
});
