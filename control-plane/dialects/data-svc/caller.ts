import type { Json } from '../../base/json.ts';
import { activeOrgOf, namesOf, type Principal } from '../../model/principal.ts';
import { refuse } from './refuse.ts';

/** Every authenticated caller of the tenant, in readers. */
export const anyone = 'any';

/** Who calls: identifiers, and what the reserved entries stand for. */
export interface Caller {
  readonly sub: string;
  readonly names: ReadonlySet<string>;
  readonly activeOrg: string | undefined;
}

export function callerOf(principal: Principal): Caller {
  return {
    sub: principal.sub,
    names: new Set(namesOf(principal)),
    activeOrg: activeOrgOf(principal),
  };
}

/** An entry of an access list, reserved ones replaced. @throws ServiceError bad_request */
export function entry(value: Json, key: string, caller: Caller): string {
  if (typeof value !== 'string' || value === '')
    return refuse(key, 'entries must be non-empty strings');
  if (Buffer.byteLength(value) > 255) return refuse(key, 'entries must have at most 255 bytes');
  if (value === '_self') return caller.sub;
  if (value !== '_org') return value;
  return caller.activeOrg ?? refuse(key, '_org needs an active org');
}

/** A whole list: order kept, duplicates dropped. */
export function entries(values: readonly Json[], key: string, caller: Caller): readonly string[] {
  return [...new Set(values.map((value) => entry(value, key, caller)))];
}
