import type { Json, JsonObject } from '../base/json.ts';
import type {
  Answer,
  Described,
  Description,
  Media,
  Parameter,
  Schema,
} from '../dialects/described.ts';
import type { Dialect } from '../dialects/dialect.ts';
import type { Catalog } from '../model/catalog.ts';
import type { Table } from '../model/table.ts';
import { openRoutes, description as own } from './description.ts';
import { tableNames } from './table-names.ts';

/** What one side of the server serves. */
interface Part {
  readonly tag: string;
  readonly description: Description;
  readonly tokenHeaders: readonly string[];
  /** Without a token, or with one if there is: by method and path. */
  readonly open: ReadonlyMap<string, 'public' | 'anonymous'>;
}

type Paths = Record<string, Record<string, Json>>;

/**
 * An OpenAPI 3.1 document of the dialects' routes and, with a catalog, of its tables. The dialects describe themselves; here the parts
 * are joined and get what all have in common: security, failures, parameters of paths. In a stable order.
 */
export function openApi(dialects: readonly Dialect[], catalog?: Catalog): JsonObject {
  const parts = [server, ...dialects.map(partOf)];
  const paths: Paths = {};
  const schemas: Record<string, Schema> = {};
  for (const part of parts) {
    const { name, routes, schemas: common } = part.description;
    for (const [key, schema] of Object.entries(common)) schemas[name + key] = schema;
    for (const [key, described] of Object.entries(routes)) {
      const [method = '', path = ''] = key.split(' ');
      put(paths, templated(path), method, operation(part, described, path, part.open.get(key)));
    }
  }
  const tables = catalog === undefined ? [] : ordered(catalog.tables);
  const names = tableNames(tables);
  const tags: JsonObject[] = [];
  for (const part of parts) {
    for (const table of tables) {
      const tag = addTable(part, table, names.get(table) ?? '', paths, schemas);
      if (tag) tags.push(tag);
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: catalog === undefined ? 'Rowhouse' : `Rowhouse: ${catalog.tenant}`,
      version: String(catalog?.version ?? 0),
      description: 'A Postgres-native data service: several dialects over the same tables.',
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { apiKey: [] }],
    tags: [
      ...parts.map(({ tag, description: { about } }) => ({ name: tag, description: about })),
      ...tags,
    ],
    paths,
    components: {
      securitySchemes: securitySchemes(parts),
      parameters: sharedParameters(parts),
      responses: Object.fromEntries(parts.map(failureOf)),
      schemas,
    },
  };
}

const server: Part = {
  tag: 'server',
  description: own,
  tokenHeaders: [],
  open: new Map(openRoutes.map((key) => [key, 'public'])),
};

function partOf({ name, description, tokenHeaders, routes }: Dialect): Part {
  const open = routes.flatMap((route): [string, 'public' | 'anonymous'][] => {
    if (!route.public && !route.anonymous) return [];
    return [[`${route.method} ${route.path}`, route.public ? 'public' : 'anonymous']];
  });
  return { tag: name, description, tokenHeaders, open: new Map(open) };
}

/** Where two tables would have one address, that of the default app has it. */
function ordered(tables: readonly Table[]): readonly Table[] {
  const foreign = ({ app }: Table): number => (app === 'default' ? 0 : 1);
  return tables.toSorted((a, b) => foreign(a) - foreign(b) || a.id - b.id);
}

/** What a part says of the table, under a tag of its own. */
function addTable(
  part: Part,
  table: Table,
  name: string,
  paths: Paths,
  schemas: Record<string, Schema>,
): JsonObject | undefined {
  // Only defined so far: it has no rows.
  if (table.materialized === false) return undefined;
  const prefix = part.description.name + name;
  const own = (key: string): Schema => ({ $ref: `#/components/schemas/${prefix}${key}` });
  const described = part.description.table?.(table, own);
  const routes = described?.routes.filter(
    ({ method, path }) => paths[path]?.[method.toLowerCase()] === undefined,
  );
  if (described === undefined || routes?.length !== described.routes.length) return undefined;
  const tag = `${part.tag}: ${name}`;
  for (const [key, schema] of Object.entries(described.schemas)) schemas[prefix + key] = schema;
  for (const { method, path, places, ...route } of routes) {
    const whole = { ...route, id: name + route.id };
    put(paths, path, method, operation({ ...part, tag }, whole, path, undefined, places));
  }
  const { app, name: shown } = table;
  return { name: tag, description: `Table ${app === 'default' ? '' : `${app}.`}${shown}` };
}

