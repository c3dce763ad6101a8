import { join } from 'node:path';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import format from 'pg-format';
import { tenantSchema } from '../compile/names.ts';
import { functionsHash, tenantFunctions } from '../compile/tenant-functions.ts';
import { markLeakproof } from './leakproof.ts';
import { allowParallel } from './parallel.ts';
import { matchesVerifier } from './scram.ts';
import { keepSettings } from './settings.ts';
import { moduleFiles, packageRoot, type SqlFile, sqlFile } from './sql-files.ts';

export interface InstallOptions {
  /** What the server logs in with as rowhouse_gateway. */
  readonly gatewayPassword: string;
  /** Milliseconds a request may take, for connections that a pooler lends; left as it is where absent. */
  readonly statementTimeout?: number;
}

/** What an installation changed. Everything empty and false: it was up to date. */
export interface InstallReport {
  readonly migrations: readonly string[];
  readonly modules: readonly string[];
  /** Tenants whose generated functions were made anew. */
  readonly tenants: readonly string[];
  /** Whether a superuser ran it: only then set_config is revoked and operators are marked leakproof. */
  readonly superuser: boolean;
  readonly leakproof: readonly string[];
  readonly password: boolean;
}

/** Any number; the same for all installers of a database. */
const installLock = 7_241_109_001;

/**
 * Installs or upgrades everything of Rowhouse in one database: roles, control schema, modules, policies, and the generated functions of
 * tenants made by an older version. Safe to run again and from several processes at once. Everything is done in transactions that need
 * nothing of a session, so it also goes through a pooler.
 * @param target connection string or connected client of a role that may create roles and schemas
 */
export async function install(
  target: string | pg.ClientBase,
  options: InstallOptions,
): Promise<InstallReport> {
  if (typeof target !== 'string') return installAll(target, options);
  const client = new pg.Client({ connectionString: target });
  await client.connect();
  try {
    return await installAll(client, options);
  } finally {
    await client.end();
  }
}

async function installAll(client: pg.ClientBase, options: InstallOptions): Promise<InstallReport> {
  const cluster = await patiently(() => installCluster(client, options));
  const migrations = await owned(client, () => migrate(client));
  const modules = await owned(client, () => installModules(client));
  const tenants = await installTenants(client, modules.length > 0);
  await owned(client, () => client.query('select rowhouse.settle_stamps()'));
  return { migrations, modules, tenants, ...cluster };
}

/** What is done as the connecting role: roles, what PUBLIC loses, and what only a superuser may. */
async function installCluster(
  client: pg.ClientBase,
  options: InstallOptions,
): Promise<Pick<InstallReport, 'superuser' | 'leakproof' | 'password'>> {
  return inTransaction(client, async () => {
    for (const statement of sqlFile('policies/roles.sql').statements) await client.query(statement);
    await requireRights(client);
    const password = await setPassword(client, options.gatewayPassword);
    await keepSettings(client, options.statementTimeout);
    const superuser = await isSuperuser(client);
    const leakproof = superuser ? await markLeakproof(client) : [];
    if (superuser) await allowParallel(client);
    return { superuser, leakproof, password };
  });
}

/**
 * Roles belong to the cluster: an installer of another database may be changing the same ones, which Postgres reports
 * (`tuple concurrently updated`, XX000) instead of waiting.
 */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const concurrent =
        error instanceof pg.DatabaseError &&
        ['XX000', '23505', '42710', '40P01'].includes(error.code ?? '') &&
        attempt < 20;
      if (!concurrent) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25 * attempt));
    }
  }
}

async function isSuperuser(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ rolsuper: boolean }>(
    'select rolsuper from pg_roles where rolname = current_user',
  );
  return rows[0]?.rolsuper === true;
}

/** Sets the gateway's password unless it is known to be this one already: each change touches a shared catalog row. */
async function setPassword(client: pg.ClientBase, password: string): Promise<boolean> {
  if (await isSuperuser(client)) {
    const { rows } = await client.query<{ rolpassword: string | null }>(
      `select rolpassword from pg_authid where rolname = 'rowhouse_gateway'`,
    );
    if (matchesVerifier(password, rows[0]?.rolpassword ?? '')) return false;
  }
  await client.query(format('alter role rowhouse_gateway password %L', password));
  return true;
}

