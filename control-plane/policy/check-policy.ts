import { ServiceError } from '../base/errors.ts';
import { sql } from '../base/sql.ts';
import type { Catalog } from '../model/catalog.ts';
import { type Condition, coversResource, type Policy, tableResource } from '../model/policy.ts';
import type { Scope } from './cel/scope.ts';
import { conditionValue } from './condition.ts';
import { bare, givenScope, tableScope } from './resource.ts';
import { undefinedRoles } from './rules.ts';
import { asking } from './standing.ts';

/**
 * Refuses a policy that could not do what it says: a condition that is no condition, or names what the tables it is about have not; a
 * derived role that nothing defines. A policy for all tables must fit one of them at least; in others it goes as far as it fits.
 * @throws ServiceError invalid_definition
 */
export function checkPolicy(policy: Policy, catalog: Catalog): void {
  const others = (catalog.policies ?? []).filter(({ app }) => app === policy.app);
  const [missing] = undefinedRoles(policy.content, others);
  if (missing !== undefined) {
    const message = `No set of derived roles that the policy imports defines '${missing}'`;
    throw new ServiceError('invalid_definition', message, { reason: 'derived_role' });
  }
  for (const [resource, condition] of conditionsOf(policy)) {
    checkCondition(condition, scopesFor(resource, policy.app, catalog));
  }
}

/** Conditions with the resources they are about; derived roles are about whatever uses them. */
function conditionsOf({
  content,
}: Policy): readonly (readonly [resource: string | undefined, condition: Condition])[] {
  const of = (resource: string | undefined, condition: Condition | undefined) =>
    condition ? [[resource, condition] as const] : [];
  switch (content.kind) {
    case 'resource':
      return content.rules.flatMap(({ condition }) => of(content.resource, condition));
    case 'principal':
    case 'role':
      return content.rules.flatMap(({ resource, condition }) => of(resource, condition));
    case 'derived_roles':
      return content.definitions.flatMap(({ condition }) => of(undefined, condition));
  }
}

/** What the condition may be about: the tables meant; anything where none is meant, or none is there yet. */
function scopesFor(resource: string | undefined, app: string, catalog: Catalog): readonly Scope[] {
  const { caller } = asking(catalog.tenant, app, true);
  const tables = catalog.tables.filter(
    (table) =>
      table.app === app &&
      table.kind === 'table' &&
      coversResource(resource ?? '*', tableResource(table.name)),
  );
  const scopes = tables.map((table) => tableScope(table, bare, caller, false));
  const open = resource === undefined || tables.length === 0;
  return open ? [...scopes, givenScope(sql`'{}'::jsonb`, sql`''::text`, caller)] : scopes;
}

function checkCondition(condition: Condition, scopes: readonly Scope[]): void {
  let fault: unknown;
  for (const scope of scopes) {
    try {
      conditionValue(condition, scope);
      return;
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      fault ??= error;
    }
  }
  throw fault;
}
