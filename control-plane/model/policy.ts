import type { JsonObject } from '../base/json.ts';

/** What a rule may speak of, on tables. `write` is create and update; `*` everything. Other kinds of resource name actions of their own. */
export const tableActions = ['read', 'create', 'update', 'delete', 'aggregate', 'export'] as const;

export type TableAction = (typeof tableActions)[number];

/** When a rule applies: expressions of CEL over the principal `P` and the resource `R`. */
export type Condition =
  | { readonly kind: 'expression'; readonly text: string; readonly at: string }
  | { readonly kind: 'all' | 'any' | 'none'; readonly of: readonly Condition[] };

export type Effect = 'allow' | 'deny';

/** A rule about a resource: for whoever holds one of the roles, or one of the derived roles. */
export interface ResourceRule {
  readonly actions: readonly string[];
  readonly effect: Effect;
  readonly roles: readonly string[];
  readonly derivedRoles: readonly string[];
  readonly condition?: Condition;
}

/** A rule about one principal. */
export interface PrincipalRule {
  readonly resource: string;
  readonly action: string;
  readonly effect: Effect;
  readonly condition?: Condition;
}

/** What a role keeps of what it gains by rules. */
export interface RoleRule {
  readonly resource: string;
  readonly actions: readonly string[];
  readonly condition?: Condition;
}

/** A role that is held while the condition is met, by holders of one of its parents. */
export interface DerivedRole {
  readonly name: string;
  readonly parents: readonly string[];
  readonly condition?: Condition;
}

/** What a policy says. Names of roles: `*` stands for any. */
export type PolicyContent =
  | {
      readonly kind: 'resource';
      /** `datatable:<table>`, `datatable:*`, or a kind of something kept elsewhere. */
      readonly resource: string;
      /** Sets of derived roles that its rules use. */
      readonly imports: readonly string[];
      readonly rules: readonly ResourceRule[];
    }
  | {
      readonly kind: 'principal';
      readonly principal: string;
      readonly rules: readonly PrincipalRule[];
    }
  | {
      readonly kind: 'role';
      readonly role: string;
      /** Roles whose gains this role has too, as far as it keeps them. */
      readonly parents: readonly string[];
      readonly rules: readonly RoleRule[];
    }
  | {
      readonly kind: 'derived_roles';
      readonly name: string;
      readonly definitions: readonly DerivedRole[];
    };

/** A policy as a definition brings it. */
export interface PolicyDraft {
  readonly app: string;
  readonly content: PolicyContent;
  /** As its author wrote it. */
  readonly document: JsonObject;
  readonly enabled: boolean;
}

/** A policy of the catalog. */
export interface Policy extends PolicyDraft {
  /** `datatable:posts:default`, `principal:<sub>:default`, `role:<name>`, `derived_roles:<name>`: unique in the app. */
  readonly id: string;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly updatedAt: string;
  readonly updatedBy: string;
}

/** The id under which a policy is known. */
export function policyId(content: PolicyContent): string {
  switch (content.kind) {
    case 'resource':
      return `${content.resource}:default`;
    case 'principal':
      return `principal:${content.principal}:default`;
    case 'role':
      return `role:${content.role}`;
    case 'derived_roles':
      return `derived_roles:${content.name}`;
  }
}

/** The resource that a table is. */
export function tableResource(name: string): string {
  return `datatable:${name}`;
}

/** Whether what a rule says of resources is about this one. */
export function coversResource(pattern: string, resource: string): boolean {
  if (pattern === '*' || pattern === resource) return true;
  return pattern === 'datatable:*' && resource.startsWith('datatable:');
}

/** Whether an action of a rule is this one. */
export function coversAction(pattern: string, action: string): boolean {
  if (pattern === '*' || pattern === action) return true;
  return pattern === 'write' && (action === 'create' || action === 'update');
}
