import { decodeJwt } from 'jose';
import { ServiceError } from '../base/errors.ts';
import { type Connection, rowsOf } from '../catalog/connection.ts';
import type { Config } from '../config.ts';
import type { Account, AccountCommand, AccountResult } from '../model/account.ts';
import { levels, type Principal } from '../model/principal.ts';
import { type AccountManagement, bare, checkValues, manageAccounts } from './account-management.ts';
import * as store from './account-store.ts';
import type { Call } from './call.ts';
import type { AsOwner } from './owner.ts';
import { checkPassword, hashPassword } from './passwords.ts';
import type { Tokens } from './tokens.ts';

export interface AccountParts {
  readonly config: Pick<Config, 'openRegistration'>;
  readonly tokens: Tokens;
  /** One transaction as rowhouse_owner. */
  readonly asOwner: AsOwner;
  /** Makes the tenant and what its template says, in the given transaction. */
  readonly createTenant: (connection: Connection, tenant: NewTenant) => Promise<void>;
}

export interface NewTenant {
  readonly slug: string;
  readonly name: string;
  readonly description?: string;
  readonly template: string;
  readonly createdBy: string;
}

const loginSeconds = 86_400;
const sudoSeconds = 900;

/** Performs account commands. Whoever the token names, the account is read anew: a level taken away is gone at once. */
export function createAccounts(parts: AccountParts) {
  return (command: AccountCommand, call: Pick<Call, 'principal' | 'identify'>) => {
    switch (command.kind) {
      case 'login':
        return login(parts, command);
      case 'register':
        return register(parts, command);
      case 'refresh':
        return refresh(parts, command.token);
      case 'tenants':
        return tenants(parts, call);
      case 'templates':
        return templates(parts);
      case 'whoami':
        return whoami(parts, signedIn(call));
      case 'sudo':
        return sudo(parts, signedIn(call));
      case 'account_list':
      case 'account_read':
      case 'account_create':
      case 'account_change':
      case 'account_delete':
        return manage(parts, command, signedIn(call));
      default: {
        const never: never = command;
        return never;
      }
    }
  };
}

function signedIn(call: Pick<Call, 'principal'>): Principal & { readonly tenant: string } {
  const { principal } = call;
  if (principal?.tenant === undefined) throw new ServiceError('token_missing');
  return { ...principal, tenant: principal.tenant };
}

type Command<K extends AccountCommand['kind']> = Extract<AccountCommand, { kind: K }>;

/** One hash is computed whatever is wrong, and one error comes of it. */
async function login(parts: AccountParts, command: Command<'login'>): Promise<AccountResult> {
  const { tenant, username, password } = command;
  const account = await parts.asOwner((connection) =>
    store.byUsername(connection, tenant, username),
  );
  const right = await checkPassword(password, account?.passwordHash);
  if (account === undefined || !right) throw new ServiceError('login_refused');
  return session(parts.tokens, account, account.access === 'root');
}

async function register(parts: AccountParts, command: Command<'register'>): Promise<AccountResult> {
  requireOpen(parts);
  const { tenant: slug, username, template } = command;
  checkValues({ auth: username, password: command.password });
  const passwordHash = await hashPassword(command.password);
  const account = await parts.asOwner(async (connection) => {
    const known = await rowsOf(connection, 'select 1 from control.templates where name = $1', [
      template,
    ]);
    if (known.length === 0) {
      throw new ServiceError('row_not_found', `Template '${template}' not found`, {
        reason: 'template',
        keys: [template],
      });
    }
    const { description } = command;
    await parts.createTenant(connection, {
      slug,
      name: slug,
      template,
      createdBy: username,
      ...(description === undefined ? {} : { description }),
    });
    return store.insertAccount(connection, slug, {
      auth: username,
      access: 'root',
      passwordHash,
      ...(command.email === undefined ? {} : { email: command.email }),
    });
  });
  return session(parts.tokens, account, false);
}

