import { isObject, type Json } from '../../base/json.ts';
import type { Catalog } from '../../model/catalog.ts';
import type { Role } from '../../model/role.ts';
import type { Action, DialectRequest, RouteContext } from '../dialect.ts';
import { notFound, refuse } from './errors.ts';
import { params } from './params.ts';
import { reply } from './reply.ts';

const prefix = 'PGREST_';
const universal: readonly string[] = [
  'PGREST_ADMIN',
  'PGREST_ROLE_ADMIN',
  'PGREST_WRITE',
  'PGREST_READ',
  'PGREST_USER',
];
/** Given by the operator, never here. */
const fixed = universal.slice(0, 4);

export function listRoles({ query }: DialectRequest, { catalog }: RouteContext): Action {
  params(query, []);
  const names = (catalog.roles ?? [])
    .map(({ name }) => name)
    .filter((name) => name.startsWith(prefix));
  return { kind: 'reply', reply: reply(names) };
}

export function postRole({ body, query }: DialectRequest, { catalog }: RouteContext): Action {
  params(query, []);
  const sent = textsOf(body, ['role_name', 'description']);
  const { role_name: name = '', description = '' } = sent;
  if (!/^PGREST_[A-Za-z0-9_-]{1,56}$/.test(name)) {
    refuse('role_name is PGREST_ and 1 to 56 letters, digits, _ or -', 'role_name');
  }
  const taken = catalog.roles?.some((role) => role.name.toLowerCase() === name.toLowerCase());
  if (taken || isOneOf(universal, name))
    refuse(`The role ${name} exists`, 'role_name', 'table_exists');
  return {
    kind: 'definition',
    definition: { kind: 'create_role', name, description },
    reply: () => reply('Role successfully created'),
  };
}

export function getRole(
  { params: { role = '' }, query }: DialectRequest,
  { catalog }: RouteContext,
): Action {
  params(query, []);
  return { kind: 'reply', reply: reply(roleObject(needRole(catalog, role), catalog.tenant)) };
}

export function postGrant(request: DialectRequest, { catalog }: RouteContext): Action {
  params(request.query, []);
  const sent = textsOf(request.body, ['method', 'username']);
  const method = sent['method']?.toLowerCase();
  if (method !== 'grant' && method !== 'revoke') refuse('method must be grant or revoke', 'method');
  const sub = sent['username'] ?? '';
  if (Buffer.byteLength(sub) > 255) refuse('username is too long', 'username');
  const asked = request.params['role'] ?? '';
  if (isOneOf(fixed, asked)) refuse(`${asked} is not managed here`, 'role_name');
  const role = needRole(catalog, asked);
  const held = role.members.includes(sub);
  if (held === (method === 'grant')) {
    const none = held ? 'User already has role' : "User already didn't have role";
    return { kind: 'reply', reply: reply(`No changes made. ${none}`) };
  }
  return {
    kind: 'definition',
    definition: { kind: `${method}_role`, name: role.name, sub },
    reply: () => reply(method === 'grant' ? 'Role granted to user' : 'Role revoked from user'),
  };
}

function isOneOf(names: readonly string[], name: string): boolean {
  return names.some((each) => each.toLowerCase() === name.toLowerCase());
}

function needRole(catalog: Catalog, name: string): Role {
  if (!name.startsWith(prefix)) refuse(`A role's name begins with ${prefix}`, 'role_name');
  const role = catalog.roles?.find((each) => each.name === name);
  if (!role) throw notFound('role');
  return role;
}

/** Both keys, each a text that is not empty, and no other. */
function textsOf(
  body: Json | undefined,
  keys: readonly string[],
): Readonly<Record<string, string>> {
  if (!isObject(body)) return refuse('The body must be a JSON object', 'body');
  const other = Object.keys(body).find((key) => !keys.includes(key));
  if (other !== undefined) refuse(`Unknown key ${other}`, other);
  return Object.fromEntries(
    keys.map((key) => {
      const value = body[key];
      const good = typeof value === 'string' && value !== '' && !value.includes('\0');
      return [key, good ? value : refuse(`${key} must be text`, key)];
    }),
  );
}

/** Times are UTC and bear no zone. */
function zoneless(time: string): string {
  return time.replace(/Z$/, '');
}

function roleObject(role: Role, tenant: string) {
  return {
    id: role.id,
    tenant,
    name: role.name,
    description: role.description,
    owner: 'pgrest',
    ownerTenant: tenant,
    created: zoneless(role.createdAt),
    createdby: role.createdBy,
    createdbyTenant: tenant,
    updated: zoneless(role.updatedAt),
    updatedby: role.updatedBy,
    updatedbyTenant: tenant,
    usersInRole: [...role.members],
  };
}
