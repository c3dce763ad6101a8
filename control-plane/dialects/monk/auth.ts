import type { ServiceError } from '../../base/errors.ts';
import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import type { AccountCommand, AccountResult } from '../../model/account.ts';
import type { Action, DialectRequest, RouteContext } from '../dialect.ts';
import { oneObject } from './changes.ts';
import { type Code, codes, MonkError, refuse } from './codes.ts';
import { translate } from './errors.ts';
import { type Shape, successJson } from './respond.ts';

type Handler = (request: DialectRequest, context: RouteContext, shape: Shape) => Action;
type Kind = AccountResult['kind'];
type Of<K extends Kind> = Extract<AccountResult, { kind: K }>;

/** What refusals of a command are called; the others keep their common names. */
type Names = Partial<Record<ServiceError['kind'], Code>>;

/** The action of a command that answers with a result of this kind. */
export function command<K extends Kind>(
  asked: AccountCommand,
  kind: K,
  shape: Shape,
  reply: (result: Of<K>) => Json,
  names: Names = {},
): Action {
  return {
    kind: 'account',
    command: asked,
    reply: (result) => {
      if (result.kind !== kind) return refuse('INTERNAL_ERROR', 'Internal error');
      return successJson(shape, reply(result as Of<K>));
    },
    fail: (error) => {
      const code = names[error.kind];
      return code === undefined ? translate(error) : renamed(error, code);
    },
  };
}

function renamed(error: ServiceError, code: Code): MonkError {
  const data = isObject(error.detail.data) ? { data: error.detail.data } : {};
  return new MonkError(code, error.message, codes[code][0] === 403 ? {} : data, error);
}

function needed(body: JsonObject, field: string, code: Code): string {
  const value = body[field];
  if (typeof value === 'string' && value !== '') return value;
  return refuse(code, `${field} is needed`, { field });
}

function optional(body: JsonObject, field: string): string | undefined {
  const value = body[field] ?? undefined;
  if (value === undefined || typeof value === 'string') return value;
  return refuse('REQUEST_INVALID_FORMAT', `${field} is a text`, { field });
}

function credentials(body: JsonObject): { tenant: string; username: string; password: string } {
  return {
    tenant: needed(body, 'tenant', 'TENANT_MISSING'),
    username: needed(body, 'username', 'USERNAME_MISSING'),
    password: needed(body, 'password', 'PASSWORD_MISSING'),
  };
}

export const login: Handler = (request, _context, shape) => {
  const asked = credentials(oneObject(request.body ?? {}));
  return command({ kind: 'login', ...asked }, 'session', shape, ({ token, account }) => ({
    token,
    user: {
      id: account.id,
      username: account.username,
      name: account.name,
      tenant: account.tenant,
      database: account.tenant,
      access: account.access,
    },
  }));
};

export const register: Handler = (request, _context, shape) => {
  const body = oneObject(request.body ?? {});
  if (body['database'] !== undefined) {
    refuse('DATABASE_NOT_ALLOWED', 'A database cannot be chosen', { field: 'database' });
  }
  const email = optional(body, 'email');
  const description = optional(body, 'description');
  const asked: AccountCommand = {
    kind: 'register',
    ...credentials(body),
    template: optional(body, 'template') ?? 'empty',
    ...(email === undefined ? {} : { email }),
    ...(description === undefined ? {} : { description }),
  };
  return command(
    asked,
    'session',
    shape,
    ({ token, expiresIn, account }) => ({
      tenant: account.tenant,
      database: account.tenant,
      username: account.username,
      token,
      expires_in: expiresIn,
    }),
    { forbidden: 'REGISTRATION_CLOSED', row_not_found: 'TEMPLATE_NOT_FOUND' },
  );
};

export const refresh: Handler = (request, _context, shape) => {
  const { token } = oneObject(request.body ?? {}) as { token?: Json };
  if (typeof token !== 'string' || token === '') {
    return refuse('TOKEN_MISSING', 'token is needed', { field: 'token', status: 400 });
  }
  return command({ kind: 'refresh', token }, 'session', shape, (session) => ({
    token: session.token,
    expires_in: session.expiresIn,
  }));
};

const named = ({ names }: Of<'names'>): Json =>
  names.map(({ name, description }) => ({ name, description }));

export const tenants: Handler = (_request, _context, shape) =>
  command({ kind: 'tenants' }, 'names', shape, named, {
    operator_required: 'TENANT_LIST_NOT_AVAILABLE',
    forbidden: 'TENANT_LIST_NOT_AVAILABLE',
    token_missing: 'TENANT_LIST_NOT_AVAILABLE',
  });

export const templates: Handler = (_request, _context, shape) =>
  command({ kind: 'templates' }, 'names', shape, named, {
    forbidden: 'TEMPLATE_LIST_NOT_AVAILABLE',
  });

export const whoami: Handler = (_request, _context, shape) =>
  command({ kind: 'whoami' }, 'identity', shape, ({ values }) => ({
    id: values['id'] ?? null,
    name: values['name'] ?? null,
    username: values['username'] ?? null,
    access: values['access'] ?? null,
    tenant: values['tenant'] ?? null,
    database: values['tenant'] ?? null,
    roles: values['roles'] ?? [],
    orgs: values['orgs'] ?? [],
    is_sudo: values['sudo'] ?? false,
    access_read: [],
    access_edit: [],
    access_full: [],
  }));

export const sudo: Handler = (request, { principal }, shape) => {
  const reason = optional(oneObject(request.body ?? {}), 'reason');
  return command(
    { kind: 'sudo', ...(reason === undefined ? {} : { reason }) },
    'session',
    shape,
    ({ token, expiresIn, account }) => ({
      sudo_token: token,
      root_token: token,
      token,
      expires_in: expiresIn,
      token_type: 'Bearer',
      access_level: account.access,
      elevated_from: principal.access,
      is_sudo: true,
      reason: reason ?? null,
      warning: 'This token overrides access lists and protected schemas: use it only for this task',
    }),
    { forbidden: 'SUDO_ACCESS_DENIED' },
  );
};
