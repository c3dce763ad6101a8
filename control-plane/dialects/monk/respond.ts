import { isObject, type Json, type JsonObject } from '../../base/json.ts';
import type { DialectRequest, Reply } from '../dialect.ts';
import { refuse } from './codes.ts';
import { parseReply } from './lossless.ts';
import { listNames, timeNames } from './system-fields.ts';

/** How the caller wants a reply of success shaped. */
export interface Shape {
  readonly stat: boolean;
  readonly access: boolean;
  readonly unwrap: boolean;
  /** Parsed paths; empty: everything. */
  readonly select: readonly Path[];
}

type Path = readonly Segment[];
type Segment = string | number;

/** What stands beside `data`. */
export interface Counts {
  readonly count?: number | undefined;
  readonly total?: number | undefined;
}

/** The shaping parameters of a request. */
export function shapeOf(query: DialectRequest['query']): Shape {
  const first = (name: string): string | undefined => query.get(name)?.[0];
  const format = first('format');
  if (format !== undefined && format !== '' && format !== 'json') {
    refuse('FORMAT_UNSUPPORTED', `Format '${format}' is not supported`, { field: 'format' });
  }
  const unwrap = first('unwrap');
  return {
    stat: first('stat') !== 'false',
    access: first('access') !== 'false',
    unwrap: unwrap !== undefined && unwrap !== 'false',
    select: (query.get('select') ?? [])
      .flatMap((text) => text.split(','))
      .map((text) => parsePath(text.trim()))
      .filter((path) => path.length > 0),
  };
}

/** `a.b[0].c` → a, b, 0, c. */
function parsePath(text: string): Path {
  return [...text.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(([segment, index]) =>
    index === undefined ? segment : Number(index),
  );
}

/** The reply to a success whose `data` is JSON text already; it's parsed only when parts of it are asked for. */
export function success(shape: Shape, data: string, counts: Counts = {}): Reply {
  if (shape.select.length > 0) {
    return { status: 200, body: JSON.stringify(pickAll(parseReply(data), shape.select)) };
  }
  if (shape.unwrap) return { status: 200, body: data };
  const count = counts.count === undefined ? '' : `,"count":${counts.count}`;
  const total = counts.total === undefined ? '' : `,"total":${counts.total}`;
  return { status: 200, body: `{"success":true,"data":${data}${count}${total}}` };
}

/** The reply to a success with a value made here. System fields at its top are dropped as the shape says. */
export function successJson(shape: Shape, data: Json, counts: Counts = {}): Reply {
  return success(shape, JSON.stringify(withoutSystem(shape, data)), counts);
}

function withoutSystem(shape: Shape, data: Json): Json {
  const drop = [...(shape.stat ? [] : timeNames), ...(shape.access ? [] : listNames)];
  if (drop.length === 0) return data;
  const strip = (value: Json): Json =>
    isObject(value)
      ? Object.fromEntries(Object.entries(value).filter(([key]) => !drop.includes(key)))
      : value;
  return Array.isArray(data) ? data.map(strip) : strip(data);
}

function pickAll(data: Json, paths: readonly Path[]): Json {
  const [only] = paths;
  if (paths.length === 1 && only !== undefined) return pick(data, only) ?? null;
  const indexed = paths.some(([first]) => typeof first === 'number');
  if (Array.isArray(data) && !indexed) return data.map((member) => pickSeveral(member, paths));
  return pickSeveral(data, paths);
}

function pickSeveral(data: Json, paths: readonly Path[]): JsonObject {
  const entries: [string, Json][] = [];
  for (const path of paths) {
    const value = pick(data, path);
    if (value !== undefined) entries.push([String(path.at(-1)), value]);
  }
  return Object.fromEntries(entries);
}

function pick(value: Json, path: Path): Json | undefined {
  const [segment, ...rest] = path;
  if (segment === undefined) return value;
  if (Array.isArray(value)) {
    const index =
      typeof segment === 'number' || /^\d+$/.test(segment) ? Number(segment) : undefined;
    if (index === undefined) return value.map((member: Json) => pick(member, path) ?? null);
    const member = value[index] as Json | undefined;
    return member === undefined ? undefined : pick(member, rest);
  }
  if (!isObject(value) || !Object.hasOwn(value, segment)) return undefined;
  const inner = value[segment];
  return inner === undefined ? undefined : pick(inner, rest);
}
