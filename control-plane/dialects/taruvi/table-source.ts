import type { JsonObject } from '../../base/json.ts';
import { isStorableText } from '../../base/storable.ts';
import { requireNone } from '../../frictionless/report.ts';
import { type App, defaultDataSource, findDataSource } from '../../model/app.ts';
import type { Table, TableDraft } from '../../model/table.ts';
import { physicalName } from '../../model/table-schema.ts';
import type { RouteContext } from '../dialect.ts';
import { providerOf } from './datasources.ts';
import { notFound, refuse } from './errors.ts';
import { type FieldType, required } from './management.ts';
import { readSchemas, type SchemaSource } from './schema/draft.ts';
import { extraOf } from './table-object.ts';

/** Keys that say something of the schema although they stand beside it. */
const besideKeys = [
  'search_fields',
  'search_language',
  'hierarchy',
  'graph',
  'audit_enabled',
] as const;

/** Keys of a table in a body, and of what type each is. */
export const tableFields: Readonly<Record<string, FieldType>> = {
  name: 'text',
  title: 'text',
  description: 'nullable text',
  datasource: 'text',
  provider_type: 'text',
  provider_config: 'object',
  schema_format: 'text',
  json_schema: 'object',
  materialize: 'boolean',
  search_fields: 'any',
  search_language: 'any',
  hierarchy: 'any',
  graph: 'any',
  audit_enabled: 'any',
};

/** Keys of a table's object that a body may repeat, to no effect. */
export const shownKeys = [
  'app',
  'is_materialized',
  'physical_table_name',
  'schema_hash',
  'is_active',
];

const reserved = ['auth_user', 'storage_objects'];

/** A name that a new table may have. @throws ServiceError invalid_definition */
export function checkedName(name: string, app: string, field = 'name'): string {
  const wrong = (message: string): never => refuse(message, field, 'invalid_definition');
  if (reserved.includes(name)) wrong(`The name ${name} is reserved`);
  if (!isStorableText(name)) wrong('The name is not text');
  if (Buffer.byteLength(physicalName({ app, name })) > 57) {
    wrong(`The physical name of ${name} would have more than 57 bytes`);
  }
  return name;
}

/** The datasource of a new table: `default` is made when it is first needed. @throws ServiceError relation_not_found */
export function datasourceFor(app: App, slug: string = defaultDataSource): string {
  if (slug !== defaultDataSource && !findDataSource(app, slug))
    throw notFound(`datasource '${slug}'`);
  return slug;
}

/**
 * The provider of a new table: as sent, else that of its datasource.
 * @throws ServiceError not_implemented, invalid_definition for a provider or schema language that is not served
 */
export function providerFor(
  sent: JsonObject,
  datasource: string,
  app: App,
): TableDraft['provider'] {
  const { schema_format: format, provider_type: type } = sent;
  if (format !== undefined && format !== 'frictionless') {
    refuse('schema_format must be frictionless', 'schema_format', 'invalid_definition');
  }
  const source = findDataSource(app, datasource);
  return providerOf(typeof type === 'string' ? type : (source?.provider ?? 'flat_table'));
}

/** What a body says of a new table. @throws ServiceError naming what can't be */
export function newSource(
  sent: JsonObject,
  app: App,
  datasource: string,
  { principal }: RouteContext,
): SchemaSource {
  const provider = providerFor(sent, datasource, app);
  const name = checkedName(required(sent, 'name'), app.slug);
  const beside = besideOf(sent);
  const description = sent['description'];
  return {
    app: app.slug,
    name,
    datasource,
    provider,
    document: sent['json_schema'],
    beside,
    ...(typeof description === 'string' ? { description } : {}),
    ...(sent['materialize'] === false ? { materialized: false } : {}),
    extra: {
      createdBy: principal.sub,
      ...(sent['provider_config'] === undefined ? {} : { providerConfig: sent['provider_config'] }),
      ...(Object.keys(beside).length === 0 ? {} : { beside }),
    },
  };
}

/** What a body changes of a table. `whole`: what it doesn't name falls back. */
export function changedSource(
  sent: JsonObject,
  old: Table,
  whole: boolean,
  { principal }: RouteContext,
): SchemaSource {
  const was = extraOf(old);
  const beside = { ...(whole ? {} : was.beside), ...besideOf(sent) };
  const name = sent['name'] === undefined ? old.name : required(sent, 'name');
  const config = sent['provider_config'] ?? (whole ? undefined : was.providerConfig);
  const description = sent['description'] ?? (whole ? undefined : old.description);
  return {
    app: old.app,
    name: name === old.name ? name : checkedName(name, old.app),
    datasource: old.datasource,
    provider: old.provider,
    document: sent['json_schema'] ?? old.document,
    beside,
    old,
    ...(typeof description === 'string' ? { description } : {}),
    ...(old.materialized === false ? { materialized: false } : {}),
    extra: {
      ...(was.createdBy === undefined ? {} : { createdBy: was.createdBy }),
      modifiedBy: principal.sub,
      ...(config === undefined ? {} : { providerConfig: config }),
      ...(Object.keys(beside).length === 0 ? {} : { beside }),
    },
  };
}

/** The keys of a body that count as part of the schema. */
export function besideOf(sent: JsonObject): JsonObject {
  const known: readonly string[] = besideKeys;
  return Object.fromEntries(Object.entries(sent).filter(([key]) => known.includes(key)));
}

/** The one draft of a description. @throws ServiceError invalid_definition with every fault */
export function draftFrom(source: SchemaSource, { catalog }: RouteContext): TableDraft {
  const { drafts, faults } = readSchemas([source], catalog);
  requireNone(faults);
  const [draft] = drafts;
  if (!draft) throw new TypeError('a schema without faults makes a draft');
  return draft;
}
