import {
  type Answer,
  answer,
  boolean,
  constant,
  count,
  type Described,
  either,
  json,
  list,
  nothing,
  nullable,
  object,
  oneOrMany,
  parameter,
  type Routes,
  type Schema,
  text,
} from '../../described.ts';
import { listing } from './parameters.ts';
import { page, ref, success } from './schemas.ts';

const base = '/v3/pgrest';

const details = parameter('details', boolean, 'Adds columns and JSON Schemas of rows.');
const cascade = parameter(
  'cascade',
  boolean,
  'Drops views and foreign keys that depend on the table, too.',
);

/** An answer in the envelope. */
const result = (description: string, schema: Schema): Answer =>
  answer(description, success(schema));

/** A list of rows, of a table or a view. */
export const rows = (row: Schema): Answer =>
  answer('Rows, and how far the page goes.', success(list(row), page));

function roles(path: string, suffix: string): Routes {
  return {
    [`GET ${path}`]: {
      id: `list${suffix}`,
      summary: 'List roles',
      replies: { 200: result('Names of roles.', list(text)) },
    },
    [`POST ${path}`]: {
      id: `create${suffix}`,
      summary: 'Make a role',
      body: {
        media: json(object({ role_name: text, description: text })),
        example: { role_name: 'PGREST_Librarians', description: 'They keep the books' },
      },
      replies: { 200: result('That it was made.', text) },
    },
    [`GET ${path}/:role`]: {
      id: `get${suffix}`,
      summary: 'Read a role and who holds it',
      replies: { 200: result('The role.', ref('Role')) },
    },
    [`POST ${path}/:role`]: {
      id: `grant${suffix}`,
      summary: 'Grant or revoke a role',
      body: {
        media: json(object({ method: text, username: text })),
        example: { method: 'grant', username: 'ada' },
      },
      replies: { 200: result('What was done.', text) },
    },
  };
}

const refresh = (id: string): Described => ({
  id,
  summary: 'Fill a materialized view anew',
  replies: { 200: result('That it was filled.', nothing) },
});

/** Changes of rows that conditions name, in the two forms there are. */
export const changeOfRows = (values: Schema): Schema =>
  either(object({ data: values, 'where?': nullable(ref('Where')) }), {
    type: 'object',
    properties: { where: ref('Where') },
    required: ['where'],
    not: { required: ['data'] },
  });

export const updated: Answer = answer(
  'How many rows changed.',
  success(nothing, object({ updated: count })),
);

export const deleted: Answer = result('That it was deleted.', nothing);

export const routes: Routes = {
  [`GET ${base}/healthcheck`]: {
    id: 'checkHealth',
    summary: 'Tell whether the database answers',
    replies: {
      200: answer(
        'It does.',
        success(nothing, object({}), object({ databaseAccess: constant(true) })),
      ),
    },
  },
  [`GET ${base}/manage/tables`]: {
    id: 'listTables',
    summary: 'List tables',
    parameters: [details, 'Limit', 'Offset'],
    replies: { 200: result('Tables by number.', list(ref('Table'))) },
  },
  [`POST ${base}/manage/tables`]: {
    id: 'createTable',
    summary: 'Make a table',
    body: {
      media: json(ref('TableSent')),
      example: {
        table_name: 'widgets',
        columns: {
          name: { data_type: 'varchar', char_len: 255, null: false },
          count: { data_type: 'integer' },
        },
      },
    },
    replies: { 200: result('The table as it was made.', ref('TableMade')) },
  },
  [`GET ${base}/manage/tables/:id`]: {
    id: 'getTable',
    summary: 'Read a table',
    parameters: [details],
    replies: { 200: result('The table.', ref('Table')) },
  },
  [`PUT ${base}/manage/tables/:id`]: {
    id: 'updateTable',
    summary: 'Change a table in one respect',
    body: {
      media: json(ref('TableChange')),
      example: { add_column: { weight: { data_type: 'float' } } },
    },
    replies: { 200: result('What changed.', nothing) },
  },
  [`DELETE ${base}/manage/tables/:id`]: {
    id: 'deleteTable',
    summary: 'Drop a table',
    parameters: [cascade],
    replies: { 200: deleted },
  },
  [`GET ${base}/manage/views`]: {
    id: 'listViews',
    summary: 'List views',
    parameters: [details, 'Limit', 'Offset'],
    replies: { 200: result('Views by number.', list(ref('View'))) },
  },
  [`POST ${base}/manage/views`]: {
    id: 'createView',
    summary: 'Make a view',
    body: {
      media: json(ref('ViewSent')),
      example: {
        view_name: 'many',
        select_query: 'name',
        from_table: 'widgets',
        where_query: 'count > 9',
      },
    },
    replies: { 200: result('The view as it was made.', ref('ViewMade')) },
  },
  [`GET ${base}/manage/views/:view`]: {
    id: 'getView',
    summary: 'Read the definition of a view',
    parameters: [details],
    replies: { 200: result('The view.', ref('View')) },
  },
  [`PUT ${base}/manage/views/:view`]: {
    id: 'updateView',
    summary: 'Change a view in one respect',
    body: { media: json(ref('ViewChange')), example: { comments: 'More than nine' } },
    replies: { 200: result('That it changed.', nothing) },
  },
  [`DELETE ${base}/manage/views/:view`]: {
    id: 'deleteView',
    summary: 'Drop a view',
    replies: { 200: deleted },
  },
  [`GET ${base}/manage/views/:view/refresh`]: refresh('refreshView'),
  [`POST ${base}/manage/views/:view/refresh`]: refresh('refreshViewByPost'),
  ...roles(`${base}/manage/roles`, 'Roles'),
  ...roles(`${base}/roles`, 'RolesShort'),
  [`GET ${base}/data/:root`]: {
    id: 'listRows',
    summary: 'List rows of a table',
    parameters: ['Search', ...listing],
    replies: { 200: rows(ref('Row')) },
  },
  [`POST ${base}/data/:root`]: {
    id: 'createRows',
    summary: 'Create a row, or several at once',
    body: {
      media: json(object({ data: oneOrMany(ref('Values')) })),
      example: { data: { name: 'gear', count: 3 } },
    },
    replies: { 200: result('The rows in the order sent.', list(ref('Row'))) },
  },
  [`PUT ${base}/data/:root`]: {
    id: 'updateRows',
    summary: 'Change the rows that conditions name',
    body: {
      media: json(changeOfRows(ref('Values'))),
      example: { data: { count: 0 }, where: { count: { operator: '<', value: 0 } } },
    },
    replies: { 200: updated },
  },
  [`GET ${base}/data/:root/:id`]: {
    id: 'getRow',
    summary: 'Read a row',
    replies: { 200: result('The row, in a list.', list(ref('Row'))) },
  },
  [`PUT ${base}/data/:root/:id`]: {
    id: 'updateRow',
    summary: 'Change a row',
    body: { media: json(object({ data: ref('Values') })), example: { data: { count: 4 } } },
    replies: { 200: result('The row after the change, in a list.', list(ref('Row'))) },
  },
  [`DELETE ${base}/data/:root/:id`]: {
    id: 'deleteRow',
    summary: 'Delete a row',
    replies: { 200: deleted },
  },
  [`GET ${base}/views/:root`]: {
    id: 'readView',
    summary: 'List rows of a view',
    parameters: ['Search', ...listing],
    replies: { 200: rows(ref('Row')) },
  },
};
