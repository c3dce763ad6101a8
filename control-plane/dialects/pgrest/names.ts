import { ServiceError } from '../../base/errors.ts';
import type { Catalog } from '../../model/catalog.ts';
import { type Endpoint, endpoints, type Table, type TableDraft } from '../../model/table.ts';
import { notFound, refuse } from './errors.ts';

/** Tables that this dialect's addresses can mean: views have addresses of their own. */
export function tablesOf(catalog: Catalog): readonly Table[] {
  return catalog.tables.filter(({ kind, status }) => kind === 'table' && status !== 'disabled');
}

export function viewsOf(catalog: Catalog): readonly Table[] {
  return catalog.tables.filter(({ kind }) => kind === 'view');
}

/** The address of a table or view under `data` or `views`. */
export function rootOf(table: Pick<TableDraft, 'path' | 'name'>): string {
  return table.path ?? table.name;
}

/** What an address means: its root_url, else its number. */
export function byRoot(all: readonly Table[], root: string): Table | undefined {
  const found = all.filter((table) => rootOf(table) === root);
  // Tables of other apps can bear the name of one that lives here.
  const own = found.find(({ app }) => app === 'default') ?? found[0];
  return own ?? (/^\d{1,15}$/.test(root) ? all.find(({ id }) => id === Number(root)) : undefined);
}

/** The table of a number under `manage/tables`. */
export function byNumber(catalog: Catalog, id: string): Table {
  if (!/^-?\d+$/.test(id)) refuse('table_id must be an integer', 'table_id');
  const table = tablesOf(catalog).find((each) => String(each.id) === id);
  if (!table) throw notFound('table');
  return table;
}

/** A name for a table, view or enumerated type. */
export function checkName(name: string, what: string): void {
  if (!/^[\p{L}_][\p{L}\p{N}_-]*$/u.test(name) || Buffer.byteLength(name) > 60) {
    const rule = 'a letter or _, then letters, digits, _ and -, at most 60 bytes';
    refuse(`${what} must be ${rule}`, what, 'invalid_definition');
  }
}

/** @throws ServiceError when a relation of the tenant has this name, in any case */
export function checkFree(catalog: Catalog, name: string, what: string, self?: Table): void {
  const lower = name.toLowerCase();
  const relation = catalog.tables.some(
    (table) =>
      table.id !== self?.id && table.app === 'default' && lower === table.name.toLowerCase(),
  );
  const type = catalog.enums?.some((each) => each.name.toLowerCase() === lower);
  if (relation || type) refuse(`The name ${name} is in use`, what, 'table_exists');
}

/** A root_url that is well formed and free among its kind. */
export function checkRoot(root: unknown, others: readonly Table[], self?: Table): string {
  if (typeof root !== 'string' || root === '' || Buffer.byteLength(root) > 255) {
    return refuse('root_url must be text of 1 to 255 bytes', 'root_url', 'invalid_definition');
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[/?#\u0000-\u001f\u007f]/.test(root) || root.trim() !== root) {
    refuse('root_url must be without / ? # and outer spaces', 'root_url', 'invalid_definition');
  }
  if (others.some((other) => other.id !== self?.id && rootOf(other) === root)) {
    refuse(`The root_url ${root} is in use`, 'root_url', 'table_exists');
  }
  return root;
}

/** Endpoints by this dialect's names, in the order it lists them. */
const spelt: readonly (readonly [Endpoint, string])[] = [
  ['read', 'GET_ONE'],
  ['list', 'GET_ALL'],
  ['create', 'CREATE'],
  ['update', 'UPDATE'],
  ['delete', 'DELETE'],
];

export const endpointWords: readonly string[] = spelt.map(([, word]) => word);

export function endpointNames(table: Pick<TableDraft, 'endpoints'>): string[] {
  const on = table.endpoints ?? endpoints;
  return spelt.filter(([endpoint]) => on.includes(endpoint)).map(([, name]) => name);
}

/** `["ALL"]`, `["NONE"]`, names, or nothing. */
export function parseEndpoints(value: unknown): readonly Endpoint[] {
  if (value === false) return [];
  const wrong = (): never =>
    refuse(
      `endpoints must be a list of ${endpointWords.join(', ')}, or ALL, or NONE`,
      'endpoints',
      'invalid_definition',
    );
  if (!Array.isArray(value)) return wrong();
  if (value.length === 1 && value[0] === 'ALL') return endpoints;
  if (value.length === 1 && value[0] === 'NONE') return [];
  return value.map((name: unknown) => spelt.find(([, known]) => known === name)?.[0] ?? wrong());
}

/** @throws ServiceError endpoint_disabled */
export function requireEndpoint(table: Table, endpoint: Endpoint): void {
  if (table.endpoints && !table.endpoints.includes(endpoint)) refuseEndpoint(endpoint);
}

function refuseEndpoint(endpoint: Endpoint): never {
  throw new ServiceError('endpoint_disabled', undefined, { reason: endpoint });
}
