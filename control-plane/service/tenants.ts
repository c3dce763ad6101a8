import { ServiceError } from '../base/errors.ts';
import { ident, toText } from '../base/sql.ts';
import { type Connection, rowsOf } from '../catalog/connection.ts';
import { tenantSchema } from '../compile/names.ts';
import {
  createTenant as createStatements,
  dropTenant as dropStatements,
} from '../compile/tenant.ts';
import { functionsHash } from '../compile/tenant-functions.ts';
import type { Principal } from '../model/principal.ts';
import { verbs } from '../model/role.ts';
import { isDatabaseError } from '../pg/sqlstate.ts';
import type { NewTenant } from './accounts.ts';
import type { AsOwner } from './owner.ts';
import { applyTemplate } from './templates.ts';

/** Tenants and the logins bound to them. */
export interface Tenants {
  /**
   * Makes a tenant with schema, role, internal objects, default grants and what its template says, in the caller's transaction.
   * @throws ServiceError invalid_name, tenant_exists, row_not_found (template)
   */
  readonly createTenant: (connection: Connection, tenant: NewTenant) => Promise<void>;
  /** Removes schema, role, logins and every row. @throws ServiceError tenant_not_found */
  readonly dropTenant: (slug: string, by: string) => Promise<void>;
  /** Makes a Postgres login role that is one principal. @throws ServiceError tenant_not_found, invalid_name */
  readonly createLogin: (login: NewLogin) => Promise<void>;
}

export interface NewLogin {
  readonly tenant: string;
  /** Name of the login role. */
  readonly user: string;
  readonly password: string;
  readonly principal: Pick<Principal, 'sub' | 'roles' | 'orgs' | 'access' | 'attributes'>;
}

/** `forget` is told of tenants that are gone. */
export function createTenants(asOwner: AsOwner, forget: (tenant: string) => void): Tenants {
  return {
    createTenant,
    dropTenant: async (slug) => {
      await asOwner((connection) => dropTenant(connection, slug));
      forget(slug);
    },
    createLogin: (login) => asOwner((connection) => createLogin(connection, login)),
  };
}

/** The roles every tenant has, and what each may do with all tables, the model, roles and views. */
const universalRoles: Readonly<
  Record<string, { readonly about: string; readonly verbs: readonly string[] }>
> = {
  PGREST_ADMIN: {
    about: 'Everything',
    verbs,
  },
  PGREST_ROLE_ADMIN: { about: 'Roles', verbs: ['grant'] },
  PGREST_WRITE: {
    about: 'Reads and writes rows',
    verbs: ['select', 'insert', 'update', 'delete', 'view'],
  },
  PGREST_READ: { about: 'Reads rows', verbs: ['select', 'view'] },
  PGREST_USER: { about: 'Reads views', verbs: ['view'] },
};

async function createTenant(connection: Connection, tenant: NewTenant): Promise<void> {
  const { slug, name, description, template, createdBy } = tenant;
  checkSlug(slug);
  // A version a former tenant of this name can't have had: other processes may still hold its catalog.
  const made = await rowsOf(
    connection,
    `insert into control.tenants (slug, name, description, generated) values ($1, $2, $3, $4)
     on conflict do nothing returning id`,
    [slug, name, description ?? null, functionsHash()],
  );
  if (made.length === 0) throw exists(slug);
  await connection.query(
    'update control.tenants set version = (id::bigint << 20) + 1 where slug = $1',
    [slug],
  );
  try {
    // One round trip: some seventy statements.
    await connection.query(createStatements(slug).join(';\n'));
  } catch (error) {
    if (isDatabaseError(error) && error.code === '42P06') throw exists(slug, error);
    throw error;
  }
  await storeGrants(connection, slug);
  await connection.query('select rowhouse.create_default_app($1)', [slug]);
  if (template !== 'empty') await applyTemplate(connection, slug, template, createdBy);
}

function exists(slug: string, cause?: unknown): ServiceError {
  return new ServiceError(
    'tenant_exists',
    `Tenant '${slug}' exists`,
    { field: 'tenant' },
    { cause },
  );
}

async function storeGrants(connection: Connection, slug: string): Promise<void> {
  const grants = Object.entries(universalRoles).flatMap(([role, { verbs }]) =>
    verbs.map((verb) => ({ role, verb })),
  );
  await connection.query(
    `insert into control.roles (tenant_id, name, description, created_by, updated_by)
     select t.id, r.key, r.value ->> 'about', 'rowhouse', 'rowhouse'
     from control.tenants as t cross join jsonb_each($2::jsonb) as r where t.slug = $1`,
    [slug, JSON.stringify(universalRoles)],
  );
  const target = toText(ident(tenantSchema(slug), '_rowhouse_grants'));
  await connection.query(
    `insert into ${target} (role, verb) select role, verb from jsonb_to_recordset($1::jsonb) as g (role text, verb text)`,
    [JSON.stringify(grants)],
  );
}

function checkSlug(slug: string): void {
  if (/^[a-z][a-z0-9_-]{0,39}$/.test(slug)) return;
  const message =
    'A tenant name begins with a-z and goes on with a-z, 0-9, _ and -, at most 40 characters';
  throw new ServiceError('invalid_name', message, { field: 'tenant' });
}

async function dropTenant(connection: Connection, slug: string): Promise<void> {
  const [row] = await rowsOf(
    connection,
    'select 1 from control.tenants where slug = $1 for update',
    [slug],
  );
  if (!row) throw new ServiceError('tenant_not_found');
  await connection.query(dropStatements(slug).join(';\n'));
  await connection.query('delete from control.tenants where slug = $1', [slug]);
}

async function createLogin(connection: Connection, login: NewLogin): Promise<void> {
  const { tenant, user, password, principal } = login;
  try {
    await connection.query('select rowhouse.create_login($1, $2, $3, $4, $5, $6, $7)', [
      user,
      password,
      tenant,
      principal.sub,
      principal.roles,
      principal.orgs,
      principal.access,
    ]);
    if (principal.attributes === undefined) return;
    await connection.query('update control.logins set attributes = $2 where rolname = $1', [
      user,
      JSON.stringify(principal.attributes),
    ]);
  } catch (error) {
    if (!isDatabaseError(error) || error.code !== '42710') throw error;
    const message = `A Postgres role named '${user}' exists`;
    throw new ServiceError('invalid_name', message, { field: 'user' }, { cause: error });
  }
}
