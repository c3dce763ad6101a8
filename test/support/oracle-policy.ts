/** What policies say, decided in plain TypeScript; conditions by the parser library's own evaluator. */
import { Environment } from '@marcbachmann/cel-js';
import type { Condition, Policy } from '../../control-plane/model/policy.ts';

/** Values as the evaluator takes them: bigint for whole numbers, number for others, Date for times. */
export type CelValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Date
  | readonly CelValue[]
  | { readonly [key: string]: CelValue };

export interface OracleCaller {
  readonly id: string;
  readonly roles: readonly string[];
  readonly attr: Readonly<Record<string, CelValue>>;
  readonly administers: boolean;
}

export interface OracleRow {
  readonly id: string;
  readonly attr: Readonly<Record<string, CelValue>>;
}

const environment = new Environment({
  unlistedVariablesAreDyn: true,
  homogeneousAggregateLiterals: false,
});

/** An error makes the condition false, and so does anything that is no truth. */
export function celHolds(text: string, caller: OracleCaller, row: OracleRow): boolean {
  const { id, roles, attr } = caller;
  try {
    const principal = { id, roles, attr };
    const names = { P: principal, R: row, request: { principal, resource: row } };
    return environment.evaluate(text, names) === true;
  } catch {
    return false;
  }
}

/** `expressions`: what the evaluator is to be asked in place of an expression, where it judges nulls otherwise. */
export function oracleAllows(
  action: string,
  resource: string,
  policies: readonly Policy[],
  caller: OracleCaller,
  row: OracleRow,
  expressions: ReadonlyMap<string, string>,
): boolean {
  const enabled = policies.filter((policy) => policy.enabled).map(({ content }) => content);
  const meets = (condition: Condition | undefined): boolean => {
    if (!condition) return true;
    return celHolds(spelt(condition, expressions), caller, row);
  };
  const about = (pattern: string): boolean =>
    pattern === resource ||
    pattern === '*' ||
    (pattern === 'datatable:*' && resource.startsWith('datatable:'));
  const acts = (pattern: string): boolean =>
    pattern === '*' ||
    pattern === action ||
    (pattern === 'write' && ['create', 'update'].includes(action));

  const personal = enabled.flatMap((content) =>
    content.kind === 'principal' && content.principal === caller.id
      ? content.rules.filter(
          (rule) => about(rule.resource) && acts(rule.action) && meets(rule.condition),
        )
      : [],
  );
  if (personal.some(({ effect }) => effect === 'deny')) return false;
  if (personal.length > 0) return true;

  const rolePolicies = enabled.flatMap((content) => (content.kind === 'role' ? [content] : []));
  const stands = (role: string, seen: readonly string[] = []): readonly string[] => {
    if (seen.includes(role)) return [];
    const parents = rolePolicies.find((each) => each.role === role)?.parents ?? [];
    return [role, ...parents.flatMap((parent) => stands(parent, [...seen, role]))];
  };
  const keeps = (role: string): boolean => {
    const policy = rolePolicies.find((each) => each.role === role);
    return (
      !policy ||
      policy.rules.some(
        (rule) => about(rule.resource) && rule.actions.some(acts) && meets(rule.condition),
      )
    );
  };
  const covering = enabled.flatMap((content) =>
    content.kind === 'resource' && about(content.resource) ? [content] : [],
  );
  const findings = covering.flatMap((policy) => {
    const derived = enabled.flatMap((content) =>
      content.kind === 'derived_roles' && policy.imports.includes(content.name)
        ? content.definitions
        : [],
    );
    return policy.rules
      .filter((rule) => rule.actions.some(acts) && meets(rule.condition))
      .map((rule) => ({
        effect: rule.effect,
        // Each list of roles one of which must be held.
        lists: [
          rule.roles,
          ...derived
            .filter((role) => rule.derivedRoles.includes(role.name) && meets(role.condition))
            .map((role) => role.parents),
        ],
      }));
  });
  const through = (role: string, list: readonly string[]): boolean =>
    list.includes('*') || stands(role).some((name) => list.includes(name));
  const refused = findings.some(
    ({ effect, lists }) =>
      effect === 'deny' &&
      lists.some((list) => list.includes('*') || caller.roles.some((role) => through(role, list))),
  );
  if (refused) return false;
  const gained = findings.some(
    ({ effect, lists }) =>
      effect === 'allow' &&
      lists.some(
        (list) =>
          (caller.roles.length === 0 && list.includes('*')) ||
          caller.roles.some((role) => through(role, list) && keeps(role)),
      ),
  );
  return gained || caller.administers;
}

function spelt(condition: Condition, expressions: ReadonlyMap<string, string>): string {
  if (condition.kind === 'expression') return expressions.get(condition.text) ?? condition.text;
  const parts = condition.of.map((part) => `(${spelt(part, expressions)})`);
  if (condition.kind === 'all') return parts.join(' && ') || 'true';
  const any = parts.join(' || ') || 'false';
  return condition.kind === 'any' ? any : `!(${any})`;
}
