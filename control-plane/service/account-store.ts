import { ServiceError } from '../base/errors.ts';
import { type Connection, rowsOf } from '../catalog/connection.ts';
import type { Account, AccountValues } from '../model/account.ts';
import { levels } from '../model/principal.ts';

/** An account with what only the login may see. */
export interface StoredAccount extends Account {
  readonly passwordHash: string | null;
}

/** Values as stored: the password is hashed before any transaction begins. */
export interface StoredValues extends Omit<AccountValues, 'password'> {
  readonly passwordHash?: string;
  readonly email?: string;
}

type Row = Readonly<Record<string, unknown>>;

const columns = `a.id::text as id, a.username, a.name, t.slug, a.access, a.roles, a.orgs,
  a.password_hash, a.created_at, a.updated_at`;
const active = `control.accounts a join control.tenants t on t.id = a.tenant_id
  where t.slug = $1 and t.status = 'active'`;

export async function byUsername(connection: Connection, tenant: string, username: string) {
  const rows = await rowsOf<Row>(
    connection,
    `select ${columns} from ${active} and a.username = $2`,
    [tenant, username],
  );
  return rows[0] && toAccount(rows[0]);
}

/** The id may be any text: other issuers' subs are looked up too. */
export async function byId(connection: Connection, tenant: string, id: string) {
  const rows = await rowsOf<Row>(
    connection,
    `select ${columns} from ${active} and a.id::text = $2`,
    [tenant, id],
  );
  return rows[0] && toAccount(rows[0]);
}

export async function listAccounts(connection: Connection, tenant: string) {
  const rows = await rowsOf<Row>(
    connection,
    `select ${columns} from ${active} order by a.username`,
    [tenant],
  );
  return rows.map(toAccount);
}

export async function insertAccount(
  connection: Connection,
  tenant: string,
  values: StoredValues & { readonly auth: string },
): Promise<StoredAccount> {
  await refuseTaken(connection, tenant, values.auth, '');
  const rows = await rowsOf<Row>(
    connection,
    `with a as (
       insert into control.accounts
         (tenant_id, username, name, email, password_hash, access, roles, orgs)
       select id, $2, $3, $4, $5, $6, $7, $8 from control.tenants where slug = $1
       returning *)
     select ${columns} from a join control.tenants t on t.id = a.tenant_id`,
    [
      tenant,
      values.auth,
      values.name ?? values.auth,
      values.email ?? null,
      values.passwordHash ?? null,
      levels.indexOf(values.access ?? 'edit'),
      values.roles ?? [],
      values.orgs ?? [],
    ],
  );
  return toAccount(rows[0] ?? {});
}

/** Changes what is named, leaves the rest. Undefined when there is no such account. */
export async function updateAccount(
  connection: Connection,
  tenant: string,
  id: string,
  values: StoredValues,
): Promise<StoredAccount | undefined> {
  if (values.auth !== undefined) await refuseTaken(connection, tenant, values.auth, id);
  const rows = await rowsOf<Row>(
    connection,
    `with a as (
       update control.accounts a set
         username = coalesce($3, a.username), name = coalesce($4, a.name),
         password_hash = coalesce($5, a.password_hash), access = coalesce($6, a.access),
         roles = coalesce($7, a.roles), orgs = coalesce($8, a.orgs), updated_at = now()
       from control.tenants t where t.id = a.tenant_id and t.slug = $1 and a.id::text = $2
       returning a.*)
     select ${columns} from a join control.tenants t on t.id = a.tenant_id`,
    [
      tenant,
      id,
      values.auth ?? null,
      values.name ?? null,
      values.passwordHash ?? null,
      values.access === undefined ? null : levels.indexOf(values.access),
      values.roles ?? null,
      values.orgs ?? null,
    ],
  );
  return rows[0] && toAccount(rows[0]);
}

/** The id stays on record, for the tokens that name it. */
export async function deleteAccount(connection: Connection, tenant: string, id: string) {
  const rows = await rowsOf<Row>(
    connection,
    `with a as (
       delete from control.accounts a using control.tenants t
       where t.id = a.tenant_id and t.slug = $1 and a.id::text = $2
       returning a.*),
     noted as (
       insert into control.deleted_accounts (tenant_id, sub) select tenant_id, id::text from a)
     select ${columns} from a join control.tenants t on t.id = a.tenant_id`,
    [tenant, id],
  );
  return rows[0] && toAccount(rows[0]);
}

/** For the message only; the unique constraint decides. */
async function refuseTaken(connection: Connection, tenant: string, username: string, id: string) {
  const taken = await rowsOf<Row>(
    connection,
    `select 1 from ${active} and a.username = $2 and a.id::text <> $3`,
    [tenant, username, id],
  );
  if (taken.length > 0) {
    throw new ServiceError('unique_violation', `The account ${username} exists`, { field: 'auth' });
  }
}

function toAccount(row: Row): StoredAccount {
  return {
    id: String(row['id']),
    username: String(row['username']),
    name: String(row['name']),
    tenant: String(row['slug']),
    access: levels[Number(row['access'])] ?? 'deny',
    roles: row['roles'] as string[],
    orgs: row['orgs'] as string[],
    createdAt: (row['created_at'] as Date).toISOString(),
    updatedAt: (row['updated_at'] as Date).toISOString(),
    passwordHash: row['password_hash'] as string | null,
  };
}
