/** Samples that are made up by a grammar instead of being one that is known to be right. */
import type { Dice } from './dice.ts';
import { aggregates, celExpression } from './grammar-lists.ts';
import { tableSchema } from './grammar-schema.ts';
import { viewQuery } from './grammar-sql.ts';
import type { Sample } from './request.ts';

type Grow = (of: Dice) => Sample;

/** A few names, so that what one request makes is what others read, write and take away. */
const name = (of: Dice): string => `g${of.below(12)}`;

const policy: Grow = (of) => ({
  params: { app: 'shop' },
  headers: { 'x-app-slug': 'shop' },
  body: {
    apiVersion: 'api.cerbos.dev/v1',
    resourcePolicy: {
      resource: `datatable:${of.one(['items', 'items', 'bag', 'customers', 'staff_edges'])}`,
      version: 'default',
      rules: [
        {
          actions: of.one([['read'], ['*'], ['update', 'delete'], ['create'], ['aggregate']]),
          effect: of.one(['EFFECT_ALLOW', 'EFFECT_ALLOW', 'EFFECT_DENY']),
          roles: ['*'],
          condition: { match: { expr: celExpression(of) } },
        },
      ],
    },
  },
});

const table = (of: Dice, datasource: string): Sample => ({
  params: { app: 'shop', datasource },
  body: { name: name(of), datasource, json_schema: tableSchema(of) },
});

const grows: Readonly<Record<string, Grow>> = {
  'POST /v3/pgrest/manage/views': (of) => ({
    body: {
      view_name: name(of),
      [of.rarely(4) ? 'materialized_view_raw_sql' : 'raw_sql']: viewQuery(of),
    },
  }),
  'DELETE /v3/pgrest/manage/views/:view': (of) => ({ params: { view: name(of) } }),
  'POST /v3/pgrest/manage/views/:view/refresh': (of) => ({ params: { view: name(of) } }),
  'GET /v3/pgrest/views/:root': (of) => ({ params: { root: name(of) } }),
  'POST /api/apps/:app/policies': policy,
  'POST /api/data/policies': policy,
  'GET /api/apps/:app/datatables/:table/data': (of) => ({
    params: { app: 'shop', table: of.one(['items', 'items', 'bag', name(of)]) },
    query: of.rarely(3) ? {} : aggregates(of),
  }),
  'POST /api/apps/:app/datatables': (of) => table(of, 'main'),
  'POST /api/apps/:app/datasources/:datasource/datatables': (of) =>
    table(of, of.one(['main', 'side'])),
  'PATCH /api/apps/:app/datatables/:table': (of) => ({
    params: { app: 'shop', table: name(of) },
    query: { allow_data_loss: 'true' },
    body: { json_schema: tableSchema(of) },
  }),
  'DELETE /api/apps/:app/datatables/:table': (of) => ({
    params: { app: 'shop', table: name(of) },
  }),
  'POST /api/apps/:app/datatables/:table/data': (of) => ({
    params: { app: 'shop', table: name(of) },
    body: { id: of.below(9), a: of.one([1, 'x', null, true, [], '2024-01-01']), é: 'x' },
  }),
  'POST /api/apps/:app/datatables/validate_schema': (of) => ({
    params: { app: 'shop' },
    body: { name: 'p', resources: [{ name: 'r', schema: tableSchema(of) }] },
  }),
};

/** A sample for the endpoint out of its grammar, where it has one. */
export function grown(endpoint: string, of: Dice): Sample | undefined {
  return grows[endpoint]?.(of);
}
