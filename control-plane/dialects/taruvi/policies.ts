import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import { type App, findApp } from '../../model/app.ts';
import type { Catalog } from '../../model/catalog.ts';
import { type Policy, type PolicyDraft, policyId } from '../../model/policy.ts';
import type { Action, DialectRequest, Reply, Route, RouteContext } from '../dialect.ts';
import { notFound, refuse } from './errors.ts';
import { policyContent } from './policy-document.ts';
import { list, success } from './reply.ts';
import { objectOf } from './request.ts';

/** The app of the path, or of the header where the path has none. @throws ServiceError 404 */
function appFor({ params, headers }: DialectRequest, { catalog }: RouteContext): App {
  const app = findApp(catalog, params['app'] ?? headers['x-app-slug'] ?? '');
  if (!app) throw notFound('app');
  return app;
}

function policyObject(policy: Policy): JsonObject {
  const { id, document, enabled, createdAt, createdBy, updatedAt, updatedBy } = policy;
  return {
    id,
    ...document,
    enabled,
    entity_actions: entityActions(policy),
    created_at: createdAt,
    created_by: createdBy,
    updated_at: updatedAt,
    updated_by: updatedBy,
  };
}

/** Which actions the policy speaks of, by resource. */
function entityActions({ content }: Pick<Policy, 'content'>): JsonObject {
  const found = new Map<string, Set<string>>();
  const add = (resource: string, actions: readonly string[]): void => {
    const known = found.get(resource) ?? new Set();
    for (const action of actions) known.add(action);
    found.set(resource, known);
  };
  if (content.kind === 'resource') {
    add(
      content.resource,
      content.rules.flatMap(({ actions }) => actions),
    );
  } else if (content.kind === 'principal') {
    for (const { resource, action } of content.rules) add(resource, [action]);
  } else if (content.kind === 'role') {
    for (const { resource, actions } of content.rules) add(resource, actions);
  }
  return Object.fromEntries(
    [...found].map(([resource, actions]) => [resource, [...actions].sort()]),
  );
}

function ofApp(catalog: Catalog, app: App): readonly Policy[] {
  return (catalog.policies ?? []).filter((policy) => policy.app === app.slug);
}

function find(catalog: Catalog, app: App, id: string): Policy {
  const policy = ofApp(catalog, app).find((each) => each.id === id);
  if (!policy) throw notFound(`policy '${id}'`);
  return policy;
}

function listPolicies(request: DialectRequest, context: RouteContext): Action {
  const policies = ofApp(context.catalog, appFor(request, context));
  return {
    kind: 'reply',
    reply: list(policies.map(policyObject), 'Policies retrieved', request),
  };
}

function getPolicy(request: DialectRequest, context: RouteContext): Action {
  const app = appFor(request, context);
  const policy = find(context.catalog, app, request.params['id'] ?? '');
  return { kind: 'reply', reply: success(policyObject(policy), 'Policy retrieved') };
}

/** Adds the policy, or replaces the one of its id whole. PUT: the one that the path names. */
function putPolicy(request: DialectRequest, context: RouteContext): Action {
  const app = appFor(request, context);
  const policy = policyDraft(objectOf(request.body), app.slug, context.catalog.tenant);
  const id = policyId(policy.content);
  const named = request.params['id'];
  if (named !== undefined && named !== id) {
    refuse(`The policy is '${id}', not '${named}'`, 'id', 'invalid_definition');
  }
  return {
    kind: 'definition',
    definition: { kind: 'put_policy', policy },
    reply: ({ catalog }) => shown(catalog, app, id, 'Policy saved'),
  };
}

/** A policy as it was sent, for an app of this slug. @throws ServiceError invalid_definition naming the place */
export function policyDraft(sent: JsonObject, app: string, tenant: string): PolicyDraft {
  const scope = `${tenant}_${app}`;
  const document = withoutShown(sent);
  const content = policyContent(document, scope);
  const { disabled = false } = document;
  if (typeof disabled !== 'boolean') {
    return refuse('disabled must be true or false', 'disabled', 'invalid_definition');
  }
  return { app, content, document: scoped(document, scope), enabled: !disabled };
}

/** A policy as any app could be sent it. */
export function portablePolicy({ document, enabled }: Policy): JsonObject {
  const { disabled: _, ...said } = document;
  const parts = Object.entries(said).map(([key, part]): [string, Json] => {
    if (!scopedKinds.includes(key) || !isObject(part)) return [key, part];
    const { scope: __, ...rest } = part;
    return [key, rest];
  });
  return { ...Object.fromEntries(parts), ...(enabled ? {} : { disabled: true }) };
}

/** Parts of documents that name their scope. */
const scopedKinds = ['resourcePolicy', 'principalPolicy', 'rolePolicy'];

/** Keys that replies show and a document may bring back, to no effect. */
const shownKeys = [
  'id',
  'enabled',
  'entity_actions',
  'created_at',
  'created_by',
  'updated_at',
  'updated_by',
];

function withoutShown(sent: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(sent).filter(([key]) => !shownKeys.includes(key)));
}

/** The document with the one scope there is. */
function scoped(document: JsonObject, scope: string): JsonObject {
  return Object.fromEntries(
    Object.entries(document).map(([key, part]): [string, Json] =>
      scopedKinds.includes(key) ? [key, { ...(part as JsonObject), scope }] : [key, part],
    ),
  );
}

function switched(kind: 'enable_policy' | 'disable_policy') {
  return (request: DialectRequest, context: RouteContext): Action => {
    const app = appFor(request, context);
    const { id } = find(context.catalog, app, request.params['id'] ?? '');
    const word = kind === 'enable_policy' ? 'enabled' : 'disabled';
    return {
      kind: 'definition',
      definition: { kind, app: app.slug, id },
      reply: ({ catalog }) => shown(catalog, app, id, `Policy ${word}`),
    };
  };
}

function deletePolicy(request: DialectRequest, context: RouteContext): Action {
  const app = appFor(request, context);
  const { id } = find(context.catalog, app, request.params['id'] ?? '');
  return {
    kind: 'definition',
    definition: { kind: 'drop_policy', app: app.slug, id },
    reply: () => ({ status: 204, body: '' }),
  };
}

function shown(catalog: Catalog, app: App, id: string, message: string): Reply {
  return success(policyObject(find(catalog, app, id)), message);
}

/** Under the app, and under the path that names it in a header. */
function both(
  method: Route['method'],
  rest: string,
  right: 'inspect' | 'administer',
  handle: Route['handle'],
): readonly Route[] {
  return [
    { method, path: `/api/apps/:app/policies${rest}`, right, handle },
    { method, path: `/api/data/policies${rest}`, right, handle, header: 'x-app-slug' },
  ];
}

export const policyRoutes: readonly Route[] = [
  ...both('GET', '', 'inspect', listPolicies),
  ...both('POST', '', 'administer', putPolicy),
  ...both('GET', '/:id', 'inspect', getPolicy),
  ...both('PUT', '/:id', 'administer', putPolicy),
  ...both('DELETE', '/:id', 'administer', deletePolicy),
  ...both('POST', '/:id/enable', 'administer', switched('enable_policy')),
  ...both('POST', '/:id/disable', 'administer', switched('disable_policy')),
];
