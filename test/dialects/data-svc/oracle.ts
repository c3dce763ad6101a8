/** Rights of mode lists, said once more in plain TypeScript from the page alone. Imports nothing of the product. */

export interface Someone {
  readonly sub: string;
  readonly orgs: readonly string[];
  readonly roles: readonly string[];
}

export interface Listed {
  readonly authors: readonly string[];
  readonly readers: readonly string[];
  readonly writers: readonly string[];
  readonly deleters: readonly string[];
  /** Set through other dialects. */
  readonly full?: readonly string[];
  readonly deny?: readonly string[];
}

/** User id, orgs, orgs of roles, roles. */
export function identifiers(who: Someone): readonly string[] {
  const held = who.roles.flatMap((role) => {
    const [service, kind, org] = role.split(':');
    const held = /^\{(.+)\}$/.exec(org ?? '')?.[1];
    return service === 'user-svc' && kind === 'org' && held !== undefined ? [held] : [];
  });
  return [who.sub, ...who.orgs, ...who.roles, ...held];
}

function meet(who: Someone, list: readonly string[] = []): boolean {
  return list.some((entry) => identifiers(who).includes(entry));
}

export function mayRead(who: Someone, object: Listed): boolean {
  if (meet(who, object.deny)) return false;
  return object.readers.includes('any') || meet(who, object.readers) || meet(who, object.full);
}

export function mayWrite(who: Someone, object: Listed): boolean {
  return !meet(who, object.deny) && (meet(who, object.writers) || meet(who, object.full));
}

export function mayDelete(who: Someone, object: Listed): boolean {
  return !meet(who, object.deny) && (meet(who, object.deleters) || meet(who, object.full));
}

export function maySetLists(who: Someone, object: Listed): boolean {
  return !meet(who, object.deny) && (mayWrite(who, object) || object.authors.includes(who.sub));
}
