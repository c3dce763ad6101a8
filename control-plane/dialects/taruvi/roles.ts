import type { JsonObject } from '../../base/json.ts';
import type { App, AppRole } from '../../model/app.ts';
import type { Action, DialectRequest, Route, RouteContext } from '../dialect.ts';
import { type FieldType, fieldsOf, managed, required } from './management.ts';
import { list, success } from './reply.ts';
import { appOf } from './served.ts';

function roleObject({ name, parent, members }: AppRole): JsonObject {
  return { name, parent: parent ?? null, members: [...members] };
}

function listRoles(request: DialectRequest, { catalog }: RouteContext): Action {
  const objects = appOf(request, { catalog }).roles.map(roleObject);
  return { kind: 'reply', reply: list(objects, 'Roles retrieved', request) };
}

const fields: Readonly<Record<string, FieldType>> = {
  name: 'text',
  parent: 'nullable text',
  members: 'texts',
};

/** Makes a role; of one that is there it changes what is sent. */
function postRole(request: DialectRequest, { catalog }: RouteContext): Action {
  const app = appOf(request, { catalog });
  const sent = fieldsOf(request, fields);
  const name = required(sent, 'name');
  const { parent, members } = sent as Partial<{ parent: string | null; members: string[] }>;
  const known = find(app, name) !== undefined;
  return {
    kind: 'definition',
    definition: {
      kind: 'define_app_role',
      app: app.slug,
      name,
      ...(parent === undefined ? {} : { parent }),
      ...(members === undefined ? {} : { members }),
    },
    reply: (outcome) => {
      const role = find(appOf(request, outcome), name);
      const message = known ? 'Role changed' : 'Role created';
      return success(role ? roleObject(role) : null, message, { status: known ? 200 : 201 });
    },
  };
}

function find(app: App, name: string): AppRole | undefined {
  return app.roles.find((role) => role.name === name);
}

export const roleRoutes: readonly Route[] = [
  managed('GET', '/:app/roles', 'inspect', listRoles),
  managed('POST', '/:app/roles', 'administer', postRole),
];
