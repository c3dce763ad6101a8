import pg from 'pg';
import { functionsHash } from '../compile/tenant-functions.ts';
import { type Rule, rules } from './doctor-rules.ts';
import { unmarked } from './leakproof.ts';
import { isParallel } from './parallel.ts';
import { findWay, isPooled, keepsNames } from './pooler.ts';
import { migrationNames, moduleFiles } from './sql-files.ts';

/** One thing looked at. `warn`: it works, but slower or with one line of defence less. */
export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly level: 'ok' | 'warn' | 'error';
  readonly message: string;
}

/**
 * Checks a database and says what is wrong. Needs the connecting role that installs: control is read as rowhouse_owner.
 * @param target connection string, or a client in a transaction
 * @param gateway connection string of the server's own role
 */
export async function doctor(
  target: string | pg.ClientBase,
  gateway?: string,
): Promise<readonly Finding[]> {
  if (typeof target !== 'string') return examine(target);
  const client = new pg.Client({ connectionString: target });
  await client.connect();
  try {
    await findWay(client);
    // A pooler lends one backend for the length of a transaction.
    await client.query('begin');
    const findings = await examine(client);
    await client.query('commit');
    findings.push(definitionsWay(client));
    if (gateway !== undefined) findings.push(await requestsWay(gateway));
    return findings;
  } finally {
    await client.end();
  }
}

async function examine(client: pg.ClientBase): Promise<Finding[]> {
  const findings: Finding[] = [await serverVersion(client)];
  const { rows } = await client.query<{ installed: boolean }>(
    `select to_regclass('control.modules') is not null and to_regrole('rowhouse_owner') is not null as installed`,
  );
  if (rows[0]?.installed !== true) {
    const message = 'Rowhouse is not installed in this database: run rowhouse migrate';
    return [...findings, { name: 'installed', ok: false, level: 'error', message }];
  }
  await client.query('set local role rowhouse_owner');
  findings.push(await migrations(client), await modules(client), await generated(client));
  for (const rule of rules) findings.push(await check(client, rule));
  findings.push(await leakproof(client), await parallel(client));
  await client.query('set local role none');
  return findings;
}

function definitionsWay(client: pg.ClientBase): Finding {
  const good = 'definitions reach Postgres itself';
  const bad =
    'Large tables are changed at once, locked meanwhile, instead of in phases: DATABASE_URL leads through';
  const found = finding('definitions', good, bad, isPooled(client) ? [pooler] : []);
  return mild(found);
}

const pooler = 'a pooler. Name Postgres itself there, and the pooler in ROWHOUSE_POOLER';

/** How the server's own connections arrive. */
async function requestsWay(gateway: string): Promise<Finding> {
  const client = new pg.Client({ connectionString: gateway });
  client.on('error', () => undefined);
  const refuse = (message: string): Finding => ({
    name: 'requests',
    ok: false,
    level: 'error',
    message,
  });
  try {
    await client.connect();
    await findWay(client);
    const { rows } = await client.query<{ who: string }>('select session_user as who');
    const who = rows[0]?.who;
    if (who !== 'rowhouse_gateway') {
      return refuse(
        `Requests arrive as ${who}, who is believed no claim: the pooler must log in as its client does`,
      );
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return refuse(`The server can’t log in as rowhouse_gateway: ${reason}`);
  } finally {
    await client.end().catch(() => undefined);
  }
  const good = isPooled(client)
    ? 'requests go through a pooler that carries prepared statements'
    : 'requests reach Postgres itself';
  const bad =
    'Every statement is planned anew: requests go through a pooler that carries no prepared statements. For pgbouncer: 1.21 or newer, with';
  return mild(
    finding('requests', good, bad, keepsNames(client) ? [] : ['max_prepared_statements = 200']),
  );
}

async function serverVersion(client: pg.ClientBase): Promise<Finding> {
  const { rows } = await client.query<{ number: number; name: string }>(
    `select current_setting('server_version_num')::int as number, current_setting('server_version') as name`,
  );
  const ok = (rows[0]?.number ?? 0) >= 150_000;
  const name = rows[0]?.name ?? 'unknown';
  return {
    name: 'server',
    ok,
    level: ok ? 'ok' : 'error',
    message: ok ? `Postgres ${name}` : `Postgres ${name}: 15 or newer is needed`,
  };
}

async function migrations(client: pg.ClientBase): Promise<Finding> {
  const { rows } = await client.query<{ name: string }>('select name from control.pgmigrations');
  const done = new Set(rows.map(({ name }) => name));
  const missing = migrationNames().filter((name) => !done.has(name));
  return finding('migrations', 'all migrations are in', 'To do (rowhouse migrate):', missing);
}

async function modules(client: pg.ClientBase): Promise<Finding> {
  const { rows } = await client.query<{ name: string; sha256: string }>(
    'select name, sha256 from control.modules',
  );
  const installed = new Map(rows.map(({ name, sha256 }) => [name, sha256]));
  const stale = moduleFiles().filter(({ name, sha256 }) => installed.get(name) !== sha256);
  const names = stale.map(({ name }) => name);
  return finding('modules', 'all modules are current', 'Not this version’s:', names);
}

async function generated(client: pg.ClientBase): Promise<Finding> {
  const { rows } = await client.query<{ slug: string }>(
    'select slug from control.tenants where generated is distinct from $1 order by slug',
    [functionsHash()],
  );
  const slugs = rows.map(({ slug }) => slug);
  return finding('tenants', 'all tenants have this version’s functions', 'Older:', slugs);
}

async function check(client: pg.ClientBase, rule: Rule): Promise<Finding> {
  const { rows } = await client.query<{ offender: string }>(
    `select offender from (${rule.query}) as found (offender) order by 1`,
  );
  const found = finding(
    rule.name,
    rule.good,
    rule.bad,
    rows.map(({ offender }) => offender),
  );
  return rule.warning ? mild(found) : found;
}

async function leakproof(client: pg.ClientBase): Promise<Finding> {
  const names = await unmarked(client);
  const good = 'full-text, array, jsonb and numeric conditions can use indexes under row security';
  const bad =
    'Not marked leakproof, so conditions with them read without an index under row security. As superuser: rowhouse migrate. ';
  return mild(finding('leakproof', good, bad, names));
}

async function parallel(client: pg.ClientBase): Promise<Finding> {
  const good = 'whole tables can be read by several processes under row security';
  const bad =
    'Whole tables are read by one process under row security. As superuser: rowhouse migrate.';
  return mild(finding('parallel', good, bad, (await isParallel(client)) ? [] : ['transaction id']));
}

function mild(found: Finding): Finding {
  return found.ok ? found : { ...found, level: 'warn' };
}

function finding(name: string, good: string, bad: string, offenders: readonly string[]): Finding {
  if (offenders.length === 0) return { name, ok: true, level: 'ok', message: good };
  const shown = offenders.slice(0, 10).join(', ');
  const more = offenders.length > 10 ? ` and ${offenders.length - 10} more` : '';
  return { name, ok: false, level: 'error', message: `${bad} ${shown}${more}` };
}
