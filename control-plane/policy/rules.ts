import type { Catalog } from '../model/catalog.ts';
import {
  type Condition,
  coversAction,
  coversResource,
  type Effect,
  type Policy,
  type PolicyContent,
  type PrincipalRule,
  type RoleRule,
} from '../model/policy.ts';

/** A rule as far as it speaks of one resource. All conditions must be met. */
export interface Rule {
  readonly effect: Effect;
  readonly actions: readonly string[];
  readonly roles: readonly string[];
  readonly conditions: readonly Condition[];
  /** It names the resource, not all of its kind. */
  readonly exact: boolean;
}

/** What a role keeps of its gains on one resource. */
export interface Restriction {
  readonly role: string;
  /** The role and those whose gains it has too. */
  readonly stands: readonly string[];
  readonly rules: readonly (RoleRule & { readonly exact: boolean })[];
}

/** All that the policies of an app say about one resource. */
export interface RuleBook {
  readonly resource: string;
  readonly rules: readonly Rule[];
  readonly principals: ReadonlyMap<
    string,
    readonly (PrincipalRule & { readonly exact: boolean })[]
  >;
  readonly restrictions: readonly Restriction[];
  /** Whether a policy speaks of the resource at all. */
  readonly spoken: boolean;
}

type Of<K extends PolicyContent['kind']> = Extract<PolicyContent, { readonly kind: K }>;

/** The rules of the enabled policies of an app that cover a resource. */
export function ruleBook(catalog: Catalog, app: string, resource: string): RuleBook {
  const enabled = (catalog.policies ?? []).filter((each) => each.app === app && each.enabled);
  const of = <K extends PolicyContent['kind']>(kind: K): readonly Of<K>[] =>
    enabled.flatMap(({ content }) => (content.kind === kind ? [content as Of<K>] : []));
  const covering = of('resource').filter((each) => coversResource(each.resource, resource));
  const derived = of('derived_roles');
  const principals = new Map<string, (PrincipalRule & { exact: boolean })[]>();
  for (const { principal, rules } of of('principal')) {
    const mine = rules.filter((rule) => coversResource(rule.resource, resource));
    const exact = mine.map((rule) => ({ ...rule, exact: rule.resource === resource }));
    if (mine.length > 0) principals.set(principal, exact);
  }
  return {
    resource,
    rules: covering.flatMap((policy) => rulesOf(policy, derived, policy.resource === resource)),
    principals,
    restrictions: restrictionsOf(of('role'), resource),
    spoken: covering.length > 0,
  };
}

/** A rule for a derived role is one for the parents of that role, under its condition too. */
function rulesOf(
  policy: Of<'resource'>,
  derived: readonly Of<'derived_roles'>[],
  exact: boolean,
): readonly Rule[] {
  const known = derived
    .filter(({ name }) => policy.imports.includes(name))
    .flatMap(({ definitions }) => definitions);
  return policy.rules.flatMap(({ effect, actions, roles, derivedRoles, condition }) => {
    const own = condition ? [condition] : [];
    const plain = roles.length > 0 ? [{ effect, actions, roles, conditions: own, exact }] : [];
    const more = known
      .filter(({ name }) => derivedRoles.includes(name))
      .map((role) => ({
        effect,
        actions,
        roles: role.parents,
        conditions: [...(role.condition ? [role.condition] : []), ...own],
        exact,
      }));
    return [...plain, ...more];
  });
}

function restrictionsOf(policies: readonly Of<'role'>[], resource: string): readonly Restriction[] {
  const parents = new Map(policies.map((each) => [each.role, each.parents]));
  return policies.map(({ role, rules }) => {
    const stands = new Set([role]);
    for (const each of stands) for (const parent of parents.get(each) ?? []) stands.add(parent);
    return {
      role,
      stands: [...stands],
      rules: rules
        .filter((rule) => coversResource(rule.resource, resource))
        .map((rule) => ({ ...rule, exact: rule.resource === resource })),
    };
  });
}

/** Whether some rule names the action itself. Reading for aggregates and exports falls back to read where none does. */
export function names(book: RuleBook, action: string): boolean {
  const named = [
    ...book.rules.flatMap(({ actions }) => actions),
    ...[...book.principals.values()].flat().map((rule) => rule.action),
  ];
  return named.includes(action);
}

/** Every action of a list that is covered by some pattern. */
export function covers(patterns: readonly string[], action: string): boolean {
  return patterns.some((pattern) => coversAction(pattern, action));
}

/** Derived roles that a policy's rules name and no set it imports defines. */
export function undefinedRoles(
  policy: PolicyContent,
  others: readonly Policy[],
): readonly string[] {
  if (policy.kind !== 'resource') return [];
  const known = new Set(
    others.flatMap(({ content }) =>
      content.kind === 'derived_roles' && policy.imports.includes(content.name)
        ? content.definitions.map(({ name }) => name)
        : [],
    ),
  );
  return policy.rules
    .flatMap(({ derivedRoles }) => derivedRoles)
    .filter((name) => !known.has(name));
}
