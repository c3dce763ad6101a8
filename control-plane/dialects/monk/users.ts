import { isStrings, type Json, type JsonObject } from '../../base/json.ts';
import type { Account, AccountValues } from '../../model/account.ts';
import { type Level, levels, type Principal } from '../../model/principal.ts';
import type { Action, DialectRequest, RouteContext } from '../dialect.ts';
import { command } from './auth.ts';
import { oneObject } from './changes.ts';
import { type Item, invalid, MonkError, refuse } from './codes.ts';
import { timeText } from './column-object.ts';
import { missingMessage } from './errors.ts';
import type { Shape } from './respond.ts';

type Handler = (request: DialectRequest, context: RouteContext, shape: Shape) => Action;

/** The service checks the same: here it decides only that nothing of the body is judged before. */
function needSudo(principal: Principal): void {
  if (principal.sudo && principal.access === 'root') return;
  refuse('SUDO_TOKEN_REQUIRED', 'This needs a sudo token of level root');
}

const refusals = {
  sudo_required: 'SUDO_TOKEN_REQUIRED',
  root_required: 'SUDO_TOKEN_REQUIRED',
  forbidden: 'SUDO_TOKEN_REQUIRED',
} as const;

function accountObject(account: Account): JsonObject {
  return {
    id: account.id,
    name: account.name,
    auth: account.username,
    username: account.username,
    access: account.access,
    roles: account.roles,
    orgs: account.orgs,
    created_at: timeText(account.createdAt),
    updated_at: timeText(account.updatedAt),
  };
}

export const listUsers: Handler = (_request, { principal }, shape) => {
  needSudo(principal);
  const asked = { kind: 'account_list' } as const;
  return command(asked, 'accounts', shape, (r) => r.accounts.map(accountObject), refusals);
};

export const getUser: Handler = (request, { principal }, shape) => {
  needSudo(principal);
  const asked = { kind: 'account_read', id: request.params['id'] ?? '' } as const;
  return ofUser(request.params['id'] ?? '', command(asked, 'account', shape, shown, refusals));
};

const shown = ({ account }: { readonly account: Account }): JsonObject => accountObject(account);

export const postUser: Handler = (request, { principal }, shape) => {
  needSudo(principal);
  const values = valuesOf(oneObject(request.body), ['name', 'auth', 'access']);
  const { auth = '' } = values;
  const asked = { kind: 'account_create', values: { ...values, auth } } as const;
  return command(asked, 'account', shape, shown, refusals);
};

export const patchUser: Handler = (request, { principal }, shape) => {
  needSudo(principal);
  const values = valuesOf(oneObject(request.body), []);
  if (Object.keys(values).length === 0) refuse('NO_UPDATES', 'No updates are given');
  const asked = { kind: 'account_change', id: request.params['id'] ?? '', values } as const;
  return ofUser(request.params['id'] ?? '', command(asked, 'account', shape, shown, refusals));
};

export const deleteUser: Handler = (request, { principal }, shape) => {
  needSudo(principal);
  const asked = { kind: 'account_delete', id: request.params['id'] ?? '' } as const;
  const reply = (result: { readonly account: Account }): Json => ({
    ...accountObject(result.account),
    deleted: true,
  });
  return ofUser(request.params['id'] ?? '', command(asked, 'account', shape, reply, refusals));
};

/** Accounts are spoken of as records of `users`. */
function ofUser(id: string, action: Action): Action {
  if (action.kind !== 'account') return action;
  const { fail } = action;
  return {
    ...action,
    fail: (error) => {
      if (error.kind === 'row_not_found') {
        return new MonkError('RECORD_NOT_FOUND', missingMessage([id], 'users'), {}, error);
      }
      return fail ? fail(error) : error;
    },
  };
}

const texts = ['name', 'auth', 'password'] as const;
const lists = ['roles', 'orgs'] as const;

/** What a body sets on an account, all faults at once. */
function valuesOf(body: JsonObject, required: readonly string[]): AccountValues {
  const faults: Item[] = [];
  const fault = (field: string, code: string, message: string): void => {
    faults.push({ field, code, message });
  };
  const known: readonly string[] = [...texts, ...lists, 'access'];
  for (const key of Object.keys(body)) {
    if (!known.includes(key)) fault(key, 'UNKNOWN_FIELD', `Unknown field '${key}'`);
  }
  for (const field of required) {
    if (body[field] === undefined) fault(field, 'REQUIRED', `Field '${field}' is required`);
  }
  for (const field of texts) {
    const value = body[field];
    if (value !== undefined && (typeof value !== 'string' || value === '')) {
      fault(field, 'TYPE', `Field '${field}' is a text`);
    }
  }
  for (const field of lists) {
    const value = body[field];
    if (value !== undefined && !isStrings(value)) {
      fault(field, 'TYPE', `Field '${field}' is an array of names`);
    }
  }
  const { access } = body as { access?: Json };
  if (access !== undefined && !isLevel(access)) {
    fault('access', 'ENUM', `Field 'access' is one of ${levels.join(', ')}`);
  }
  if (faults.length > 0) throw invalid(faults);
  return Object.fromEntries(Object.entries(body)) as AccountValues;
}

function isLevel(value: Json): value is Level {
  return levels.some((level) => level === value);
}
