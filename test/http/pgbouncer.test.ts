/** Behind pgbouncer in transaction mode: the product whole, nothing left on its backends, and what a pooler takes away is told. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { doctor } from '../../control-plane/pg/doctor.ts';
import { gatewayUrl } from '../../control-plane/pg/gateway.ts';
import { install } from '../../control-plane/pg/install.ts';
import { openPool } from '../../control-plane/pg/pool.ts';
import { startAppOn, type TestApp } from '../support/app.ts';
import { runCli } from '../support/cli.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { monk } from '../support/monk.ts';
import { passThrough } from '../support/pass.ts';
import {
  isPgbouncer,
  launchPgbouncer,
  type Pgbouncer,
  startPgbouncer,
} from '../support/pgbouncer.ts';
import { gatewayPassword, principal, tokenFor } from '../support/principal.ts';
import { withClient } from '../support/sql.ts';

let database: TestDatabase;
/** As Debian installs it: refuses parameters at login that it doesn't know. */
let strict: Pgbouncer;
/** Lets them pass, and drops them. */
let lenient: Pgbouncer;
let url: string;
let app: TestApp;
const apps: TestApp[] = [];

/** The file's database, or another of its cluster, by way of a pooler. */
const through = ({ port }: Pick<Pgbouncer, 'port'>, name = database.name): string => {
  const other = new URL(database.url);
  other.port = String(port);
  other.pathname = `/${name}`;
  return other.href;
};

const start = async (on: string, settings: Readonly<Record<string, string>> = {}) => {
  const started = await startAppOn(on, database.secret, settings, database.slug);
  apps.push(started);
  return started;
};

beforeAll(async () => {
  database = await createDatabase();
  const { username, password } = new URL(database.url);
  const passers = [
    { user: username, password: decodeURIComponent(password) },
    { user: 'rowhouse_gateway', password: gatewayPassword(database.secret) },
  ];
  const { port } = inject('cluster');
  strict = await startPgbouncer(port, passers);
  const ignored = 'options, statement_timeout, lock_timeout, idle_in_transaction_session_timeout';
  lenient = await startPgbouncer(port, passers, {
    ignore_startup_parameters: ignored,
  });
  url = through(strict);
  const options = { gatewayPassword: gatewayPassword(database.secret), statementTimeout: 1_500 };
  await install(url, options);
  app = await start(url, { ROWHOUSE_POOL: '16' });
});

afterAll(async () => {
  for (const each of apps) await each.close();
  await strict?.stop();
  await lenient?.stop();
});

it('everything works, for several processes that share few backends', async () => {
  const others = [await start(url), await start(through(lenient))];
  await Promise.all([app, ...others].map((each, at) => passThrough(each, `whole${at}`)));
});

it('nothing of a session is left on the backends', async () => {
  for (const each of [url, gatewayUrl(url, database.secret)]) {
    for (let turn = 0; turn < 6; turn++) {
      const state = await withClient(each, async (client) => {
        const { rows } = await client.query(
          `select current_user = session_user as own, current_setting('search_path') as path,
               coalesce(current_setting('rowhouse.claims', true), '') as claims,
               (select count(*)::int from pg_locks where pid = pg_backend_pid() and locktype = 'advisory') as locks,
               array(select name from pg_prepared_statements where name <> 'rowhouse_probe') as names`,
        );
        return rows[0] as unknown;
      });
      expect(state).toEqual({
        own: true,
        path: '"$user", public',
        claims: '',
        locks: 0,
        names: [],
      });
    }
  }
});

it('requests have the limits and spellings that a direct connection asks for', async () => {
  await database.admin.query(
    `alter database "${database.name}" set timezone = 'Asia/Tokyo'; alter database "${database.name}" set datestyle = 'German'`,
  );
  await strict.reconnect();
  await lenient.reconnect();
  const kept = async (on: string): Promise<unknown> => {
    const connectionString = gatewayUrl(on, database.secret);
    const pool = openPool({ connectionString, max: 1, statementTimeout: 1_500 });
    const names =
      'TimeZone DateStyle IntervalStyle client_min_messages statement_timeout lock_timeout idle_in_transaction_session_timeout';
    try {
      return await pool.borrow(async (client) => {
        const settings = 'select name, setting from pg_settings where name = any($1) order by 1';
        return (await client.query(settings, [names.split(' ')])).rows;
      });
    } finally {
      await pool.end();
    }
  };
  const direct = await kept(database.url);
  expect(direct).toHaveLength(7);
  expect(await kept(through(strict))).toEqual(direct);
  expect(await kept(through(lenient))).toEqual(direct);
});

