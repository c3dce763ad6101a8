import { join, literal, type Sql, sql } from '../base/sql.ts';
import type { Condition } from '../model/policy.ts';
import type { Scope } from './cel/scope.ts';
import { holds, most, type Value } from './cel/value.ts';
import { allOf, conditionValue } from './condition.ts';
import { covers, type Restriction, type Rule, type RuleBook } from './rules.ts';
import { names, type Standing } from './standing.ts';

/** Scopes for conditions: of rules that name the resource, and of those that cover all of its kind. */
export type Scopes = (exact: boolean) => Scope;

/** What a rule comes to: who it finds, a question about the caller alone, and the condition on the resource. */
interface Part {
  readonly who: Sql;
  readonly condition: Value;
}

/** Parts by what they do. */
interface Parts {
  readonly principalDeny: readonly Part[];
  readonly principalAllow: readonly Part[];
  readonly deny: readonly Part[];
  readonly allow: readonly Part[];
}

const always = allOf([]);

/**
 * Whether the action is permitted, never NULL where it counts: a matching rule about the principal decides, refusals first; else any
 * matching refusal refuses; else any matching permission permits; else it is refused.
 */
export function permit(action: string, book: RuleBook, standing: Standing, scopes: Scopes): Sql {
  const { principalDeny, principalAllow, deny, allow } = partsOf(action, book, standing, scopes);
  const anyway = { who: standing.anyway(!book.spoken), condition: always };
  const not = (parts: readonly Part[]): readonly Sql[] =>
    parts.length === 0 ? [] : [sql`${some(parts)} is not true`];
  const base = group([some([...allow, anyway]), ...not(deny)], ' and ');
  const decided = principalAllow.length === 0 ? [] : [some(principalAllow)];
  return group([...not(principalDeny), group([...decided, base], ' or ')], ' and ');
}

/** Whether any resource could be permitted, by what is known of the caller alone. */
export function reach(action: string, book: RuleBook, standing: Standing, scopes: Scopes): Sql {
  const { principalDeny, principalAllow, deny, allow } = partsOf(action, book, standing, scopes);
  const anyway = { who: standing.anyway(!book.spoken), condition: always };
  const could = (parts: readonly Part[]): Sql =>
    any(parts.map(({ who, condition }) => sql`(${who} and ${most(condition)})`));
  const surely = (parts: readonly Part[]): Sql =>
    any(
      parts
        .filter(({ condition }) => !condition.ofRow)
        .map(({ who, condition }) => sql`(${who} and coalesce(${condition.sql}, false))`),
    );
  const base = sql`((${could([...allow, anyway])}) and not (${surely(deny)}))`;
  return sql`(not (${surely(principalDeny)}) and ((${could(principalAllow)}) or ${base}))`;
}

function any(parts: readonly Sql[]): Sql {
  return parts.length === 0 ? sql`false` : join(parts, ' or ');
}

/** Fragments in parentheses, unless there is only one. */
function group(parts: readonly Sql[], word: string): Sql {
  const [only] = parts;
  return parts.length === 1 && only ? only : sql`(${join(parts, word)})`;
}

/** The parts as one condition. What speaks of the caller alone is asked once a statement, all of it together. */
function some(parts: readonly Part[]): Sql {
  const callers = parts.filter(({ condition }) => !condition.ofRow);
  const rows = parts.filter(({ condition }) => condition.ofRow);
  const asked = callers.map(({ who, condition }) =>
    condition === always ? who : sql`(${who} and coalesce(${condition.sql}, false))`,
  );
  const once = asked.length === 0 ? [] : [sql`(select ${join(asked, ' or ')})`];
  const each = rows.map(({ who, condition }) => sql`((select ${who}) and ${holds(condition)})`);
  return group([...once, ...each], ' or ');
}

