import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Json, JsonObject } from '../base/json.ts';
import { type Catalog, findTable } from '../model/catalog.ts';
import type { Relationship, TableDraft, TableName } from '../model/table.ts';
import type { Read } from '../statement/statement.ts';
import type { Caller } from './call.ts';
import { newColumn, newReference, newTable, uuidKey } from './import/draft.ts';
import { readSource } from './import/read.ts';
import type { SourceRow } from './import/source.ts';
import { createTable, insertRows, type Loader, type Progress } from './load-table.ts';

/** The tenant that `make run` makes. */
export const demoTenant = 'demo';

interface DemoTable {
  readonly file: string;
  readonly draft: TableDraft;
  readonly row: (values: SourceRow['values']) => JsonObject;
}

/**
 * Seeds the demo tenant with real data: airports, the flights between them, movies, and a tree of program parts. Tables that have
 * rows stay as they are, so an interrupted start goes on where it stopped.
 */
export async function seedDemo(
  loader: Loader,
  caller: Caller,
  onProgress: (progress: Progress) => void,
): Promise<void> {
  const folder = dataFolder();
  for (const { file, draft, row } of demoTables) {
    const catalog = await loader.load(demoTenant, true);
    const exists = findTable(catalog, draft) !== undefined;
    if (exists && (await hasRows(loader, catalog, caller, draft))) continue;
    const source = await readSource(join(folder, file));
    const rows = source.rows.map(({ line, values }) => ({ line, values: row(values) }));
    if (!exists) await createTable(loader, caller, demoTenant, draft);
    await insertRows(loader, { tenant: demoTenant, caller, onProgress }, source, draft, rows);
  }
}

/** Also trashed ones: what a user has thrown away does not come back. */
async function hasRows(
  loader: Loader,
  catalog: Catalog,
  caller: Caller,
  table: TableName,
): Promise<boolean> {
  const read: Read = {
    kind: 'read',
    table,
    output: { items: [], format: { numbers: 'plain', times: 'millis' } },
    limit: 1,
    show: 'trashed',
    cap: 1,
  };
  const [result] = await loader.execute([read], catalog, caller);
  return (result?.count ?? 0) > 0;
}

function dataFolder(): string {
  try {
    const entry = createRequire(import.meta.url).resolve('vega-datasets');
    return join(dirname(entry), '..', 'data');
  } catch {
    throw new Error('the demo needs its data: npm install vega-datasets');
  }
}

const text = { base: 'text' } as const;
const whole = { base: 'bigint' } as const;
const decimal = { base: 'numeric' } as const;
const uuid = { base: 'uuid' } as const;

const named = (name: string) => ({ app: 'default', name });

const referenced = (name: string): Relationship => ({
  type: 'referenced',
  name,
  cascade: false,
  required: false,
});

const demoTables: readonly DemoTable[] = [
  {
    file: 'airports.csv',
    draft: newTable(
      named('airports'),
      [
        uuidKey(),
        newColumn('iata', text, { required: true, unique: true, immutable: true }),
        newColumn('name', text, { required: true, searchable: true }),
        newColumn('city', text, { searchable: true, indexed: true }),
        newColumn('state', text, { indexed: true }),
        newColumn('country', text),
        newColumn('latitude', decimal, { minimum: -90, maximum: 90 }),
        newColumn('longitude', decimal, { minimum: -180, maximum: 180 }),
      ],
      ['id'],
      { description: 'Airports of the United States' },
    ),
    row: (values) => ({ id: keyFor('airports', values['iata']), ...values }),
  },
  {
    file: 'flights-airport.csv',
    draft: newTable(
      named('flights'),
      [
        uuidKey(),
        newColumn('origin', text, { required: true, indexed: true }),
        newColumn('destination', text, { required: true, indexed: true }),
        newColumn('count', whole, { required: true, minimum: 0, indexed: true }),
        newColumn('origin_id', uuid, { required: true }),
        newColumn('destination_id', uuid, { required: true }),
      ],
      ['id'],
      {
        description: 'Flights between two airports in a year',
        references: [
          newReference(
            named('flights'),
            ['origin_id'],
            named('airports'),
            ['id'],
            referenced('departure'),
          ),
          newReference(
            named('flights'),
            ['destination_id'],
            named('airports'),
            ['id'],
            referenced('arrival'),
          ),
        ],
      },
    ),
    row: (values) => ({
      id: keyFor('flights', values['origin'], values['destination']),
      origin: values['origin'] ?? null,
      destination: values['destination'] ?? null,
      count: values['count'] ?? null,
      origin_id: keyFor('airports', values['origin']),
      destination_id: keyFor('airports', values['destination']),
    }),
  },
  {
    file: 'movies.json',
    draft: newTable(
      named('movies'),
      [
        uuidKey(),
        newColumn('title', text, { searchable: true, indexed: true }),
        newColumn('director', text, { searchable: true, indexed: true }),
        newColumn('distributor', text, { searchable: true }),
        newColumn('release_date', { base: 'date' }, { indexed: true }),
        newColumn('major_genre', text, { indexed: true }),
        newColumn('creative_type', text),
        newColumn('source', text),
        newColumn('mpaa_rating', text),
        newColumn('running_time_min', whole, { minimum: 0 }),
        newColumn('production_budget', whole),
        newColumn('us_gross', whole),
        newColumn('worldwide_gross', whole),
        newColumn('us_dvd_sales', whole),
        newColumn('rotten_tomatoes_rating', whole, { minimum: 0, maximum: 100 }),
        newColumn('imdb_rating', decimal, { minimum: 0, maximum: 10, indexed: true }),
        newColumn('imdb_votes', whole, { minimum: 0 }),
      ],
      ['id'],
      { description: 'Films with what they cost and earned' },
    ),
    row: movie,
  },
  {
    file: 'flare.json',
    draft: newTable(
      named('flare'),
      [
        uuidKey(),
        newColumn('name', text, { required: true, searchable: true }),
        newColumn('size', whole, { minimum: 0 }),
        newColumn('parent', uuid),
      ],
      ['id'],
      {
        description: 'The parts of a program library, as a tree',
        references: [
          newReference(named('flare'), ['parent'], named('flare'), ['id'], {
            type: 'owned',
            name: 'children',
            cascade: true,
            required: false,
          }),
        ],
      },
    ),
    row: (values) => ({
      id: keyFor('flare', values['id']),
      name: values['name'] ?? null,
      size: values['size'] ?? null,
      parent: values['parent'] === undefined ? null : keyFor('flare', values['parent']),
    }),
  },
];

/** "US Gross" → us_gross. Some titles are numbers in the file, dates are spelled out. */
function movie(values: SourceRow['values']): JsonObject {
  const row: Record<string, Json> = {};
  for (const [name, value] of Object.entries(values)) {
    row[name.toLowerCase().replaceAll(' ', '_')] = value;
  }
  const { title, release_date: released } = row;
  return {
    ...row,
    title: title === null || title === undefined ? null : String(title),
    release_date: typeof released === 'string' ? isoDate(released) : null,
  };
}

/** "Jun 12 1998" → 1998-06-12, whatever zone this machine is in. */
function isoDate(spelled: string): string {
  return new Date(`${spelled} UTC`).toISOString().slice(0, 10);
}

/** The same row has the same key on every machine, so that examples can name it. */
function keyFor(table: string, ...parts: readonly (Json | undefined)[]): string {
  const hex = createHash('sha256')
    .update(JSON.stringify([table, ...parts]))
    .digest('hex');
  // Version 8 of RFC 9562: a uuid of one's own making.
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
