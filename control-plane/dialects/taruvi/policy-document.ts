import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import {
  type Condition,
  coversResource,
  type DerivedRole,
  type Effect,
  type PolicyContent,
  type PrincipalRule,
  type ResourceRule,
  type RoleRule,
  tableActions,
} from '../../model/policy.ts';
import { refuse } from './errors.ts';

const version = 'api.cerbos.dev/v1';
const kinds = ['resourcePolicy', 'principalPolicy', 'rolePolicy', 'derivedRoles'] as const;
const aside = ['apiVersion', 'disabled', 'description', 'metadata', '$schema'];

/** What a document of a policy says. `scope`: the one it may name. @throws ServiceError invalid_definition naming the place */
export function policyContent(document: JsonObject, scope: string): PolicyContent {
  if (document['apiVersion'] !== undefined && document['apiVersion'] !== version) {
    fault('apiVersion', `must be ${version}`);
  }
  const found = kinds.filter((kind) => document[kind] !== undefined);
  const [kind] = found;
  if (kind === undefined || found.length > 1)
    fault('policy', `must have one of ${kinds.join(', ')}`);
  onlyKeys(document, '', [...aside, kind]);
  const part = new Part(document[kind], kind);
  switch (kind) {
    case 'resourcePolicy':
      return resourcePolicy(part, scope);
    case 'principalPolicy':
      return principalPolicy(part, scope);
    case 'rolePolicy':
      return rolePolicy(part, scope);
    case 'derivedRoles':
      return {
        kind: 'derived_roles',
        name: part.only(['name', 'definitions']).text('name'),
        definitions: part.parts('definitions').map(derivedRole),
      };
  }
}

/** An object of the document, and where it stands. */
class Part {
  readonly at: string;
  readonly #value: JsonObject;

  constructor(value: Json | undefined, at: string) {
    this.at = at;
    this.#value = isObject(value) ? value : fault(at, 'must be an object');
  }

