import { createHash } from 'node:crypto';
import type { Catalog } from '../model/catalog.ts';
import { namesOf, type Principal } from '../model/principal.ts';

interface Known {
  readonly catalog: Catalog;
  readonly key: string;
}

/** A request asks more than once, and a principal is that of a token as long as the token is remembered. */
const known = new WeakMap<Principal, Known>();

/**
 * All that the verdicts of access lists depend on for a caller, by the definitions of the moment: what is remembered under it is of nobody
 * else. A hash, so that its size is the same however many names the caller has, and no memory holds them.
 */
export function callerKey(catalog: Catalog, principal: Principal): string {
  const before = known.get(principal);
  if (before?.catalog === catalog) return before.key;
  const { tenant, version } = catalog;
  const { access, sudo } = principal;
  const facts = JSON.stringify([tenant, version, access, sudo, namesOf(principal)]);
  const key = createHash('sha256').update(facts).digest('base64');
  known.set(principal, { catalog, key });
  return key;
}
