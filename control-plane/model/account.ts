import type { JsonObject } from '../base/json.ts';
import type { Level } from './principal.ts';

/** An account of a tenant, kept in the control schema; never with secrets. */
export interface Account {
  readonly id: string;
  readonly username: string;
  readonly name: string;
  readonly tenant: string;
  readonly access: Level;
  readonly roles: readonly string[];
  readonly orgs: readonly string[];
  readonly createdAt: string;
  readonly updatedAt: string;
}

/**
 * What can be asked of the accounts and the tenants behind them. Refusals: login → login_refused, whatever is wrong; register →
 * forbidden (reason registration_closed), tenant_exists, row_not_found (reason template); refresh → token_invalid; tenants →
 * operator_required; templates → forbidden (reason registration_closed); sudo → forbidden; accounts → sudo_required,
 * row_not_found (keys), unique_violation (field auth).
 */
export type AccountCommand =
  | {
      readonly kind: 'login';
      readonly tenant: string;
      readonly username: string;
      readonly password: string;
    }
  | {
      readonly kind: 'register';
      readonly tenant: string;
      readonly username: string;
      readonly password: string;
      readonly email?: string;
      readonly template: string;
      readonly description?: string;
    }
  | { readonly kind: 'refresh'; readonly token: string }
  | { readonly kind: 'tenants' }
  | { readonly kind: 'templates' }
  | { readonly kind: 'whoami' }
  | { readonly kind: 'sudo'; readonly reason?: string }
  | { readonly kind: 'account_list' }
  | { readonly kind: 'account_read' | 'account_delete'; readonly id: string }
  | { readonly kind: 'account_create'; readonly values: AccountValues & { readonly auth: string } }
  | { readonly kind: 'account_change'; readonly id: string; readonly values: AccountValues };

/** What may be set on an account; `auth` is the username. */
export interface AccountValues {
  readonly name?: string;
  readonly auth?: string;
  readonly access?: Level;
  readonly password?: string;
  readonly roles?: readonly string[];
  readonly orgs?: readonly string[];
}

/** The answer to a command, dialect-neutral. */
export type AccountResult =
  | {
      readonly kind: 'session';
      readonly token: string;
      readonly expiresIn: number;
      readonly account: Account;
    }
  /** `id, name, username, access, tenant, roles, orgs, sudo`: the account's, where there is one, else the token's. */
  | { readonly kind: 'identity'; readonly values: JsonObject }
  | { readonly kind: 'account'; readonly account: Account }
  | { readonly kind: 'accounts'; readonly accounts: readonly Account[] }
  | {
      readonly kind: 'names';
      readonly names: readonly { readonly name: string; readonly description: string }[];
    };
