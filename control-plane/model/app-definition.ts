import type { JsonObject } from '../base/json.ts';
import type { App, DataSource } from './app.ts';
import type { PolicyDraft } from './policy.ts';

/** An app, or a part of one: a datasource, or a table. */
export interface AppPart {
  readonly app: string;
  readonly datasource?: string;
  readonly table?: string;
}

/** Settings in place of those stored, or `amend`: keys to set, null takes one away. */
export interface AppChange extends Partial<Pick<App, 'name' | 'description' | 'settings'>> {
  readonly amend?: JsonObject;
}

export type DataSourceChange = Partial<
  Pick<DataSource, 'name' | 'description' | 'provider' | 'config'>
>;

/** Changes of apps and of what they are made of. Refusals: relation_not_found, name_taken, invalid_definition, has_dependents. */
export type AppDefinition =
  | {
      readonly kind: 'create_app';
      readonly app: Pick<App, 'slug' | 'name' | 'description' | 'settings'>;
    }
  | { readonly kind: 'change_app'; readonly app: string; readonly change: AppChange }
  | {
      readonly kind: 'create_datasource';
      readonly app: string;
      readonly datasource: Pick<
        DataSource,
        'slug' | 'name' | 'provider' | 'description' | 'config'
      >;
    }
  | {
      readonly kind: 'change_datasource';
      readonly app: string;
      readonly datasource: string;
      readonly change: DataSourceChange;
    }
  /** Makes the role, or changes of one that is there what is named; a parent of null takes its parent away. */
  | {
      readonly kind: 'define_app_role';
      readonly app: string;
      readonly name: string;
      readonly parent?: string | null;
      /** All of them, in place of those recorded. */
      readonly members?: readonly string[];
    }
  | LifeCycle
  | PolicyDefinition;

/**
 * Out of everybody's reach with its parts, back again with those that went with it, or gone with its rows. A table that active ones
 * refer to is refused unless by `force`, which gives those references up; reactivation makes them again.
 */
export interface LifeCycle {
  readonly kind: 'deactivate' | 'reactivate' | 'purge';
  readonly part: AppPart;
  readonly force?: boolean;
}

/** Changes of policies, in effect with the next statement. A policy that is there is replaced whole. */
export type PolicyDefinition =
  | { readonly kind: 'put_policy'; readonly policy: PolicyDraft }
  | {
      readonly kind: 'enable_policy' | 'disable_policy' | 'drop_policy';
      readonly app: string;
      readonly id: string;
    };

const policyKinds: readonly string[] = [
  'put_policy',
  'enable_policy',
  'disable_policy',
  'drop_policy',
] satisfies readonly PolicyDefinition['kind'][];

/** Whether a definition is about policies. */
export function isOfPolicy(definition: { readonly kind: string }): definition is PolicyDefinition {
  return policyKinds.includes(definition.kind);
}

const kinds: readonly string[] = [
  'create_app',
  'change_app',
  'create_datasource',
  'change_datasource',
  'define_app_role',
  'deactivate',
  'reactivate',
  'purge',
  ...(policyKinds as readonly PolicyDefinition['kind'][]),
] satisfies readonly AppDefinition['kind'][];

/** Whether a definition is about apps. */
export function isOfApp(definition: { readonly kind: string }): definition is AppDefinition {
  return kinds.includes(definition.kind);
}
