import { levels } from '../../../model/principal.ts';
import { relationshipTypes, tableStatuses } from '../../../model/table.ts';
import {
  any,
  boolean,
  constant,
  count,
  type Description,
  integer,
  list,
  map,
  nullable,
  object,
  oneOf,
  open,
  openObject,
  refs,
  type Schema,
  text,
  time,
} from '../../described.ts';
import { errorTypes } from '../codes.ts';
import { typeNames } from '../column-object.ts';
import { contexts } from '../find.ts';
import { listNames, shownLists } from '../system-fields.ts';
import { limit } from './parameters.ts';

/** A schema of this dialect. */
export const ref = refs('Monk');

/** What every reply of this dialect that is no refusal looks like. */
export function success(data: Schema): Schema {
  return object({ success: constant(true), data });
}

/** A list with the number of its members; `total` where the request asks for it. */
export function listed(items: Schema): Schema {
  return object({ success: constant(true), data: list(items), count, 'total?': count });
}

/** A refusal. */
export const failure: Schema = openObject({
  success: constant(false),
  error: { ...text, description: 'What is wrong, for people.' },
  error_code: { ...text, description: 'What is wrong, for programs.' },
  error_type: oneOf(...errorTypes),
  'field?': text,
  'details?': any,
  'data?': any,
});

const names = list(text);
const level = oneOf(...levels);

const accessLists = Object.fromEntries(
  shownLists.map(({ as, optional }) => [optional ? `${as}?` : as, names]),
);

const optionalLists = Object.fromEntries(listNames.map((name) => [`${name}?`, names]));

/** The system fields, by the features of the table they belong to, in the order of replies. */
export const featureFields: Readonly<Record<'acl' | 'timestamps' | 'softDelete', Schema>> = {
  acl: object(accessLists),
  timestamps: object({ created_at: time, updated_at: time }),
  softDelete: object({ trashed_at: nullable(time), deleted_at: nullable(time) }),
};

const columnRules = {
  type: {
    ...text,
    description: `${typeNames.join(', ')}. Tables of other dialects may have others.`,
  },
  required: boolean,
  default_value: any,
  description: nullable(text),
  minimum: nullable({ type: ['number', 'string'] }),
  maximum: nullable({ type: ['number', 'string'] }),
  pattern: nullable(text),
  enum_values: nullable(list({ type: ['string', 'number'] })),
  unique: boolean,
  index: boolean,
  searchable: boolean,
  immutable: boolean,
  sudo: boolean,
  tracked: boolean,
  relationship_type: oneOf(...relationshipTypes, null),
  related_schema: nullable(text),
  related_column: nullable(text),
  relationship_name: nullable(text),
  cascade_delete: nullable(boolean),
  required_relationship: nullable(boolean),
};

const optionalRules = Object.fromEntries(
  Object.entries(columnRules).map(([key, schema]) => [`${key}?`, schema]),
);

const column = { id: text, schema_name: text, column_name: text, ...columnRules };
const times = { created_at: time, updated_at: time };

const table = {
  id: text,
  schema_name: text,
  status: oneOf(...tableStatuses),
  description: nullable(text),
  sudo: boolean,
  freeze: boolean,
  ...times,
  columns: list(ref('Column')),
};

const condition = {
  ...open,
  description:
    'Names of columns, or dotted paths into a jsonb column, with values or objects of operators ($eq, $gt, $in, $like, $contains …); $and, $or, $not, $nand, $nor and $search combine.',
};

const page = {
  'where?': ref('Condition'),
  'order?': ref('Order'),
  'limit?': limit,
  'offset?': count,
  'after?': { ...text, description: 'The id of the last record of the page before.' },
  'count?': boolean,
  'includeTotal?': boolean,
  'include_trashed?': boolean,
  'include_deleted?': boolean,
  'context?': oneOf(...contexts),
};

/** The schemas that no table of the tenant changes. */
export const schemas: Description['schemas'] = {
  Failure: failure,
  Record: {
    ...openObject({
      'id?': any,
      ...optionalLists,
      'created_at?': time,
      'updated_at?': time,
      'trashed_at?': nullable(time),
      'deleted_at?': nullable(time),
      'deleted?': boolean,
    }),
    description: 'A record: system fields as far as its schema has them, then its columns.',
    additionalProperties: true,
  },
  Values: { ...open, description: 'Values by column.' },
  Condition: condition,
  Order: {
    description: 'Columns with their direction; records without a value come last ascending.',
    anyOf: [text, list({ anyOf: [text, open] }), map(text)],
  },
  Page: { ...object(page), description: 'Which records, in which order, and how many.' },
  Filter: {
    description: 'As Page, with the columns to show; or ids, an id, or a name.',
    anyOf: [object({ 'select?': names, ...page }), names, text],
  },
  Aggregation: object({
    'aggregate?': map(map({ ...text, description: 'A column; `*` goes with $count.' })),
    'aggregations?': map(map(text)),
    'groupBy?': { anyOf: [text, names] },
    'group_by?': { anyOf: [text, names] },
    'where?': ref('Condition'),
  }),
  AccessLists: object(accessLists),
  AccessListsSent: object(optionalLists),
  Permissions: object({
    record_id: text,
    schema: text,
    access_lists: ref('AccessLists'),
    effective_permissions: object({
      can_read: boolean,
      can_edit: boolean,
      can_delete: boolean,
      is_denied: boolean,
    }),
  }),
  Column: { ...object({ ...column, ...times }), description: 'A column of a schema.' },
  ColumnGone: object({ ...column, ...times, deleted: constant(true) }),
  ColumnSent: object({ 'column_name?': text, ...optionalRules }),
  Schema: { ...object(table), description: 'A schema: a table of the tenant.' },
  SchemaMade: object({ name: text, table: text, created: constant(true), ...table }),
  SchemaSent: object({
    'schema_name?': text,
    'status?': oneOf(...tableStatuses),
    'description?': nullable(text),
    'sudo?': boolean,
    'freeze?': boolean,
    'columns?': list(ref('ColumnSent')),
  }),
  Change: object({
    id: text,
    change_id: integer,
    schema_name: text,
    record_id: text,
    operation: oneOf('create', 'update', 'delete'),
    changes: map(object({ old: any, new: any })),
    created_by: nullable(text),
    created_at: time,
    request_id: nullable(text),
    metadata: open,
  }),
  Stat: object({
    id: text,
    'created_at?': nullable(time),
    'updated_at?': nullable(time),
    'trashed_at?': nullable(time),
    etag: text,
    size: integer,
  }),
  Account: object({
    id: text,
    name: text,
    auth: text,
    username: text,
    access: level,
    roles: names,
    orgs: names,
    ...times,
    'deleted?': boolean,
  }),
  AccountSent: object({
    'name?': text,
    'auth?': text,
    'access?': level,
    'password?': text,
    'roles?': names,
    'orgs?': names,
  }),
  Identity: object({
    id: nullable(text),
    name: nullable(text),
    username: nullable(text),
    access: level,
    tenant: text,
    database: text,
    roles: names,
    orgs: names,
    is_sudo: boolean,
    access_read: names,
    access_edit: names,
    access_full: names,
  }),
  Operation: openObject({
    operation: {
      ...text,
      description:
        'select, select-one, create, create-all, update-any, delete, access … (see the page of the dialect).',
    },
    schema: text,
    'id?': text,
    'filter?': open,
    'data?': any,
    'message?': text,
  }),
};
