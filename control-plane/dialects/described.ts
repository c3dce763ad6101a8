import type { Json, JsonObject } from '../base/json.ts';
import type { Table } from '../model/table.ts';

/** JSON Schema, draft 2020-12. */
export type Schema = JsonObject;

/** What a route of a dialect takes and answers, told to people and to generators of clients. */
export interface Described {
  /** Verb and noun in camel case, unique within the dialect. */
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  /** Besides those of the path: names of the dialect's shared parameters, or parameters of its own. */
  readonly parameters?: readonly (string | Parameter)[];
  readonly body?: Sent;
  /** Successes by status; failures are those of the dialect. */
  readonly replies: Readonly<Record<string, Answer>>;
}

export interface Parameter {
  readonly name: string;
  /** Absent: in the query. */
  readonly in?: 'header';
  readonly required?: true;
  readonly description: string;
  readonly schema: Schema;
  /** Every member of the object is a parameter by itself. */
  readonly exploded?: true;
}

/** Schemas by media type. */
export type Media = Readonly<Record<string, Schema>>;

export interface Sent {
  readonly media: Media;
  /** The request may come without. */
  readonly optional?: true;
  readonly example?: Json;
}

export interface Answer {
  readonly description: string;
  /** Absent: no body. */
  readonly media?: Media;
  readonly headers?: Readonly<Record<string, { description: string; schema: Schema }>>;
}

/** A route that speaks of one table; its path is in the form of OpenAPI. */
export interface TableRoute extends Described {
  readonly method: string;
  readonly path: string;
  /** Schemas of the parameters in its path. */
  readonly places?: Readonly<Record<string, Schema>>;
}

export interface DescribedTable {
  /** By a name that goes behind that of the table. */
  readonly schemas: Readonly<Record<string, Schema>>;
  readonly routes: readonly TableRoute[];
}

/** Routes by method and path as the route table has them. */
export type Routes = Readonly<Record<string, Described>>;

/** Refers to a schema by its name. */
export type Ref = (name: string) => Schema;

/** The routes and rows of one table that is there; undefined where it has none here. `own` refers to the table's own schemas. */
export type DescribeTable = (table: Table, own: Ref) => DescribedTable | undefined;

/** A dialect as its users read of it. Pure: made of names and schemas only. */
export interface Description {
  /** What stands before the names of its schemas and, in lower case, before those of its operations. */
  readonly name: string;
  readonly about: string;
  readonly routes: Routes;
  /** By component name, without the dialect's. `Failure` is the body of every refusal. */
  readonly schemas: Readonly<Record<string, Schema>> & { readonly Failure: Schema };
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly table?: DescribeTable;
}

/** Refers to a schema of the dialect whose description has this name. */
export function refs(dialect: string): Ref {
  return (name) => ({ $ref: `#/components/schemas/${dialect}${name}` });
}

export const json = (schema: Schema): Media => ({ 'application/json': schema });

/** An answer with a JSON body. */
export function answer(description: string, schema: Schema): Answer {
  return { description, media: json(schema) };
}

export const text: Schema = { type: 'string' };
export const integer: Schema = { type: 'integer' };
export const number: Schema = { type: 'number' };
export const count: Schema = { type: 'integer', minimum: 0 };
export const boolean: Schema = { type: 'boolean' };
export const time: Schema = { type: 'string', format: 'date-time' };
/** No value: null. */
export const nothing: Schema = { type: 'null' };
/** Any JSON value. */
export const any: Schema = {};
/** An object whose keys depend on the data. */
export const open: Schema = { type: 'object', additionalProperties: true };

export const constant = (value: Json): Schema => ({ const: value });
export const oneOf = (...values: readonly Json[]): Schema => ({ enum: values });
export const list = (items: Schema): Schema => ({ type: 'array', items });
export const map = (values: Schema): Schema => ({ type: 'object', additionalProperties: values });
export const either = (...schemas: readonly Schema[]): Schema => ({ anyOf: schemas });

export const oneOrMany = (schema: Schema): Schema => either(schema, list(schema));

/** The schema, with members that must be there. */
export const needing = (schema: Schema, ...names: readonly string[]): Schema => ({
  ...schema,
  required: names,
});

/** A parameter of the query. */
export function parameter(name: string, schema: Schema, description: string): Parameter {
  return { name, description, schema };
}

/** The schema, or null. */
export function nullable(schema: Schema): Schema {
  const { type, enum: values } = schema;
  if (Array.isArray(values)) return { ...schema, enum: [...(values as readonly Json[]), null] };
  if (typeof type === 'string') return { ...schema, type: [type, 'null'] };
  return Object.keys(schema).length === 0 ? schema : either(schema, nothing);
}

/** An object whose members are all of one schema; these are known by name. */
export function members(names: readonly string[], each: Schema): Schema {
  if (names.length === 0) return map(each);
  const properties = Object.fromEntries(names.map((name) => [name, each]));
  return { type: 'object', properties, additionalProperties: each };
}

/** An object of just these keys. A question mark behind a key: it may be absent. */
export function object(keys: Readonly<Record<string, Schema>>): Schema {
  return { ...openObject(keys), additionalProperties: false };
}

/** As {@link object}; others may stand beside the keys. */
export function openObject(keys: Readonly<Record<string, Schema>>): Schema {
  const properties = Object.entries(keys).map(([key, schema]): [string, Schema] => [
    key.replace(/\?$/, ''),
    schema,
  ]);
  const required = Object.keys(keys).filter((key) => !key.endsWith('?'));
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.length === 0 ? {} : { required }),
  };
}
