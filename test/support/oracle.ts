/**
 * Who may do what with a row, said once more in plain TypeScript from the normative pages alone. Imports nothing of the product: a
 * mistake there must not be repeated here.
 */

export type OracleLevel = 'deny' | 'read' | 'edit' | 'full' | 'root';

/** Who asks, as far as rights go. */
export interface Who {
  readonly sub: string;
  readonly roles?: readonly string[];
  readonly orgs?: readonly string[];
  readonly access: OracleLevel;
  readonly sudo?: boolean;
}

/** The access lists of one row; absent is empty. */
export interface Lists {
  readonly read?: readonly string[];
  readonly edit?: readonly string[];
  readonly full?: readonly string[];
  readonly delete?: readonly string[];
  readonly deny?: readonly string[];
}

export type OracleRight = 'read' | 'update' | 'delete' | 'manage';

const order: readonly OracleLevel[] = ['deny', 'read', 'edit', 'full', 'root'];

function atLeast(who: Who, level: OracleLevel): boolean {
  return order.indexOf(who.access) >= order.indexOf(level);
}

/** True when the list names the caller by id, org or role, exactly. */
function names(who: Who, ...lists: (readonly string[] | undefined)[]): boolean {
  const own = new Set([who.sub, ...(who.orgs ?? []), ...(who.roles ?? [])]);
  return lists.some((list) => (list ?? []).some((member) => own.has(member)));
}

/** Access mode `acl`, the right alone: monk.md section 5, in its order. */
export function holds(who: Who, lists: Lists, right: OracleRight): boolean {
  if (who.sudo === true) return true;
  if (names(who, lists.deny)) return false;
  if (right === 'manage') return names(who, lists.full) || atLeast(who, 'full');
  const explicit = [lists.read, lists.edit, lists.full, lists.delete, lists.deny].some(
    (list) => (list ?? []).length > 0,
  );
  if (explicit) {
    if (right === 'read') return names(who, lists.read, lists.edit, lists.full);
    if (right === 'update') return names(who, lists.edit, lists.full);
    return names(who, lists.full, lists.delete);
  }
  return atLeast(who, right === 'read' ? 'read' : right === 'update' ? 'edit' : 'full');
}

/**
 * What comes of trying, in access mode `acl`: a row that can't be read is not there for updates and deletes, whatever other right is
 * held on it. Only the managing right of level full or root reaches past that.
 */
export function outcome(
  who: Who,
  lists: Lists,
  right: OracleRight,
): 'done' | 'not found' | 'forbidden' {
  if (holds(who, lists, right)) {
    if (right === 'manage' || right === 'read' || holds(who, lists, 'read')) return 'done';
  }
  return holds(who, lists, 'read') ? 'forbidden' : 'not found';
}

/** Level edit creates rows, with any lists. */
export function mayCreate(who: Who): boolean {
  return who.sudo === true || atLeast(who, 'edit');
}
