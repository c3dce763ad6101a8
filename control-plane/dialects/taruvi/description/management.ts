import { answer, type Described, json, needing, open, type Routes } from '../../described.ts';
import { bareList, listPage } from './parameters.ts';
import { bareListed, gone, ofApp } from './paths.ts';
import { listed, ref, success } from './schemas/envelope.ts';

const app = (status: number, description: string): Described['replies'] => ({
  [status]: answer(description, ref('App')),
});
const source = (status: number, description: string): Described['replies'] => ({
  [status]: answer(description, ref('DataSource')),
});

const apps: Routes = {
  'GET /api/apps': {
    id: 'listApps',
    summary: 'List apps',
    parameters: [...bareList, 'Inactive'],
    replies: { 200: bareListed('Apps.', ref('App')) },
  },
  'POST /api/apps': {
    id: 'createApp',
    summary: 'Make an app; its maker owns it',
    parameters: ['Envelope'],
    body: { media: json(needing(ref('AppSent'), 'name')), example: { name: 'My Application' } },
    replies: app(201, 'The app.'),
  },
  'POST /api/apps/import': {
    id: 'importApp',
    summary: 'Make an app as an export shows it',
    parameters: ['Envelope'],
    body: {
      media: json(ref('AppPackage')),
      example: { app: { name: 'Shop' }, roles: [], datatables: { resources: [] }, policies: [] },
    },
    replies: app(201, 'The app.'),
  },
  ...ofApp('GET', '', {
    id: 'getApp',
    summary: 'Read an app',
    parameters: ['Envelope'],
    replies: app(200, 'The app.'),
  }),
  ...ofApp('PUT', '', {
    id: 'replaceApp',
    summary: 'Change an app; what is not sent is emptied',
    parameters: ['Envelope'],
    body: { media: json(needing(ref('AppSent'), 'name')), example: { name: 'My Application' } },
    replies: app(200, 'The app after the change.'),
  }),
  ...ofApp('PATCH', '', {
    id: 'updateApp',
    summary: 'Change an app',
    parameters: ['Envelope'],
    body: { media: json(ref('AppSent')), example: { description: 'What it is for' } },
    replies: app(200, 'The app after the change.'),
  }),
  ...ofApp('DELETE', '', {
    id: 'deleteApp',
    summary: 'Deactivate an app with its datasources and tables',
    parameters: ['Force', 'Purge'],
    replies: { 204: gone },
  }),
  ...ofApp('POST', '/restore', {
    id: 'restoreApp',
    summary: 'Bring an app back',
    parameters: ['Envelope'],
    replies: app(200, 'The app.'),
  }),
  ...ofApp('GET', '/export', {
    id: 'exportApp',
    summary: 'Read an app as a document, without rows',
    parameters: ['Envelope'],
    replies: { 200: answer('The document.', ref('AppPackage')) },
  }),
  ...ofApp('GET', '/stats', {
    id: 'getAppStats',
    summary: 'Estimate what an app holds',
    parameters: ['Envelope'],
    replies: { 200: answer('Counts and estimates.', ref('AppStats')) },
  }),
};

const one = '/datasources/:datasource';

const datasources: Routes = {
  ...ofApp('GET', '/datasources', {
    id: 'listDatasources',
    summary: 'List datasources',
    parameters: [...bareList, 'Inactive'],
    replies: { 200: bareListed('Datasources.', ref('DataSource')) },
  }),
  ...ofApp('POST', '/datasources', {
    id: 'createDatasource',
    summary: 'Make a datasource',
    parameters: ['Envelope'],
    body: {
      media: json(needing(ref('DataSourceSent'), 'name', 'provider_type')),
      example: { name: 'Library', provider_type: 'flat_table' },
    },
    replies: source(201, 'The datasource.'),
  }),
  ...ofApp('GET', one, {
    id: 'getDatasource',
    summary: 'Read a datasource',
    parameters: ['Envelope'],
    replies: source(200, 'The datasource.'),
  }),
  ...ofApp('PUT', one, {
    id: 'replaceDatasource',
    summary: 'Change a datasource; what is not sent is emptied',
    parameters: ['Envelope'],
    body: { media: json(needing(ref('DataSourceSent'), 'name')), example: { name: 'Library' } },
    replies: source(200, 'The datasource after the change.'),
  }),
  ...ofApp('PATCH', one, {
    id: 'updateDatasource',
    summary: 'Change a datasource',
    parameters: ['Envelope'],
    body: { media: json(ref('DataSourceSent')), example: { description: 'Books' } },
    replies: source(200, 'The datasource after the change.'),
  }),
  ...ofApp('DELETE', one, {
    id: 'deleteDatasource',
    summary: 'Deactivate a datasource with its tables',
    parameters: ['Force', 'Purge'],
    replies: { 204: gone },
  }),
  ...ofApp('POST', `${one}/restore`, {
    id: 'restoreDatasource',
    summary: 'Bring a datasource back',
    parameters: ['Envelope'],
    replies: source(200, 'The datasource.'),
  }),
  ...ofApp('GET', `${one}/stats`, {
    id: 'getDatasourceStats',
    summary: 'Estimate what a datasource holds',
    parameters: ['Envelope'],
    replies: { 200: answer('Counts and estimates.', ref('DataSourceStats')) },
  }),
};

