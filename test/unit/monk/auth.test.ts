import { describe, expect, it } from 'vitest';
import { type ErrorKind, ServiceError } from '../../../control-plane/base/errors.ts';
import type { Json } from '../../../control-plane/base/json.ts';
import { monk } from '../../../control-plane/dialects/monk/index.ts';
import type {
  Account,
  AccountCommand,
  AccountResult,
} from '../../../control-plane/model/account.ts';
import { type Asked, ask, failed, refused, shown, sudo, time } from './fixture.ts';

const account: Account = {
  id: 'a1',
  username: 'ann',
  name: 'Ann',
  tenant: 'acme',
  access: 'root',
  roles: [],
  orgs: [],
  createdAt: time,
  updatedAt: time,
};
const session: AccountResult = { kind: 'session', token: 'jwt', expiresIn: 900, account };
const login = { tenant: 'acme', username: 'ann', password: 'secret' };

function command(method: string, url: string, asked: Asked = {}): AccountCommand {
  const action = ask(method, url, asked);
  if (action.kind !== 'account') throw new Error(`not an account action but ${action.kind}`);
  return action.command;
}

function reply(method: string, url: string, result: AccountResult, asked: Asked = {}): Json {
  const action = ask(method, url, asked);
  if (action.kind !== 'account') throw new Error('no account action');
  return shown(action.reply(result));
}

describe('sessions', () => {
  it('begin with a login', () => {
    expect(command('POST', '/auth/login', { body: login })).toEqual({ kind: 'login', ...login });
    expect(reply('POST', '/auth/login', session, { body: login })).toEqual({
      success: true,
      data: {
        token: 'jwt',
        user: {
          id: 'a1',
          username: 'ann',
          name: 'Ann',
          tenant: 'acme',
          database: 'acme',
          access: 'root',
        },
      },
    });
  });

  it('begin with a registration', () => {
    expect(command('POST', '/auth/register', { body: login })).toEqual({
      kind: 'register',
      ...login,
      template: 'empty',
    });
    const body = { ...login, email: 'e', template: 't', description: 'd' };
    expect(command('POST', '/auth/register', { body })).toMatchObject(body);
    expect(reply('POST', '/auth/register', session, { body: login })).toEqual({
      success: true,
      data: { tenant: 'acme', database: 'acme', username: 'ann', token: 'jwt', expires_in: 900 },
    });
  });

  it('are renewed', () => {
    expect(command('POST', '/auth/refresh', { body: { token: 't' } })).toEqual({
      kind: 'refresh',
      token: 't',
    });
    expect(reply('POST', '/auth/refresh', session, { body: { token: 't' } })).toEqual({
      success: true,
      data: { token: 'jwt', expires_in: 900 },
    });
    expect(refused('POST', '/auth/refresh', { body: {} })).toMatchObject({
      status: 400,
      code: 'TOKEN_MISSING',
    });
  });

  it('rise to sudo', () => {
    expect(reply('POST', '/api/auth/sudo', session, { body: { reason: 'audit' } })).toMatchObject({
      data: {
        sudo_token: 'jwt',
        root_token: 'jwt',
        token: 'jwt',
        expires_in: 900,
        token_type: 'Bearer',
        access_level: 'root',
        elevated_from: 'edit',
        is_sudo: true,
        reason: 'audit',
        warning: expect.any(String),
      },
    });
  });

  it('say who they are', () => {
    const values = {
      id: 'ann',
      name: 'Ann',
      username: 'ann',
      access: 'edit',
      tenant: 'acme',
      roles: ['r'],
      orgs: ['o'],
      sudo: false,
    };
    expect(reply('GET', '/api/auth/whoami', { kind: 'identity', values })).toEqual({
      success: true,
      data: {
        id: 'ann',
        name: 'Ann',
        username: 'ann',
        access: 'edit',
        tenant: 'acme',
        database: 'acme',
        roles: ['r'],
        orgs: ['o'],
        is_sudo: false,
        access_read: [],
        access_edit: [],
        access_full: [],
      },
    });
  });

  it('are public where they begin', () => {
    const open = monk.routes.filter((route) => route.public === true).map(({ path }) => path);
    expect(open).toEqual([
      '/auth/login',
      '/auth/register',
      '/auth/refresh',
      '/auth/tenants',
      '/auth/templates',
    ]);
  });

  it.each<[string, string, Json]>([
    ['TENANT_MISSING', '/auth/login', {}],
    ['USERNAME_MISSING', '/auth/login', { tenant: 'a' }],
    ['PASSWORD_MISSING', '/auth/login', { tenant: 'a', username: 'b' }],
    ['PASSWORD_MISSING', '/auth/login', { tenant: 'a', username: 'b', password: { $ne: '' } }],
    ['PASSWORD_MISSING', '/auth/register', { tenant: 'a', username: 'b', password: '' }],
    ['DATABASE_NOT_ALLOWED', '/auth/register', { ...login, database: 'x' }],
  ])('are refused with 400 %s at %s', (code, url, body) => {
    expect(refused('POST', url, { body })).toMatchObject({ status: 400, code });
  });

  it.each<[string, number, string, string, ErrorKind]>([
    ['AUTH_FAILED', 401, 'POST', '/auth/login', 'login_refused'],
    ['REGISTRATION_CLOSED', 403, 'POST', '/auth/register', 'forbidden'],
    ['TEMPLATE_NOT_FOUND', 404, 'POST', '/auth/register', 'row_not_found'],
    ['TENANT_EXISTS', 409, 'POST', '/auth/register', 'tenant_exists'],
    ['TOKEN_INVALID', 401, 'POST', '/auth/refresh', 'token_invalid'],
    ['TENANT_LIST_NOT_AVAILABLE', 403, 'GET', '/auth/tenants', 'operator_required'],
    ['TEMPLATE_LIST_NOT_AVAILABLE', 403, 'GET', '/auth/templates', 'forbidden'],
    ['SUDO_ACCESS_DENIED', 403, 'POST', '/api/auth/sudo', 'forbidden'],
  ])('%s is %i at %s %s', (code, status, method, url, kind) => {
    const body = { ...login, token: 't' };
    const error = new ServiceError(kind);
    const asked = url.endsWith('sudo') ? {} : { body };
    expect(failed(method, url, error, asked)).toMatchObject({ status, code });
  });
});

