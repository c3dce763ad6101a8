import { ServiceError } from '../base/errors.ts';
import { type Connection, rowsOf } from '../catalog/connection.ts';
import type { NewTenant } from './accounts.ts';
import type { AsOwner } from './owner.ts';

/** A tenant as the operator sees it. */
export interface Tenant {
  readonly slug: string;
  readonly name: string;
  readonly status: 'active' | 'inactive';
  readonly createdAt: string;
}

/** What an operator may do with tenants. */
export interface TenantAdmin {
  /** @throws ServiceError invalid_name, tenant_exists */
  readonly create: (slug: string, name: string | undefined, by: string) => Promise<Tenant>;
  readonly list: () => Promise<readonly Tenant[]>;
  /** @throws ServiceError tenant_not_found */
  readonly read: (slug: string) => Promise<Tenant>;
  /** Removes schema, role, logins and every row. @throws ServiceError tenant_not_found */
  readonly drop: (slug: string, by: string) => Promise<void>;
}

export interface AdminParts {
  readonly asOwner: AsOwner;
  readonly createTenant: (connection: Connection, tenant: NewTenant) => Promise<void>;
  readonly dropTenant: (slug: string, by: string) => Promise<void>;
}

type Row = Readonly<Record<string, unknown>>;

const columns = 'slug, name, status, created_at';

/** Tenants for operators: made and removed whole, one transaction each. */
export function createAdmin({ asOwner, createTenant, dropTenant }: AdminParts): TenantAdmin {
  return {
    create: (slug, name, by) =>
      asOwner(async (connection) => {
        await createTenant(connection, {
          slug,
          name: name ?? slug,
          template: 'empty',
          createdBy: by,
        });
        return one(connection, slug);
      }),
    list: () =>
      asOwner(async (connection) => {
        const rows = await rowsOf<Row>(
          connection,
          `select ${columns} from control.tenants order by slug`,
        );
        return rows.map(toTenant);
      }),
    read: (slug) => asOwner((connection) => one(connection, slug)),
    drop: async (slug, by) => {
      await asOwner((connection) => one(connection, slug));
      await dropTenant(slug, by);
    },
  };
}

async function one(connection: Connection, slug: string): Promise<Tenant> {
  const rows = await rowsOf<Row>(
    connection,
    `select ${columns} from control.tenants where slug = $1`,
    [slug],
  );
  if (rows[0] === undefined) throw new ServiceError('tenant_not_found');
  return toTenant(rows[0]);
}

function toTenant(row: Row): Tenant {
  return {
    slug: String(row['slug']),
    name: String(row['name']),
    status: row['status'] === 'active' ? 'active' : 'inactive',
    createdAt: (row['created_at'] as Date).toISOString(),
  };
}
