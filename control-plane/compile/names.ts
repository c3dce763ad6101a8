import { createHash } from 'node:crypto';

/** Postgres cuts at 63 bytes; 50 leaves room for what sharding extensions append. */
const limit = 50;

/**
 * A name of at most 50 bytes for a constraint, index or trigger: `<base>_<suffix>`, with a hash of the whole base where it is cut.
 * Bases that look hashed are hashed too, so no crafted column name meets the cut name of another.
 */
export function shortName(base: string, suffix: string): string {
  const plain = `${base}_${suffix}`;
  if (Buffer.byteLength(plain) <= limit && !/_[0-9a-f]{8}$/.test(base)) return plain;
  const hash = createHash('sha256').update(base).digest('hex').slice(0, 8);
  return `${cut(base, limit - suffix.length - hash.length - 2)}_${hash}_${suffix}`;
}

/** A name for something of several columns: each length is told, so `a_b, c` and `a, b_c` differ. */
export function joinedName(columns: readonly string[], suffix: string): string {
  const [only] = columns;
  if (columns.length === 1 && only !== undefined) return shortName(only, suffix);
  const hash = createHash('sha256').update(JSON.stringify(columns)).digest('hex').slice(0, 8);
  return shortName(`${columns.join('_')}_${hash}`, suffix);
}

/** The longest head of whole characters within so many bytes. */
export function cut(text: string, bytes: number): string {
  let head = '';
  let used = 0;
  for (const character of text) {
    used += Buffer.byteLength(character);
    if (used > bytes) break;
    head += character;
  }
  return head;
}

/** Name of a tenant's schema and of its role. */
export function tenantSchema(slug: string): string {
  if (!/^[a-z][a-z0-9_-]{0,39}$/.test(slug)) throw new TypeError(`not a tenant slug: ${slug}`);
  return `t_${slug}`;
}