const role = answer('The role.', success(ref('Role')));

const roles: Routes = {
  ...ofApp('GET', '/roles', {
    id: 'listRoles',
    summary: 'List the roles of an app',
    parameters: listPage,
    replies: { 200: answer('Roles and who holds them.', listed(ref('Role'))) },
  }),
  ...ofApp('POST', '/roles', {
    id: 'putRole',
    summary: 'Make a role, or change what is sent of one that is there',
    body: { media: json(ref('RoleSent')), example: { name: 'editor', members: ['ada'] } },
    replies: { 200: role, 201: role },
  }),
  ...ofApp('GET', '/settings', {
    id: 'getSettings',
    summary: 'Read the settings of an app',
    replies: { 200: answer('Settings.', success(open)) },
  }),
  ...ofApp('PATCH', '/settings', {
    id: 'updateSettings',
    summary: 'Change settings of an app',
    body: { media: json(open), example: { default_policy: 'authenticated' } },
    replies: { 200: answer('Settings after the change.', success(open)) },
  }),
};

/** Under the app, and under the path that names it in a header. */
function policy(method: string, rest: string, described: Described): Routes {
  const { id, summary, parameters = [] } = described;
  return {
    ...ofApp(method, `/policies${rest}`, described),
    [`${method} /api/data/policies${rest}`]: {
      ...described,
      id: `${id}OfHeader`,
      summary: `${summary} (the app is named in a header)`,
      parameters: ['AppSlug', ...parameters],
    },
  };
}

const onePolicy = { 200: answer('The policy.', success(ref('Policy'))) };
const sent: Described['body'] = {
  media: json(ref('PolicySent')),
  example: {
    apiVersion: 'api.cerbos.dev/v1',
    resourcePolicy: {
      resource: 'datatable:books',
      version: 'default',
      rules: [{ actions: ['read'], effect: 'EFFECT_ALLOW', roles: ['*'] }],
    },
  },
};

const policies: Routes = {
  ...policy('GET', '', {
    id: 'listPolicies',
    summary: 'List policies',
    parameters: listPage,
    replies: { 200: answer('Policies.', listed(ref('Policy'))) },
  }),
  ...policy('POST', '', {
    id: 'putPolicy',
    summary: 'Add a policy, or replace the one of its id',
    body: sent,
    replies: onePolicy,
  }),
  ...policy('GET', '/:id', { id: 'getPolicy', summary: 'Read a policy', replies: onePolicy }),
  ...policy('PUT', '/:id', {
    id: 'replacePolicy',
    summary: 'Replace a policy',
    body: sent,
    replies: onePolicy,
  }),
  ...policy('DELETE', '/:id', {
    id: 'deletePolicy',
    summary: 'Delete a policy',
    replies: { 204: gone },
  }),
  ...policy('POST', '/:id/enable', {
    id: 'enablePolicy',
    summary: 'Put a policy into force',
    replies: onePolicy,
  }),
  ...policy('POST', '/:id/disable', {
    id: 'disablePolicy',
    summary: 'Take a policy out of force',
    replies: onePolicy,
  }),
  ...ofApp('POST', '/check/resources', {
    id: 'checkResources',
    summary: 'Ask what the policies allow the caller',
    body: {
      media: json(ref('VerdictsSent')),
      example: {
        resources: [{ resource: { kind: 'datatable', id: 'books' }, actions: ['read', 'create'] }],
      },
    },
    replies: { 200: answer('A verdict for each action.', ref('Verdicts')) },
  }),
};

export const management: Routes = { ...apps, ...datasources, ...roles, ...policies };
