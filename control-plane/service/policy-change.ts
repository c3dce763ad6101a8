import { ServiceError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import { storePolicy, storePolicyRemoval } from '../catalog/policy-store.ts';
import { policySteps } from '../compile/policy-change.ts';
import { forwardOf, reverseOf } from '../compile/step.ts';
import type { PolicyDefinition } from '../model/app-definition.ts';
import type { Catalog } from '../model/catalog.ts';
import { type Policy, policyId, tableResource } from '../model/policy.ts';
import type { Table } from '../model/table.ts';
import { checkPolicy } from '../policy/check-policy.ts';
import { needApp } from './app-change.ts';
import type { Change } from './change.ts';

/**
 * Works a change of policies out: its row, and the row policies of the tables concerned, all in one transaction.
 * @throws ServiceError relation_not_found, invalid_definition
 */
export function planPolicy(
  definition: PolicyDefinition,
  catalog: Catalog,
  lastRelation: number,
): Change {
  const { slug: app } = needApp(
    catalog,
    definition.kind === 'put_policy' ? definition.policy.app : definition.app,
  );
  const { policy, gone } = changed(definition, catalog, app);
  if (!gone) checkPolicy(policy, catalog);
  const others = (catalog.policies ?? []).filter(
    (each) => each.app !== app || each.id !== policy.id,
  );
  const after = { ...catalog, policies: gone ? others : [...others, policy] };
  const tables = catalog.tables.filter(
    (table) => table.app === app && table.access === 'policy' && table.kind === 'table',
  );
  const steps = tables.flatMap((table) => policySteps(table, catalog, after));
  return {
    before: catalog,
    after,
    steps,
    rows: (connection, tenant, by) =>
      gone
        ? storePolicyRemoval(connection, tenant, policy)
        : storePolicy(connection, tenant, policy, by),
    operation: {
      kind: definition.kind,
      table: { app, name: '' },
      definition: definition as unknown as Json,
      forward: forwardOf(steps),
      reverse: reverseOf(steps),
    },
    lastRelation,
  };
}

function changed(
  definition: PolicyDefinition,
  catalog: Catalog,
  app: string,
): { readonly policy: Policy; readonly gone: boolean } {
  if (definition.kind === 'put_policy') {
    const id = policyId(definition.policy.content);
    const times = { createdAt: '', createdBy: '', updatedAt: '', updatedBy: '' };
    return { policy: { ...definition.policy, id, ...times }, gone: false };
  }
  const { kind, id } = definition;
  const policy = catalog.policies?.find((each) => each.app === app && each.id === id);
  if (!policy) throw new ServiceError('relation_not_found', `No such policy '${id}'`);
  if (kind === 'drop_policy') return { policy, gone: true };
  return { policy: { ...policy, enabled: kind === 'enable_policy' }, gone: false };
}

/** Refuses to let a table out of reach of the policies that name it: they know it by its name. */
export function requireSameName(old: Table, next: Table, catalog: Catalog): void {
  if (old.access !== 'policy' || old.name === next.name) return;
  const resource = tableResource(old.name);
  const naming = (catalog.policies ?? [])
    .filter(({ app, content }) => app === old.app && speaksOf(content, resource))
    .map(({ id }) => id);
  if (naming.length === 0) return;
  const message = `Table '${old.name}' is named by policies: ${naming.join(', ')}`;
  throw new ServiceError('has_dependents', message, { table: old.name, data: { names: naming } });
}

function speaksOf(content: Policy['content'], resource: string): boolean {
  if (content.kind === 'resource') return content.resource === resource;
  if (content.kind === 'derived_roles') return false;
  return content.rules.some((rule) => rule.resource === resource);
}
