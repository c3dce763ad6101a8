import { ServiceError } from '../base/errors.ts';
import { isObject, type Json, type JsonObject } from '../base/json.ts';
import type { Reply } from '../dialects/dialect.ts';
import type { Tenant, TenantAdmin } from '../service/admin.ts';
import type { Tokens } from '../service/tokens.ts';
import { authenticate } from './auth.ts';
import type { BodyReader } from './body.ts';
import type { Endpoint, Exchange } from './exchange.ts';
import type { Limiter } from './limit.ts';
import { takeTurn } from './mount.ts';

export interface AdminParts {
  readonly admin: TenantAdmin;
  readonly tokens: Pick<Tokens, 'verify' | 'resolve'>;
  readonly readBody: BodyReader;
  readonly limiter: Limiter;
}

type Work = (exchange: Exchange) => Promise<Reply>;

/** The operator's API: tenants. Every route needs a token with `operator: true`. */
export function adminEndpoints(parts: AdminParts): readonly Endpoint[] {
  const { admin } = parts;
  const endpoint = (method: string, path: string, work: Work): Endpoint => ({
    method,
    path,
    handle: async (exchange) => {
      await requireOperator(exchange, parts);
      return work(exchange);
    },
  });
  return [
    endpoint('POST', '/admin/tenants', async (exchange) => {
      const { tenant, name } = newTenant(await parts.readBody.json(exchange));
      return reply(201, shown(await admin.create(tenant, name, caller(exchange))));
    }),
    endpoint('GET', '/admin/tenants', async () =>
      reply(200, { tenants: (await admin.list()).map(shown) }),
    ),
    endpoint('GET', '/admin/tenants/:tenant', async (exchange) =>
      reply(200, shown(await admin.read(named(exchange)))),
    ),
    endpoint('DELETE', '/admin/tenants/:tenant', async (exchange) => {
      const tenant = named(exchange);
      const confirmed = exchange.query.get('confirm');
      if (confirmed?.length !== 1 || confirmed[0] !== tenant) {
        throw new ServiceError(
          'bad_request',
          `This removes the tenant and all its rows. Confirm with ?confirm=${tenant}`,
          { field: 'confirm', reason: 'confirmation_missing' },
        );
      }
      await admin.drop(tenant, caller(exchange));
      return reply(200, { tenant, deleted: true });
    }),
  ];
}

async function requireOperator(exchange: Exchange, parts: AdminParts): Promise<void> {
  const principal = await authenticate(parts.tokens, exchange.headers);
  if (principal === undefined) throw new ServiceError('token_missing');
  if (!principal.operator) throw new ServiceError('operator_required');
  exchange.principal = principal;
  await takeTurn(exchange, parts.limiter);
}

function caller(exchange: Exchange): string {
  return exchange.principal?.sub ?? '';
}

function named(exchange: Exchange): string {
  return exchange.params['tenant'] ?? '';
}

function newTenant(body: Json | undefined): { tenant: string; name?: string } {
  if (!isObject(body)) throw new ServiceError('invalid_body', 'The body must be an object');
  for (const key of Object.keys(body)) {
    if (key !== 'tenant' && key !== 'name') {
      throw new ServiceError('invalid_body', `Unknown key ${key}`, { field: key });
    }
  }
  const { tenant, name } = body as { tenant?: Json; name?: Json };
  if (typeof tenant !== 'string') {
    throw new ServiceError('invalid_body', 'tenant must be a string', { field: 'tenant' });
  }
  if (name !== undefined && name !== null && typeof name !== 'string') {
    throw new ServiceError('invalid_body', 'name must be a string', { field: 'name' });
  }
  return typeof name === 'string' ? { tenant, name } : { tenant };
}

function shown(tenant: Tenant): JsonObject {
  return {
    tenant: tenant.slug,
    name: tenant.name,
    status: tenant.status,
    created_at: tenant.createdAt,
  };
}

function reply(status: number, json: JsonObject): Reply {
  return { status, body: { json } };
}
