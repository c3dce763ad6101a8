import type { JsonObject } from '../base/json.ts';
import { bind, join, literal, type Sql, sql } from '../base/sql.ts';
import type { Caller } from './cel/scope.ts';

/** Whom a decision is about. */
export interface Standing {
  readonly caller: Caller;
  /** Roles by which rules find the principal, `*` among them: text[]. */
  readonly roles: Sql;
  /** Whether it is somebody, and so found by rules for `*`. */
  readonly named: Sql;
  /** Whether it is allowed without a rule. `unspoken`: no policy speaks of the resource. */
  readonly anyway: (unspoken: boolean) => Sql;
}

/** Whoever asks, found out by Postgres. `reading`: callers without a token do nothing else. */
export function asking(tenant: string, app: string, reading: boolean): Standing {
  const slug = literal(tenant);
  const where = sql`${slug}, ${literal(app)}`;
  const flag = (value: boolean): Sql => (value ? sql`true` : sql`false`);
  const roles = sql`rowhouse.acting_roles(${where}, ${flag(reading)})`;
  return {
    caller: {
      id: sql`(select rowhouse.caller_id(${slug}))`,
      roles: sql`(select array_remove(${roles}, '*'))`,
      claim: (path) => sql`(select rowhouse.claim(${slug}, ${path}))`,
    },
    roles,
    named: sql`rowhouse.caller_id(${slug}) <> ''`,
    // One call less for most statements.
    anyway: (unspoken) =>
      unspoken ? sql`rowhouse.allowed_anyway(${where}, true)` : sql`rowhouse.administers(${where})`,
  };
}

/** Somebody named by who asks, who must administer the app. */
export interface Subject {
  readonly id: string;
  readonly roles: readonly string[];
  readonly attributes: JsonObject;
}

/** A principal that need not be there. Postgres refuses the question to all but administrators. */
export function supposed(
  tenant: string,
  app: string,
  { id, roles, attributes }: Subject,
): Standing {
  const where = sql`${literal(tenant)}, ${literal(app)}, ${bind(id)}::text`;
  const held = sql`rowhouse.roles_of(${where}, ${bind(roles)}::text[])`;
  return {
    caller: {
      id: sql`${bind(id)}::text`,
      roles: sql`(select array_remove(${held}, '*'))`,
      claim: (path) => sql`nullif(${bind(JSON.stringify(attributes))}::jsonb #> ${path}, 'null')`,
    },
    roles: held,
    named: sql`cardinality(${held}) > 0`,
    anyway: (unspoken) =>
      sql`rowhouse.allowed_anyway_of(${where}, ${unspoken ? sql`true` : sql`false`})`,
  };
}

/** Names as text[]. */
export function names(list: readonly string[]): Sql {
  return sql`array[${join(list.map((name) => literal(name)))}]::text[]`;
}
