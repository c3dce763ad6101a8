import type { JsonObject } from '../base/json.ts';

/** Access levels of a principal, lowest first. The position is the number that Postgres compares. */
export const levels = ['deny', 'read', 'edit', 'full', 'root'] as const;

export type Level = (typeof levels)[number];

/** Who asks: the verified content of a token, or of a login role's binding. */
export interface Principal {
  readonly sub: string;
  /** Slug of the tenant the token was issued for; absent on operator tokens. */
  readonly tenant?: string;
  readonly roles: readonly string[];
  readonly orgs: readonly string[];
  readonly access: Level;
  readonly sudo: boolean;
  readonly operator: boolean;
  /** Active org of Data Svc callers. */
  readonly activeOrg?: string;
  /** When the token was issued, in seconds of the epoch, if it says so: it can't be older than its tenant. */
  readonly issuedAt?: number;
  /** Claims of the token that the server has no meaning for: what conditions of policies can speak of. */
  readonly attributes?: JsonObject;
}

/** Who calls without a token, of whatever tenant: no name, no level, the one role that policies can speak of. */
export const anonymous: Omit<Principal, 'tenant'> = Object.freeze({
  sub: '',
  roles: Object.freeze(['anonymous']),
  orgs: Object.freeze([]),
  access: 'deny',
  sudo: false,
  operator: false,
});

/** Whether this is a caller without a token: tokens always name a sub. */
export function isAnonymous({ sub }: Pick<Principal, 'sub'>): boolean {
  return sub === '';
}

/** The org that a role of the form `user-svc:org:{ID}:…` is held in. */
const roleOrg = /^user-svc:org:\{([^{}]+)\}:/;

/** The names access lists can hold for a principal: its id, orgs, roles and the orgs these are held in, distinct and sorted. */
export function namesOf(
  principal: Pick<Principal, 'sub' | 'orgs' | 'roles' | 'activeOrg'>,
): readonly string[] {
  const { sub, orgs, roles, activeOrg } = principal;
  const held = roles.flatMap((role) => roleOrg.exec(role)?.[1] ?? []);
  const names = [sub, ...orgs, ...roles, ...held, activeOrg ?? ''].filter((name) => name !== '');
  return [...new Set(names)].sort();
}

/** The org the principal acts for: that of its token, else the first of its orgs. */
export function activeOrgOf(principal: Pick<Principal, 'orgs' | 'activeOrg'>): string | undefined {
  return principal.activeOrg ?? principal.orgs[0];
}

/**
 * The claims that a session of the gateway carries for one transaction: the setting `rowhouse.claims`. Without the key of stored
 * verdicts: rowhouse.principal() makes that itself, for login roles too.
 */
export function claimsOf(principal: Principal, requestId: string): JsonObject {
  return {
    tenant: principal.tenant ?? '',
    sub: principal.sub,
    names: namesOf(principal),
    roles: principal.roles,
    orgs: principal.orgs,
    level: levels.indexOf(principal.access),
    sudo: principal.sudo,
    rid: requestId,
    ...(principal.activeOrg === undefined ? {} : { org: principal.activeOrg }),
    ...(principal.issuedAt === undefined ? {} : { iat: principal.issuedAt }),
    ...(principal.attributes === undefined ? {} : { attr: principal.attributes }),
  };
}
