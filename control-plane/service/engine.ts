import { ServiceError } from '../base/errors.ts';
import type {
  Action,
  DefinitionOutcome,
  DialectRequest,
  Reply,
  Route,
} from '../dialects/dialect.ts';
import type { AccountCommand, AccountResult } from '../model/account.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Definition } from '../model/definition.ts';
import type { Principal } from '../model/principal.ts';
import type { Result } from '../statement/statement.ts';

/** One request after the edge has done its part: token verified, tenant settled, body parsed. */
export interface Call {
  readonly route: Route;
  readonly request: DialectRequest;
  /** Absent on public routes. Its tenant is the one addressed. */
  readonly principal?: Principal;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
  /** Who sent the request of a public route, if anybody said; a bad token is token_invalid. */
  readonly identify: () => Promise<Principal | undefined>;
}

/** The only thing http/ asks for data. */
export interface Engine {
  /** @throws ServiceError */
  readonly perform: (call: Call) => Promise<Reply>;
  /** The current definitions of a tenant. @throws ServiceError tenant_not_found */
  readonly catalog: (tenant: string) => Promise<Catalog>;
}

/** Who asks, and for which request. */
export interface Caller {
  readonly principal: Principal;
  readonly requestId: string;
  readonly signal: AbortSignal;
}

type Statements = Extract<Action, { kind: 'statements' }>['statements'];

/** The use cases behind the engine, one function each. */
export interface EngineParts {
  /** `fresh`: known to be stale, read again. */
  readonly load: (tenant: string, fresh: boolean) => Promise<Catalog>;
  readonly execute: (
    statements: Statements,
    catalog: Catalog,
    caller: Caller,
  ) => Promise<readonly Result[]>;
  readonly define: (
    definition: Definition,
    catalog: Catalog,
    caller: Caller,
  ) => Promise<DefinitionOutcome>;
  readonly account: (command: AccountCommand, call: Call) => Promise<AccountResult>;
}

const nobody: Principal = Object.freeze({
  sub: '',
  roles: [],
  orgs: [],
  access: 'deny',
  sudo: false,
  operator: false,
});

const nothing: Catalog = Object.freeze({ tenant: '', schema: '', version: 0, tables: [] });

/** How often a request is planned anew after a definition overtook it: definitions can come in series. */
const attempts = 3;

/** The engine: catalog, the route's pure action, and what the action needs done. */
export function createEngine(parts: EngineParts): Engine {
  return {
    catalog: (tenant) => parts.load(tenant, false),
    perform: async (call) => {
      const { principal } = call;
      if (principal === undefined) {
        const action = call.route.handle(call.request, { principal: nobody, catalog: nothing });
        return act(parts, action, nothing, call, nobody);
      }
      for (let attempt = 1; ; attempt++) {
        const catalog = await load(parts, principal, attempt > 1);
        const action = call.route.handle(call.request, { principal, catalog });
        try {
          return await act(parts, action, catalog, call, principal);
        } catch (error) {
          if (!isStale(error) || attempt === attempts) throw error;
        }
      }
    },
  };
}

/** A verified token of a tenant that is gone or inactive is refused like any other bad token. */
async function load(parts: EngineParts, principal: Principal, fresh: boolean): Promise<Catalog> {
  if (principal.tenant === undefined) throw new ServiceError('tenant_mismatch');
  try {
    return await parts.load(principal.tenant, fresh);
  } catch (error) {
    if (error instanceof ServiceError && error.kind === 'tenant_not_found') {
      throw new ServiceError('token_invalid', undefined, {}, { cause: error });
    }
    throw error;
  }
}

async function act(
  parts: EngineParts,
  action: Action,
  catalog: Catalog,
  call: Call,
  principal: Principal,
): Promise<Reply> {
  if (action.kind === 'reply') return action.reply;
  const caller: Caller = { principal, requestId: call.request.id, signal: call.signal };
  try {
    switch (action.kind) {
      case 'account':
        return action.reply(await parts.account(action.command, call));
      case 'statements':
        return action.reply(await parts.execute(action.statements, catalog, caller));
      case 'definition':
        return action.reply(await parts.define(action.definition, catalog, caller));
      default: {
        const never: never = action;
        return never;
      }
    }
  } catch (error) {
    if (!(error instanceof ServiceError) || isStale(error)) throw error;
    throw action.fail?.(error) ?? error;
  }
}

function isStale(error: unknown): boolean {
  return error instanceof ServiceError && error.kind === 'stale_catalog';
}
