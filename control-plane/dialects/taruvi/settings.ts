import type { Action, DialectRequest, Route, RouteContext } from '../dialect.ts';
import { managed } from './management.ts';
import { success } from './reply.ts';
import { objectOf } from './request.ts';
import { appOf } from './served.ts';

function getSettings(request: DialectRequest, { catalog }: RouteContext): Action {
  const { settings } = appOf(request, { catalog });
  return { kind: 'reply', reply: success(settings, 'Settings retrieved') };
}

/** Keys sent replace those stored, null takes one away, and all others stay. */
function patchSettings(request: DialectRequest, { catalog }: RouteContext): Action {
  const { slug } = appOf(request, { catalog });
  const amend = objectOf(request.body);
  return {
    kind: 'definition',
    definition: { kind: 'change_app', app: slug, change: { amend } },
    reply: (outcome) => success(appOf(request, outcome).settings, 'Settings changed'),
  };
}

export const settingsRoutes: readonly Route[] = [
  managed('GET', '/:app/settings', 'inspect', getSettings),
  managed('PATCH', '/:app/settings', 'administer', patchSettings),
];
