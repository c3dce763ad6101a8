import { ServiceError } from '../base/errors.ts';
import type { Account, AccountCommand, AccountResult, AccountValues } from '../model/account.ts';
import * as store from './account-store.ts';
import type { AsOwner } from './owner.ts';
import { hashPassword } from './passwords.ts';

export type AccountManagement = Extract<
  AccountCommand,
  { kind: 'account_list' | 'account_read' | 'account_create' | 'account_change' | 'account_delete' }
>;

/** Accounts of a tenant, for who may manage them: listed, read, made, changed, deleted. */
export async function manageAccounts(
  asOwner: AsOwner,
  tenant: string,
  command: AccountManagement,
): Promise<AccountResult> {
  switch (command.kind) {
    case 'account_list': {
      const accounts = await asOwner((connection) => store.listAccounts(connection, tenant));
      return { kind: 'accounts', accounts: accounts.map(bare) };
    }
    case 'account_read':
      return found(
        command.id,
        await asOwner((connection) => store.byId(connection, tenant, command.id)),
      );
    case 'account_create': {
      const { auth } = command.values;
      const values = { ...(await toStore(command.values)), auth };
      const account = await asOwner((connection) =>
        store.insertAccount(connection, tenant, values),
      );
      return { kind: 'account', account: bare(account) };
    }
    case 'account_change': {
      const values = await toStore(command.values);
      return found(
        command.id,
        await asOwner((connection) => store.updateAccount(connection, tenant, command.id, values)),
      );
    }
    case 'account_delete':
      return found(
        command.id,
        await asOwner((connection) => store.deleteAccount(connection, tenant, command.id)),
      );
    default: {
      const never: never = command;
      return never;
    }
  }
}

function found(id: string, account: store.StoredAccount | undefined): AccountResult {
  if (account === undefined) throw new ServiceError('row_not_found', undefined, { keys: [id] });
  return { kind: 'account', account: bare(account) };
}

async function toStore(values: AccountValues): Promise<store.StoredValues> {
  checkValues(values);
  const { password, ...rest } = values;
  return password === undefined ? rest : { ...rest, passwordHash: await hashPassword(password) };
}

/** Bounds of what the control tables take; shapes are the dialect's. @throws ServiceError invalid_body */
export function checkValues(values: AccountValues): void {
  const texts = { auth: values.auth, name: values.name, password: values.password };
  for (const [field, value] of Object.entries(texts)) {
    if (value !== undefined && (value === '' || Buffer.byteLength(value) > 1024)) {
      throw new ServiceError('invalid_body', `${field} must have 1 to 1024 bytes`, { field });
    }
  }
  for (const field of ['roles', 'orgs'] as const) {
    const bad = values[field]?.some((name) => name === '' || Buffer.byteLength(name) > 255);
    if (bad) {
      throw new ServiceError('invalid_body', `${field} must be names of 1 to 255 bytes`, { field });
    }
  }
}

/** Without the secret. */
export function bare({
  passwordHash: _,
  ...account
}: store.StoredAccount | (Account & { passwordHash?: never })): Account {
  return account;
}