/** Only our own accounts: extending another issuer's token would undo its expiry. */
async function refresh(parts: AccountParts, token: string): Promise<AccountResult> {
  const principal = await parts.tokens.verify(token);
  const account = await parts.asOwner((connection) =>
    store.byId(connection, principal.tenant ?? '', principal.sub),
  );
  if (account === undefined) throw new ServiceError('token_invalid');
  // A short-lived sudo token becomes an ordinary one, or it would be short-lived no longer.
  const { iat, exp } = decodeJwt(token);
  const fromLogin = (exp ?? 0) - (iat ?? 0) > sudoSeconds;
  return session(parts.tokens, account, principal.sudo && fromLogin && account.access === 'root');
}

async function tenants(parts: AccountParts, call: Pick<Call, 'identify'>): Promise<AccountResult> {
  const principal = await call.identify();
  if (!principal?.operator) throw new ServiceError('operator_required');
  return parts.asOwner(async (connection) =>
    names(
      await rowsOf(
        connection,
        `select slug as name, coalesce(description, name) as description
         from control.tenants where status = 'active' order by slug`,
      ),
    ),
  );
}

async function templates(parts: AccountParts): Promise<AccountResult> {
  requireOpen(parts);
  return parts.asOwner(async (connection) =>
    names(
      await rowsOf(connection, 'select name, description from control.templates order by name'),
    ),
  );
}

function names(rows: readonly Readonly<Record<string, unknown>>[]): AccountResult {
  return {
    kind: 'names',
    names: rows.map((row) => ({
      name: String(row['name']),
      description: String(row['description']),
    })),
  };
}

function requireOpen(parts: AccountParts): void {
  if (!parts.config.openRegistration) {
    throw new ServiceError('forbidden', 'Registration is closed', {
      reason: 'registration_closed',
    });
  }
}

type Member = Principal & { readonly tenant: string };

async function whoami(parts: AccountParts, principal: Member): Promise<AccountResult> {
  const account = await current(parts, principal);
  return {
    kind: 'identity',
    values: {
      id: principal.sub,
      name: account.name,
      username: account.username,
      access: account.access,
      tenant: principal.tenant,
      // Row policies go by the token's names, so these are the ones that count.
      roles: principal.roles,
      orgs: principal.orgs,
      sudo: principal.sudo,
    },
  };
}

async function sudo(parts: AccountParts, principal: Member): Promise<AccountResult> {
  const account = await current(parts, principal);
  if (account.access !== 'full' && account.access !== 'root') {
    throw new ServiceError('forbidden', 'Only access levels full and root may get a sudo token');
  }
  const elevated = { ...principal, access: account.access, sudo: true };
  const token = await parts.tokens.sign(elevated, sudoSeconds);
  return { kind: 'session', token, expiresIn: sudoSeconds, account };
}

/** The account as it is now with the lower of both levels; for a principal of another issuer, what its token says. */
async function current(parts: AccountParts, principal: Member): Promise<Account> {
  const { tenant, sub, access, roles, orgs } = principal;
  const account = await parts.asOwner((connection) => store.byId(connection, tenant, sub));
  if (account !== undefined) {
    const level = Math.min(levels.indexOf(account.access), levels.indexOf(access));
    return bare({ ...account, access: levels[level] ?? 'deny' });
  }
  const never = new Date(0).toISOString();
  const facts = { id: sub, username: sub, name: sub, createdAt: never, updatedAt: never };
  return { ...facts, tenant, access, roles, orgs };
}

async function manage(
  parts: AccountParts,
  command: AccountManagement,
  principal: Member,
): Promise<AccountResult> {
  if (!principal.sudo || (await current(parts, principal)).access !== 'root') {
    throw new ServiceError('sudo_required', 'This needs a sudo token of level root', {
      reason: 'root_sudo',
    });
  }
  return manageAccounts(parts.asOwner, principal.tenant, command);
}

async function session(
  tokens: Tokens,
  account: store.StoredAccount,
  elevated: boolean,
): Promise<AccountResult> {
  const { id: sub, tenant, roles, orgs, access } = account;
  const principal = { sub, tenant, roles, orgs, access, sudo: elevated, operator: false };
  const token = await tokens.sign(principal, loginSeconds);
  return { kind: 'session', token, expiresIn: loginSeconds, account: bare(account) };
}