function partsOf(action: string, book: RuleBook, standing: Standing, scopes: Scopes): Parts {
  const compile = (conditions: readonly Condition[], exact: boolean): Value =>
    conditions.length === 0
      ? always
      : allOf(conditions.map((condition) => conditionValue(condition, scopes(exact))));
  const personal = [...book.principals].flatMap(([principal, rules]) =>
    rules
      .filter((rule) => covers([rule.action], action))
      .map((rule) => ({
        effect: rule.effect,
        who: sql`${standing.caller.id} = ${literal(principal)}`,
        condition: compile(rule.condition ? [rule.condition] : [], rule.exact),
      })),
  );
  const rules = merged(book.rules.filter((rule) => covers(rule.actions, action)));
  const of = (effect: Rule['effect']): readonly Rule[] =>
    rules.filter((rule) => rule.effect === effect);
  return {
    principalDeny: personal.filter(({ effect }) => effect === 'deny'),
    principalAllow: personal.filter(({ effect }) => effect === 'allow'),
    deny: of('deny').map((rule) => ({
      who: found(withHeirs(rule.roles, book.restrictions), standing),
      condition: compile(rule.conditions, rule.exact),
    })),
    allow: of('allow').flatMap((rule) => gains(rule, action, book, standing, compile)),
  };
}

/** Rules that differ in their roles only are one rule. */
function merged(rules: readonly Rule[]): readonly Rule[] {
  const known = new Map<string, Rule>();
  for (const rule of rules) {
    const { effect, conditions, exact } = rule;
    const key = JSON.stringify([effect, conditions.map(textOf), exact]);
    const same = known.get(key);
    const roles = [...new Set([...(same?.roles ?? []), ...rule.roles])];
    known.set(key, { ...(same ?? rule), roles });
  }
  return [...known.values()];
}

/** A condition without the place where it stood. */
function textOf(condition: Condition): unknown {
  if (condition.kind === 'expression') return condition.text;
  return { [condition.kind]: condition.of.map(textOf) };
}

/** Whether the principal holds one of the roles. Who is somebody needs no roles to be found by `*`. */
function found(roles: readonly string[], { roles: held, named }: Standing): Sql {
  const open = roles.includes('*');
  if (open && !roles.includes('anonymous')) return sql`(${named})`;
  return sql`${held} operator(pg_catalog.&&) ${names(roles)}`;
}

/** Roles that stand for others count as those where something is refused. */
function withHeirs(
  roles: readonly string[],
  restrictions: readonly Restriction[],
): readonly string[] {
  const heirs = restrictions.filter(({ stands }) => stands.some((name) => roles.includes(name)));
  return [...new Set([...roles, ...heirs.map(({ role }) => role)])];
}

/** What a permission gives: whole to roles without a policy of their own, to the others what they keep. */
function gains(
  rule: Rule,
  action: string,
  { restrictions }: RuleBook,
  standing: Standing,
  compile: (conditions: readonly Condition[], exact: boolean) => Value,
): readonly Part[] {
  const restricted = restrictions.map(({ role }) => role);
  const open = rule.roles.includes('*');
  const condition = compile(rule.conditions, rule.exact);
  const whole = rule.roles.filter(
    (name) => !restricted.includes(name) && (name !== '*' || restricted.length === 0),
  );
  const parts: Part[] = whole.length > 0 ? [{ who: found(whole, standing), condition }] : [];
  if (open && restricted.length > 0) {
    const who = sql`rowhouse.unrestricted(${standing.roles}, ${names(restricted)})`;
    parts.push({ who, condition });
  }
  for (const { role, stands, rules } of restrictions) {
    if (!open && !stands.some((name) => rule.roles.includes(name))) continue;
    for (const kept of rules) {
      if (!covers(kept.actions, action)) continue;
      const own = kept.condition ? [compile([kept.condition], kept.exact)] : [];
      const both = own.length === 0 ? condition : allOf([condition, ...own]);
      parts.push({ who: found([role], standing), condition: both });
    }
  }
  return parts;
}