  only(keys: readonly string[]): this {
    onlyKeys(this.#value, `${this.at}.`, keys);
    return this;
  }

  has(key: string): boolean {
    return this.#value[key] !== undefined;
  }

  text(key: string): string {
    const value = this.#value[key];
    const fits = typeof value === 'string' && value !== '' && value.length <= 255;
    if (!fits || value.includes('\0')) fault(`${this.at}.${key}`, 'must be a text');
    return value as string;
  }

  texts(key: string, needed = false): readonly string[] {
    const value = this.#value[key] ?? [];
    const list = Array.isArray(value) ? value : fault(`${this.at}.${key}`, 'must be a list');
    if (needed && list.length === 0) fault(`${this.at}.${key}`, 'must not be empty');
    return list.map((each, at) =>
      typeof each === 'string' && each !== '' && !each.includes('\0')
        ? each
        : fault(`${this.at}.${key}.${at}`, 'must be a text'),
    );
  }

  parts(key: string): readonly Part[] {
    const value = this.#value[key];
    if (!Array.isArray(value)) return fault(`${this.at}.${key}`, 'must be a list');
    if (value.length > 1000) return fault(`${this.at}.${key}`, 'must have at most 1000 entries');
    return value.map((each, at) => new Part(each as Json, `${this.at}.${key}.${at}`));
  }

  part(key: string): Part {
    return new Part(this.#value[key], `${this.at}.${key}`);
  }

  effect(): Effect {
    const value = this.#value['effect'];
    if (value === 'EFFECT_ALLOW') return 'allow';
    if (value === 'EFFECT_DENY') return 'deny';
    return fault(`${this.at}.effect`, 'must be EFFECT_ALLOW or EFFECT_DENY');
  }

  condition(): { readonly condition?: Condition } {
    if (!this.has('condition')) return {};
    const match = this.part('condition').only(['match']).part('match');
    return { condition: matching(match, 0) };
  }

  /** Only the versions and scopes that are served. */
  settled(scope: string): this {
    if (this.has('version') && this.text('version') !== 'default') {
      fault(`${this.at}.version`, 'must be default');
    }
    const named = this.#value['scope'] ?? '';
    if (named !== '' && named !== scope) fault(`${this.at}.scope`, `must be ${scope}`);
    return this;
  }
}

function matching(part: Part, depth: number): Condition {
  const forms = ['expr', 'all', 'any', 'none'].filter((form) => part.has(form));
  const [form] = forms;
  part.only(['expr', 'all', 'any', 'none']);
  if (form === undefined || forms.length > 1 || depth > 10) {
    fault(part.at, 'must have one of expr, all, any, none, nested no deeper than 10');
  }
  if (form === 'expr') {
    return { kind: 'expression', text: part.text('expr'), at: `${part.at}.expr` };
  }
  const of = part.part(form).only(['of']).parts('of');
  return { kind: form as 'all', of: of.map((each) => matching(each, depth + 1)) };
}

function resourcePolicy(part: Part, scope: string): PolicyContent {
  part.settled(scope).only(['resource', 'version', 'scope', 'importDerivedRoles', 'rules']);
  const resource = resourceName(part.text('resource'));
  return {
    kind: 'resource',
    resource,
    imports: part.texts('importDerivedRoles'),
    rules: part.parts('rules').map((rule): ResourceRule => {
      rule.only(['actions', 'effect', 'roles', 'derivedRoles', 'condition', 'name']);
      const actions = rule.texts('actions', true);
      for (const [at, action] of actions.entries()) {
        checkAction(action, resource, `${rule.at}.actions.${at}`);
      }
      const [roles, derivedRoles] = [rule.texts('roles'), rule.texts('derivedRoles')];
      if (roles.length + derivedRoles.length === 0) {
        fault(`${rule.at}.roles`, 'or derivedRoles must be given');
      }
      return { actions, effect: rule.effect(), roles, derivedRoles, ...rule.condition() };
    }),
  };
}

function principalPolicy(part: Part, scope: string): PolicyContent {
  part.settled(scope).only(['principal', 'version', 'scope', 'rules']);
  return {
    kind: 'principal',
    principal: part.text('principal'),
    rules: part.parts('rules').flatMap((rule) => {
      const resource = resourceName(rule.only(['resource', 'actions']).text('resource'));
      return rule.parts('actions').map((one): PrincipalRule => {
        const action = one.only(['action', 'effect', 'condition', 'name']).text('action');
        checkAction(action, resource, `${one.at}.action`);
        return { resource, action, effect: one.effect(), ...one.condition() };
      });
    }),
  };
}

function rolePolicy(part: Part, scope: string): PolicyContent {
  part.settled(scope).only(['role', 'version', 'scope', 'parentRoles', 'rules']);
  const role = part.text('role');
  if (role === '*') fault(`${part.at}.role`, 'must name one role');
  return {
    kind: 'role',
    role,
    parents: part.texts('parentRoles'),
    rules: part.parts('rules').map((rule): RoleRule => {
      const resource = resourceName(
        rule.only(['resource', 'allowActions', 'condition', 'name']).text('resource'),
      );
      const actions = rule.texts('allowActions', true);
      for (const [at, action] of actions.entries()) {
        checkAction(action, resource, `${rule.at}.allowActions.${at}`);
      }
      return { resource, actions, ...rule.condition() };
    }),
  };
}

function derivedRole(part: Part): DerivedRole {
  part.only(['name', 'parentRoles', 'condition']);
  return {
    name: part.text('name'),
    parents: part.texts('parentRoles', true),
    ...part.condition(),
  };
}

/** A plain `datatable` is meant as all of them. */
function resourceName(name: string): string {
  return name === 'datatable' ? 'datatable:*' : name;
}

/** On tables the actions are fixed: a misspelt one would permit or refuse nothing. */
function checkAction(action: string, resource: string, at: string): void {
  if (!coversResource('datatable:*', resource)) return;
  if ([...tableActions, 'write', '*'].includes(action)) return;
  fault(at, `must be one of ${tableActions.join(', ')}, write, *`);
}

function onlyKeys(value: JsonObject, at: string, keys: readonly string[]): void {
  const other = Object.keys(value).find((key) => !keys.includes(key));
  if (other !== undefined) fault(`${at}${other}`, 'is not served');
}

function fault(at: string, message: string): never {
  return refuse(`${at} ${message}`, at, 'invalid_definition');
}
