import {
  answer,
  boolean,
  constant,
  integer,
  json,
  list,
  needing,
  nullable,
  object,
  type Routes,
  text,
} from '../../described.ts';
import { ref, success } from './schemas.ts';

const credentials = { tenant: text, username: text, password: text };
const named = list(object({ name: text, description: nullable(text) }));
const account = (description: string) => answer(description, success(ref('Account')));

export const accounts: Routes = {
  'POST /auth/login': {
    id: 'logIn',
    summary: 'Get a token for a name and a password',
    body: {
      media: json(object(credentials)),
      example: { tenant: 'acme', username: 'ada', password: 'secret' },
    },
    replies: {
      200: answer(
        'A token of 24 hours.',
        success(
          object({
            token: text,
            user: object({
              id: text,
              username: text,
              name: text,
              tenant: text,
              database: text,
              access: text,
            }),
          }),
        ),
      ),
    },
  },
  'POST /auth/register': {
    id: 'registerTenant',
    summary: 'Make a tenant and its first account',
    body: {
      media: json(
        object({ ...credentials, 'email?': text, 'template?': text, 'description?': text }),
      ),
      example: { tenant: 'acme', username: 'ada', password: 'secret', template: 'empty' },
    },
    replies: {
      200: answer(
        'A token of level root.',
        success(
          object({
            tenant: text,
            database: text,
            username: text,
            token: text,
            expires_in: integer,
          }),
        ),
      ),
    },
  },
  'POST /auth/refresh': {
    id: 'refreshToken',
    summary: 'Get a new token for one that is still good',
    body: { media: json(object({ token: text })) },
    replies: {
      200: answer('The new token.', success(object({ token: text, expires_in: integer }))),
    },
  },
  'GET /auth/tenants': {
    id: 'listTenants',
    summary: 'List tenants, for operators',
    replies: { 200: answer('Tenants by name.', success(named)) },
  },
  'GET /auth/templates': {
    id: 'listTemplates',
    summary: 'List the templates that registration knows',
    replies: { 200: answer('Templates by name.', success(named)) },
  },
  'GET /api/auth/whoami': {
    id: 'getIdentity',
    summary: 'Tell who the caller is',
    replies: { 200: answer('The caller, as its token and account say.', success(ref('Identity'))) },
  },
  'POST /api/auth/sudo': {
    id: 'raiseToken',
    summary: 'Get a short-lived sudo token',
    body: {
      media: json(object({ 'reason?': text })),
      optional: true,
      example: { reason: 'audit' },
    },
    replies: {
      200: answer(
        'A token of 15 minutes.',
        success(
          object({
            sudo_token: text,
            root_token: text,
            token: text,
            expires_in: integer,
            token_type: constant('Bearer'),
            access_level: text,
            elevated_from: text,
            is_sudo: boolean,
            reason: nullable(text),
            warning: text,
          }),
        ),
      ),
    },
  },
  'GET /api/sudo/users': {
    id: 'listAccounts',
    summary: 'List the accounts of the tenant',
    replies: { 200: answer('Accounts without secrets.', success(list(ref('Account')))) },
  },
  'POST /api/sudo/users': {
    id: 'createAccount',
    summary: 'Make an account',
    body: {
      media: json(needing(ref('AccountSent'), 'name', 'auth', 'access')),
      example: { name: 'Grace', auth: 'grace', access: 'edit', password: 'secret' },
    },
    replies: { 200: account('The account.') },
  },
  'GET /api/sudo/users/:id': {
    id: 'getAccount',
    summary: 'Read an account',
    replies: { 200: account('The account.') },
  },
  'PATCH /api/sudo/users/:id': {
    id: 'updateAccount',
    summary: 'Change an account',
    body: { media: json(ref('AccountSent')), example: { access: 'read' } },
    replies: { 200: account('The account after the change.') },
  },
  'DELETE /api/sudo/users/:id': {
    id: 'deleteAccount',
    summary: 'Delete an account; its tokens end',
    replies: { 200: account('The account that was.') },
  },
};
