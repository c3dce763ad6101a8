import {
  any,
  boolean,
  constant,
  count,
  type Description,
  either,
  integer,
  list,
  map,
  needing,
  nothing,
  nullable,
  object,
  oneOf,
  oneOrMany,
  open,
  openObject,
  refs,
  type Schema,
  text,
} from '../../described.ts';
import { switchKeys } from '../definition.ts';
import { endpointWords } from '../names.ts';
import { operatorWords } from '../operators.ts';

/** A schema of this dialect. */
export const ref = refs('Pgrest');

/** What every reply of this dialect that is no refusal looks like. */
export function success(result: Schema, metadata: Schema = open, message: Schema = text): Schema {
  return object({
    status: constant('success'),
    message,
    version: text,
    result,
    metadata,
  });
}

/** Of lists of rows: how far the page goes, and whether there is more. */
export const page = object({ limit: integer, offset: count, truncated: boolean });

const names = list(text);
const endpoints = list(oneOf(...endpointWords));
const endpointsSent = either(names, constant(false));

const made = {
  table_name: text,
  table_id: integer,
  root_url: text,
  endpoints,
  primary_key: nullable(text),
  constraints: open,
  comments: text,
};

const view = {
  view_name: text,
  view_id: integer,
  manage_view_id: integer,
  root_url: text,
  endpoints,
  comments: text,
};

const switches = {
  'endpoints?': endpointsSent,
  ...Object.fromEntries(switchKeys.map((key) => [`${key}?`, boolean])),
};

const flag = either(boolean, oneOf('true', 'false'));

export const schemas: Description['schemas'] = {
  Failure: object({
    status: constant('error'),
    message: { ...text, description: 'What is wrong, naming the offender.' },
    version: text,
    result: nothing,
    metadata: openObject({ code: text, 'field?': text }),
  }),
  Row: { ...openObject({ '_pkid?': any }), description: 'A row; `_pkid` repeats its key.' },
  Values: { ...open, description: 'Values by column.' },
  Condition: {
    ...openObject({ operator: text, 'value?': any }),
    description: `${operatorWords.join(', ')}, or their symbols.`,
  },
  Where: {
    ...map(oneOrMany(ref('Condition'))),
    description: 'Conditions by column; all must hold.',
  },
  Table: object({
    ...made,
    tenant: text,
    tenant_id: text,
    'columns?': map(ref('Column')),
    'create_schema?': open,
    'update_schema?': open,
    'create schema?': open,
    'update schema?': open,
  }),
  TableMade: object(made),
  Column: object({
    'data_type?': text,
    'char_len?': either(integer, constant(false)),
    'serial_start?': integer,
    'serial_increment?': integer,
    'unique?': flag,
    'null?': flag,
    'comments?': text,
    'default?': any,
    'primary_key?': flag,
    'foreign_key?': flag,
    'reference_table?': text,
    'reference_column?': text,
    'on_event?': text,
    'event_action?': text,
    'on_delete?': text,
    'on_update?': text,
  }),
  TableSent: object({
    table_name: text,
    columns: map(needing(ref('Column'), 'data_type')),
    'root_url?': text,
    'enums?': map(names),
    'comments?': text,
    'constraints?': object({ 'unique?': map(names) }),
    ...switches,
  }),
  TableChange: {
    ...object({
      'root_url?': text,
      'table_name?': text,
      'comments?': text,
      'endpoints?': endpointsSent,
      'column_type?': either(text, object({ column: text, type: text })),
      'add_column?': { ...map(needing(ref('Column'), 'data_type')), maxProperties: 1 },
      'drop_column?': text,
      'drop_default?': text,
      'set_default?': either(text, object({ column: text, value: any })),
    }),
    description: 'One change a request.',
    maxProperties: 1,
  },
  View: object({
    ...view,
    tenant_id: text,
    'permission_rules?': names,
    'view_definition?': object({
      from_table: nullable(text),
      select_query: nullable(text),
      where_query: nullable(text),
      raw_sql: nullable(text),
      materialized_view_raw_sql: nullable(text),
    }),
  }),
  ViewMade: object(view),
  ViewSent: {
    ...object({
      view_name: text,
      'select_query?': text,
      'from_table?': text,
      'where_query?': text,
      'raw_sql?': text,
      'materialized_view_raw_sql?': text,
      'root_url?': text,
      'permission_rules?': names,
      'comments?': text,
      ...switches,
    }),
    description: 'select_query with from_table, or one of the raw forms.',
  },
  ViewChange: {
    ...object({
      'permission_rules?': names,
      'comments?': text,
      'root_url?': text,
      'endpoints?': endpointsSent,
    }),
    description: 'One change a request.',
    maxProperties: 1,
  },
  Role: object({
    id: text,
    tenant: text,
    name: text,
    description: text,
    owner: text,
    ownerTenant: text,
    created: text,
    createdby: text,
    createdbyTenant: text,
    updated: text,
    updatedby: text,
    updatedbyTenant: text,
    usersInRole: names,
  }),
};
