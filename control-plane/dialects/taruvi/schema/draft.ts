import { isObject, type Json, type JsonObject } from '../../../base/json.ts';
import { newReport, type Report, type SchemaFault } from '../../../frictionless/report.ts';
import { presetOf } from '../../../frictionless/types.ts';
import type { Catalog } from '../../../model/catalog.ts';
import {
  type Column,
  type Features,
  systemColumns,
  type Table,
  type TableDraft,
  type TableName,
} from '../../../model/table.ts';
import { engineColumns, physicalName, postgresColumns } from '../../../model/table-schema.ts';
import { columnsOf } from './fields.ts';
import { graphOf } from './graph.ts';
import { heldColumns, holderName } from './held.ts';
import { indexesOf } from './indexes.ts';
import { keyed, uniquesOf } from './keys.ts';
import { type ForeignKey, foreignKeysOf, linked, type Unlinked } from './references.ts';
import { searchOf } from './search.ts';

/** A table as somebody describes it: its name and place, its schema, and what was said beside the schema. */
export interface SchemaSource extends TableName {
  readonly datasource: string;
  readonly provider: TableDraft['provider'];
  readonly document: Json | undefined;
  /** Keys that count as if they stood in the schema, where it has none of its own. */
  readonly beside?: JsonObject;
  readonly description?: string;
  readonly materialized?: false;
  readonly extra?: JsonObject;
  /** The table that it changes. */
  readonly old?: Table;
  /** Where the schema stands in what was sent, for faults. */
  readonly place?: readonly (string | number)[];
}

/** Drafts of what was described, all faults told: with any, the drafts mean nothing. */
export interface ReadSchemas {
  readonly drafts: readonly TableDraft[];
  readonly faults: readonly SchemaFault[];
}

/** Reads schemas together: they may refer to one another. */
export function readSchemas(sources: readonly SchemaSource[], catalog: Catalog): ReadSchemas {
  const read = sources.map((source) => unlinked(source, newReport(...(source.place ?? []))));
  const tables = read.flatMap(({ table }) => (table ? [table] : []));
  const drafts = linked(tables, catalog);
  return { drafts, faults: read.flatMap(({ report }) => report.faults) };
}

function unlinked(
  source: SchemaSource,
  report: Report,
): { readonly report: Report; readonly table?: Unlinked } {
  const { document, old } = source;
  if (document === undefined || !isObject(document)) {
    report.add(document === undefined ? 'required' : 'type', 'a schema must be an object');
    return { report };
  }
  const said = { ...source.beside, ...document };
  const features = featuresOf(said, report);
  const searched = said['search_fields'] !== undefined;
  const reserved = [...reservedNames(features, searched), ...postgresColumns];
  const scope = { features, reserved, preset: presetOf(said), ...(old ? { old } : {}) };
  const fields = columnsOf(said['fields'], scope, report.at('fields'));
  const foreignKeys = foreignKeysOf(said['foreignKeys'], source, fields, report.at('foreignKeys'));
  const bound = foreignKeys.flatMap((each) => each.fields);
  const { columns, key } = keyed(fields, said['primaryKey'], bound, report.at('primaryKey'));
  const placed =
    source.provider === 'jsonb'
      ? heldColumns({ said, columns, key, foreignKeys }, report)
      : columns;
  const tracked = features.history ? placed.map((each) => ({ ...each, tracked: true })) : placed;
  if (features.history && key.length > 1) {
    report.add('not_supported', 'an audit needs a primary key of one field', 'audit_enabled');
  }
  const parts = {
    said,
    columns: tracked,
    key,
    foreignKeys,
    features: source.provider === 'jsonb' ? features : marked(features, columns, key),
  };
  const draft = draftOf(source, document, parts, report);
  return { report, table: { draft, foreignKeys, report: report.at('foreignKeys') } };
}

interface Parts {
  readonly said: JsonObject;
  readonly columns: readonly Column[];
  readonly key: readonly string[];
  readonly foreignKeys: readonly ForeignKey[];
  readonly features: Features;
}

function draftOf(
  source: SchemaSource,
  document: JsonObject,
  { said, columns, key, features }: Parts,
  report: Report,
): TableDraft {
  const { app, name, datasource, description, materialized, extra } = source;
  const uniques = uniquesOf(said['uniqueKeys'], columns, report.at('uniqueKeys'));
  const search = searchOf(said['search_fields'], said['search_language'], columns, report);
  const stamps = systemColumns.timestamps.map((stamp) => ({
    name: stamp,
    type: { base: 'timestamptz' } as const,
  }));
  const graph = graphOf(said, report);
  const indexable = features.timestamps ? [...columns, ...stamps] : columns;
  const indexes = indexesOf(said['indexes'], indexable, physicalName(source), report.at('indexes'));
  return {
    app,
    name,
    datasource,
    kind: 'table',
    provider: source.provider,
    access: 'policy',
    status: 'active',
    features,
    freeze: false,
    sudo: false,
    columns,
    key,
    references: [],
    document,
    ...(source.provider === 'jsonb' ? { holder: holderName } : {}),
    ...(uniques.length === 0 ? {} : { uniques }),
    ...(indexes.length === 0 ? {} : { indexes }),
    ...(search ? { search } : {}),
    ...(graph ? { graph } : {}),
    ...(description === undefined ? {} : { description }),
    ...(materialized === undefined ? {} : { materialized }),
    ...(extra === undefined ? {} : { extra }),
  };
}

const switches = {
  'x-timestamps': 'timestamps',
  'x-soft-delete': 'softDelete',
  'x-acl': 'acl',
  audit_enabled: 'history',
} as const satisfies Record<string, keyof Features>;

function featuresOf(said: JsonObject, report: Report): Features {
  const features = { timestamps: false, softDelete: false, acl: false, history: false };
  for (const [key, feature] of Object.entries(switches)) {
    const value = said[key] ?? false;
    if (typeof value !== 'boolean') report.add('type', `${key} must be true or false`, key);
    features[feature] = value === true;
  }
  return features;
}

/** A declared boolean of this name marks deleted rows, in place of a trash. */
const markName = 'is_deleted';

function marked(features: Features, columns: readonly Column[], key: readonly string[]): Features {
  const column = columns.find(({ name }) => name === markName);
  const marks = column?.type.base === 'boolean' && !column.type.array && !key.includes(markName);
  return marks ? { ...features, softDelete: false, mark: markName } : features;
}

/** Timestamps may be declared: the feature takes them over. */
function reservedNames(features: Features, searched: boolean): readonly string[] {
  const search = searched ? { language: 'english', fields: [] } : undefined;
  const names = engineColumns({ features, access: 'policy', ...(search ? { search } : {}) });
  return names.filter((name) => !systemColumns.timestamps.some((stamp) => stamp === name));
}