describe('accounts', () => {
  const url = '/api/sudo/users';
  const made = { name: 'Bob', auth: 'bob', access: 'read' } as const;

  it('are managed by sudo tokens of level root', () => {
    expect(command('GET', url, { as: sudo })).toEqual({ kind: 'account_list' });
    expect(command('GET', `${url}/a1`, { as: sudo })).toEqual({ kind: 'account_read', id: 'a1' });
    expect(command('POST', url, { as: sudo, body: made })).toEqual({
      kind: 'account_create',
      values: made,
    });
    expect(command('PATCH', `${url}/a1`, { as: sudo, body: { access: 'full' } })).toEqual({
      kind: 'account_change',
      id: 'a1',
      values: { access: 'full' },
    });
    expect(command('DELETE', `${url}/a1`, { as: sudo })).toEqual({
      kind: 'account_delete',
      id: 'a1',
    });
    for (const as of [
      { ...sudo, sudo: false },
      { ...sudo, access: 'full' as const },
    ]) {
      expect(refused('GET', url, { as })).toMatchObject({
        status: 403,
        code: 'SUDO_TOKEN_REQUIRED',
      });
    }
  });

  it('are shown without secrets', () => {
    expect(reply('GET', `${url}/a1`, { kind: 'account', account }, { as: sudo })).toEqual({
      success: true,
      data: {
        id: 'a1',
        name: 'Ann',
        auth: 'ann',
        username: 'ann',
        access: 'root',
        roles: [],
        orgs: [],
        created_at: time,
        updated_at: time,
      },
    });
    expect(
      failed('GET', `${url}/zz`, new ServiceError('row_not_found'), { as: sudo }),
    ).toMatchObject({
      status: 404,
      code: 'RECORD_NOT_FOUND',
    });
  });

  it('are checked, all faults at once', () => {
    const body = { auth: 5, access: 'king', roles: 'x', nope: 1 };
    const { body: found } = refused('POST', url, { as: sudo, body });
    const { validation_errors: errors } = found['data'] as {
      validation_errors: { field: string; code: string }[];
    };
    expect(errors.map(({ field, code }) => `${field} ${code}`).sort()).toEqual([
      'access ENUM',
      'auth TYPE',
      'name REQUIRED',
      'nope UNKNOWN_FIELD',
      'roles TYPE',
    ]);
  });
});