function put(paths: Paths, path: string, method: string, value: JsonObject): void {
  paths[path] = { ...paths[path], [method.toLowerCase()]: value };
}

function templated(path: string): string {
  return path.replace(/:([A-Za-z_]\w*)/g, '{$1}');
}

function operation(
  part: Part,
  { id, summary, description, parameters = [], body, replies }: Described,
  path: string,
  open: 'public' | 'anonymous' | undefined,
  places: Readonly<Record<string, Schema>> = {},
): JsonObject {
  const { name } = part.description;
  const inPath = [...templated(path).matchAll(/\{(\w+)\}/g)].map(([, key = '']) => ({
    name: key,
    in: 'path',
    required: true,
    schema: places[key] ?? { type: 'string' },
  }));
  const others = parameters.map((each) =>
    typeof each === 'string'
      ? { $ref: `#/components/parameters/${name}${each}` }
      : parameterObject(each),
  );
  const all = [...inPath, ...others];
  const security = securityOf(part, open);
  return {
    tags: [part.tag],
    operationId: lowerFirst(name) + upperFirst(id),
    summary,
    ...(description === undefined ? {} : { description }),
    ...(security === undefined ? {} : { security }),
    ...(all.length === 0 ? {} : { parameters: all }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: body.optional !== true,
            content: content(body.media, body.example),
          },
        }),
    responses: {
      ...Object.fromEntries(
        Object.entries(replies).map(([status, reply]) => [status, responseObject(reply)]),
      ),
      '4XX': { $ref: `#/components/responses/${name}Failure` },
      default: { $ref: `#/components/responses/${name}Failure` },
    },
  };
}

/** Undefined: as the document says for all. */
function securityOf(
  { tokenHeaders }: Part,
  open: 'public' | 'anonymous' | undefined,
): Json | undefined {
  if (open === 'public') return [];
  const known = [{ bearer: [] }, { apiKey: [] }, ...tokenHeaders.map((name) => ({ [name]: [] }))];
  if (open === 'anonymous') return [...known, {}];
  return tokenHeaders.length === 0 ? undefined : known;
}

function securitySchemes(parts: readonly Part[]): JsonObject {
  const headers = [...new Set(parts.flatMap(({ tokenHeaders }) => tokenHeaders))];
  return {
    bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
    apiKey: {
      type: 'apiKey',
      in: 'header',
      name: 'Authorization',
      description: '`Api-Key` and a token that lives long.',
    },
    ...Object.fromEntries(headers.map((name) => [name, { type: 'apiKey', in: 'header', name }])),
  };
}

function sharedParameters(parts: readonly Part[]): JsonObject {
  return Object.fromEntries(
    parts.flatMap(({ description: { name, parameters } }) =>
      Object.entries(parameters).map(([key, each]) => [name + key, parameterObject(each)]),
    ),
  );
}

function parameterObject(each: Parameter): JsonObject {
  return {
    name: each.name,
    in: each.in ?? 'query',
    ...(each.required ? { required: true } : {}),
    description: each.description,
    ...(each.exploded ? { style: 'form', explode: true } : {}),
    schema: each.schema,
  };
}

function failureOf({ description: { name } }: Part): [string, JsonObject] {
  const schema = { $ref: `#/components/schemas/${name}Failure` };
  const headers = {
    'Retry-After': {
      description: 'Seconds to wait, where waiting helps.',
      schema: { type: 'integer' },
    },
  };
  const failed = {
    description: 'A refusal.',
    headers,
    content: content({ 'application/json': schema }),
  };
  return [`${name}Failure`, failed];
}

function responseObject({ description, media, headers }: Answer): JsonObject {
  return {
    description,
    ...(headers === undefined ? {} : { headers }),
    ...(media === undefined ? {} : { content: content(media) }),
  };
}

function content(media: Media, example?: Json): JsonObject {
  return Object.fromEntries(
    Object.entries(media).map(([type, schema]) => [
      type,
      { schema, ...(example === undefined || type !== 'application/json' ? {} : { example }) },
    ]),
  );
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

function upperFirst(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