/** A clear word in place of the error that the first statement of a tenant would bring. */
async function requireRights(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ role: string; member: boolean; create: boolean }>(
    `select current_user as role, pg_has_role(current_user, 'rowhouse_owner', 'usage') as member,
       has_database_privilege(current_database(), 'create') as create`,
  );
  const [found] = rows;
  if (!found?.member) {
    throw new Error(
      `${found?.role} is no member of rowhouse_owner, which exists already: as the role that made it, run: grant rowhouse_owner to ${found?.role}`,
    );
  }
  if (!found.create) throw new Error(`${found.role} lacks the privilege CREATE on the database`);
}

async function migrate(client: pg.ClientBase): Promise<readonly string[]> {
  const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };
  const done = await runner({
    dbClient: withinTransaction(client),
    dir: join(packageRoot(), 'sql', 'migrations'),
    direction: 'up',
    migrationsTable: 'pgmigrations',
    migrationsSchema: 'control',
    schema: 'control',
    noLock: true,
    singleTransaction: true,
    checkOrder: true,
    logger: silent,
  });
  await client.query('reset search_path');
  return done.map(({ name }) => name);
}

/** A client whose transaction is ours to end: the library's own would be a second one in it. */
function withinTransaction(client: pg.ClientBase): pg.ClientBase {
  const query = (text: string, values?: unknown[]): unknown =>
    /^(BEGIN|COMMIT|ROLLBACK)$/.test(text) ? undefined : client.query(text, values);
  return { query } as unknown as pg.ClientBase;
}

/** Faults reach the caller as exceptions; the library's own lines would only repeat them. */
function ignore(): void {}

/** All files in order when any of them differs: they call each other. */
async function installModules(client: pg.ClientBase): Promise<readonly string[]> {
  const files = moduleFiles();
  const { rows } = await client.query<{ name: string; sha256: string }>(
    'select name, sha256 from control.modules',
  );
  const installed = new Map(rows.map(({ name, sha256 }) => [name, sha256]));
  const changed = files.filter(({ name, sha256 }) => installed.get(name) !== sha256);
  if (changed.length === 0) return [];
  await client.query(`set local search_path = pg_catalog, pg_temp`);
  for (const file of files) await runFile(client, file);
  for (const { name, sha256 } of changed) {
    await client.query(
      `insert into control.modules (name, sha256) values ($1, $2)
       on conflict (name) do update set sha256 = excluded.sha256, installed_at = now()`,
      [name, sha256],
    );
  }
  return changed.map(({ name }) => name);
}

async function runFile(client: pg.ClientBase, file: SqlFile): Promise<void> {
  for (const statement of file.statements) {
    try {
      await client.query(statement);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${file.name}: ${reason}\n${statement.slice(0, 200)}`, { cause });
    }
  }
}

/**
 * Makes the generated functions of tenants anew whose template was another, one transaction a tenant. New modules may judge otherwise, so
 * stored verdicts go with them.
 */
async function installTenants(client: pg.ClientBase, judgeAnew: boolean): Promise<string[]> {
  const hash = functionsHash();
  const { rows } = await owned(client, () =>
    client.query<{ slug: string; current: boolean }>(
      `select slug, generated is not distinct from $1 as current from control.tenants
       where to_regnamespace(quote_ident('t_' || slug)) is not null order by id`,
      [hash],
    ),
  );
  const renewed: string[] = [];
  for (const { slug, current } of rows) {
    if (current && !judgeAnew) continue;
    await owned(client, async () => {
      const verdicts = format('%I._rowhouse_verdicts', tenantSchema(slug));
      await client.query(`delete from ${verdicts}`);
      if (current) return;
      for (const statement of tenantFunctions(slug)) await client.query(statement);
      await client.query('update control.tenants set generated = $1 where slug = $2', [hash, slug]);
    });
    if (!current) renewed.push(slug);
  }
  return renewed;
}

/** {@link inTransaction} as the owner of everything. */
async function owned<T>(client: pg.ClientBase, work: () => Promise<T>): Promise<T> {
  return inTransaction(client, async () => {
    await client.query('set local role rowhouse_owner');
    return work();
  });
}

/** One transaction of an installation: installers of a database take turns, and each step looks anew at what there is. */
async function inTransaction<T>(client: pg.ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query('begin');
  try {
    await client.query('select pg_advisory_xact_lock($1)', [installLock]);
    const result = await work();
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}
