import type { ServiceError } from '../../control-plane/base/errors.ts';
import { loadCatalog } from '../../control-plane/catalog/load.ts';
import type { Catalog } from '../../control-plane/model/catalog.ts';
import type { Principal } from '../../control-plane/model/principal.ts';
import { gatewayUrl } from '../../control-plane/pg/gateway.ts';
import { singlePlacement } from '../../control-plane/pg/placement.ts';
import { openPool, type Pool } from '../../control-plane/pg/pool.ts';
import { createSession } from '../../control-plane/pg/session.ts';
import { createExecutor } from '../../control-plane/service/execute.ts';
import type { Output } from '../../control-plane/statement/output.ts';
import type { Predicate } from '../../control-plane/statement/predicate.ts';
import type {
  Insert,
  NewRow,
  Read,
  Result,
  Statement,
  Update,
} from '../../control-plane/statement/statement.ts';
import type { TestDatabase } from '../support/database.ts';
import { principal } from '../support/principal.ts';
import { createTenant } from './fixture.ts';

export type Row = Record<string, unknown>;

/** Statements run as the server runs them, on a tenant of the fixture's tables. */
export interface Harness {
  readonly tenant: string;
  readonly catalog: Catalog;
  readonly pool: Pool;
  readonly run: (who: Principal, ...statements: readonly Statement[]) => Promise<Result>;
  readonly rows: (who: Principal, statement: Statement) => Promise<Row[]>;
}

/** `tables`: others than the fixture's, in the template's form. */
export async function openHarness(
  database: TestDatabase,
  name: string,
  tables?: readonly unknown[],
): Promise<Harness> {
  return tenantHarness(database, await createTenant(database, name, tables));
}

/** The same on a tenant that is there. */
export async function tenantHarness(database: TestDatabase, tenant: string): Promise<Harness> {
  const pool = openPool({
    connectionString: gatewayUrl(database.url, database.secret),
    max: 4,
    statementTimeout: 10_000,
  });
  database.onClose(() => pool.end());
  const catalog = await loadCatalog(database.admin, tenant);
  const execute = createExecutor({
    placement: singlePlacement({ data: pool, ddl: pool }),
    session: createSession(),
  });
  const run: Harness['run'] = async (principal, ...statements) => {
    const signal = new AbortController().signal;
    const results = await execute(statements, catalog, { principal, requestId: 'test', signal });
    const last = results.at(-1);
    if (!last) throw new Error('no result');
    return last;
  };
  return {
    tenant,
    catalog,
    pool,
    run,
    rows: async (who, statement) => JSON.parse((await run(who, statement)).rows) as Row[],
  };
}

/** Callers of the plan tests: two who own nothing yet, one of every access, and one who passes all lists. */
export function callers(tenant: string) {
  return {
    ann: principal(tenant, 'ann'),
    bob: principal(tenant, 'bob'),
    root: principal(tenant, 'root', { access: 'root' }),
    sudo: principal(tenant, 'sudo', { access: 'root', sudo: true }),
  };
}

/** The key of no row. */
export const nobody = '00000000-0000-7000-8000-000000000000';

export const table = (name: string) => ({ app: 'default', name });

/** These columns, and the lists under their own names. */
export function output(...names: readonly string[]): Output {
  return {
    items: names.map((name) =>
      name.startsWith('access_')
        ? { kind: 'access', list: name.slice('access_'.length) as 'read', as: name }
        : { kind: 'column', name },
    ),
    format: { numbers: 'safe', times: 'millis' },
  };
}

export function insert(name: string, rows: readonly NewRow[], ...names: readonly string[]): Insert {
  return { kind: 'insert', table: table(name), rows, output: output(...names) };
}

export function read(name: string, names: readonly string[], rest: Partial<Read> = {}): Read {
  return {
    kind: 'read',
    table: table(name),
    output: output(...names),
    show: 'live',
    cap: 10_000,
    ...rest,
  };
}

export function compare(
  name: string,
  operator: Extract<Predicate, { kind: 'compare' }>['operator'],
  operand: Extract<Predicate, { kind: 'compare' }>['operand'],
): Predicate {
  const [column = '', ...path] = name.split('.');
  const field =
    path.length === 0
      ? ({ kind: 'column', name } as const)
      : ({ kind: 'path', column, path } as const);
  return { kind: 'compare', field, operator, operand };
}

/** Ids of new rows of docs. */
export async function make(
  h: Harness,
  who: Principal,
  ...rows: Parameters<typeof insert>[1][]
): Promise<string[]> {
  const made = await h.rows(who, insert('docs', rows.flat(), 'id'));
  return made.map(({ id }) => String(id));
}

/** The error that statements end in. */
export async function failure(
  h: Harness,
  who: Principal,
  ...statements: readonly Statement[]
): Promise<ServiceError> {
  return await h.run(who, ...statements).then(
    () => Promise.reject(new Error('it went through')),
    (error: ServiceError) => error,
  );
}

/** An update of docs by keys. */
export function update(
  keys: readonly string[],
  changes: Update['changes'],
  rest: Partial<Update> = {},
): Update {
  return {
    kind: 'update',
    table: table('docs'),
    target: { by: 'keys', keys },
    changes,
    output: output('id', 'title', 'code', 'count', 'access_read', 'access_edit', 'trashed_at'),
    show: 'live',
    ...rest,
  };
}