describe('a tenant', () => {
  let tenant: string;
  const boss = () => principal(tenant, 'boss', { access: 'root', sudo: true });
  const active = async () =>
    (
      await database.admin.query(
        `select from pg_stat_activity where datname = $1 and state = 'active' and wait_event = 'PgSleep'`,
        [database.name],
      )
    ).rows.length;
  const until = async (done: () => Promise<boolean>): Promise<void> => {
    for (let turn = 0; !(await done()); turn++) {
      if (turn === 400) throw new Error('it does not come to that');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };

  const lastChange = async (): Promise<unknown> =>
    (
      await database.admin.query(
        `select o.status, coalesce(jsonb_array_length(o.phases), 0) > 0 as phased
           from control.operations as o join control.tenants as t on t.id = o.tenant_id
           where t.slug = $1 order by o.id desc limit 1`,
        [tenant],
      )
    ).rows[0];

  beforeAll(async () => {
    tenant = await app.createTenant('slow');
    await monk(app, boss()).define('slow', {
      status: 'active',
      columns: [{ column_name: 'n', type: 'integer' }],
    });
    await database.admin.query(
      `create function "t_${tenant}".wait() returns trigger language plpgsql as
           $$ begin if new.n < 0 then perform pg_sleep(60); end if; return new; end $$;
         revoke all on function "t_${tenant}".wait() from public;
         create trigger wait before insert on "t_${tenant}".slow for each row execute function "t_${tenant}".wait()`,
    );
  });

  it('its statement ends at the limit', async () => {
    const late = await app.request('POST', '/api/data/slow', { as: boss(), body: { n: -1 } });
    expect(late.status, late.text).toBe(504);
    expect(await active()).toBe(0);
  });

  it('its statement ends with its caller', async () => {
    const patient = await start(url);
    await database.admin.query(
      `alter role rowhouse_gateway in database "${database.name}" set statement_timeout = '60s'`,
    );
    await strict.reconnect();
    const caller = new AbortController();
    const headers = {
      authorization: `Bearer ${await tokenFor(boss(), database.secret)}`,
      'content-type': 'application/json',
    };
    const asked = fetch(`${patient.url}/api/data/slow`, {
      method: 'POST',
      headers,
      body: '{"n":-1}',
      signal: caller.signal,
    });
    await until(async () => (await active()) === 1);
    caller.abort();
    await expect(asked).rejects.toThrow();
    await until(async () => (await active()) === 0);
  });

  it('its large tables are changed at once, where definitions go through the pooler', async () => {
    const rows = `insert into "t_${tenant}".slow (n, _acl) select n, 0 from generate_series(1, 10500) as n`;
    await database.admin.query(`set rowhouse.maintenance = on; ${rows}`);
    const made = await monk(app, boss()).send('PUT', '/api/describe/slow/n', { type: 'decimal' });
    expect(made.status, made.text).toBe(200);
    expect(await lastChange()).toEqual({ status: 'done', phased: false });
  });

  it('and in phases where those reach Postgres itself', async () => {
    const split = await start(database.url, { ROWHOUSE_POOLER: url });
    const made = await monk(split, boss()).send('PUT', '/api/describe/slow/n', {
      required: true,
    });
    expect(made.status, made.text).toBe(200);
    expect(await lastChange()).toEqual({ status: 'done', phased: true });
    await passThrough(split, 'split');
  });
});

it('allowances are counted as one', async () => {
  const settings = { ROWHOUSE_RATE_LIMIT: '5/60' };
  const counting = [await start(url, settings), await start(through(lenient), settings)];
  const tenant = await app.createTenant('turns');
  const as = principal(tenant, 'crowd', { access: 'root' });
  const replies = await Promise.all(
    Array.from({ length: 20 }, (_, at) =>
      counting[at % 2]?.request('GET', '/api/describe', { as }),
    ),
  );
  expect(replies.filter((reply) => reply?.status === 200)).toHaveLength(5);
  expect(replies.filter((reply) => reply?.status === 429)).toHaveLength(15);
});

it('an empty database is installed through it', async () => {
  const name = database.slug('fresh');
  await database.admin.query(`create database "${name}"`);
  const options = { gatewayPassword: gatewayPassword(database.secret) };
  const fresh = through(strict, name);
  try {
    const reports = await Promise.all([install(fresh, options), install(fresh, options)]);
    expect(reports.filter(({ migrations }) => migrations.length > 0)).toHaveLength(1);
    const left = (await doctor(fresh)).filter(({ ok }) => !ok);
    expect(left.map((finding) => finding.name)).toEqual(['definitions']);
  } finally {
    await database.admin.query(`drop database "${name}" with (force)`);
  }
});

describe('as operations.md says', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8');
  const block = (language: string): string =>
    new RegExp(`## pgbouncer[\\s\\S]*?\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(page)?.[1] ??
    '';

  /** A text with what is this machine's own in place of the page's words. */
  const instead = (text: string, pairs: readonly (readonly [string, string])[]): string =>
    pairs.reduce((rest, [of, by]) => {
      expect(rest).toContain(of);
      return rest.replaceAll(of, by);
    }, text);

  /** Starts pgbouncer from the page's block for `user`, who passes with the others. */
  const asSaid = (user: string, lines: (ini: string) => string) =>
    launchPgbouncer([{ user, password: 'another secret' }], (listen, users) =>
      lines(
        instead(block('ini'), [
          ['rowhouse = ', `${database.name} = `],
          ['db.example port=5432 dbname=rowhouse', `127.0.0.1 port=${inject('cluster').port}`],
          ['listen_addr = *', 'listen_addr = 127.0.0.1\nunix_socket_dir ='],
          ['listen_port = 6432', `listen_port = ${listen}`],
          ['/etc/pgbouncer/userlist.txt', users],
          ['auth_user = pgbouncer', `auth_user = ${user}`],
        ]),
      ),
    );
  const withoutLast = (ini: string): string => ini.replace(/.*\n$/, '');

  it('logins are found, requests pass, and who has another password doesn’t', async () => {
    const finder = database.slug('finder');
    await database.admin.query(instead(block('sql'), [['pgbouncer', finder]]));
    const pooler = await asSaid(finder, isPgbouncer(21) ? (ini) => ini : withoutLast);
    try {
      const split = await start(database.url, { ROWHOUSE_POOLER: through(pooler) });
      await passThrough(split, 'said');
      const refused = gatewayUrl(through(pooler), 'x'.repeat(32));
      await expect(withClient(refused, async () => undefined)).rejects.toThrow();
      const found = await doctor(database.url, gatewayUrl(through(pooler), database.secret));
      const slow = isPgbouncer(21) ? [] : ['requests'];
      expect(found.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(slow);
    } finally {
      await pooler.stop();
    }
  });

  // A newer one knows it.
  if (!isPgbouncer(21)) {
    it('an older pgbouncer does not start with the last line', async () => {
      await expect(asSaid('nobody', (ini) => ini)).rejects.toThrow(/unknown parameter/);
    });
  }

  it('the password of rowhouse_gateway can be told', () => {
    const [, command = 'false'] = /`(printf rowhouse_gateway .*?)`/.exec(page) ?? [];
    const env = { ...process.env, ROWHOUSE_JWT_SECRET: database.secret };
    const { stdout } = spawnSync('bash', ['-c', command], { env, encoding: 'utf8' });
    expect(stdout.trim().split(' ').at(-1)).toBe(gatewayPassword(database.secret));
  });
});

it('doctor tells what is slower, and what can’t be', async () => {
  const secret = { ROWHOUSE_JWT_SECRET: database.secret };
  const { code, stdout } = await runCli(['doctor'], { DATABASE_URL: url, ...secret });
  expect(stdout).toMatch(/warn +Large tables are changed at once.*ROWHOUSE_POOLER/);
  expect(stdout).toMatch(/warn +Every statement is planned anew.*max_prepared_statements/);
  expect(code, stdout).toBe(0);
  const split = await doctor(database.url, gatewayUrl(url, database.secret));
  expect(split.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(['requests']);
  // A pooler that doesn't know the server's role, and one that logs in as somebody else.
  for (const [gateway, message] of [
    [gatewayUrl(url, 'x'.repeat(32)), 'can’t log in as rowhouse_gateway'],
    [url, 'Requests arrive as postgres'],
  ] as const) {
    const found = (await doctor(url, gateway)).find(({ name }) => name === 'requests');
    expect(found).toMatchObject({ level: 'error', message: expect.stringContaining(message) });
  }
});
