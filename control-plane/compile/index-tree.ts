import { ServiceError } from '../base/errors.ts';
import { ident, join, literal, raw, type Sql, sql } from '../base/sql.ts';
import type { Node } from './view-refusal.ts';

/** Where a tree comes from, and the columns it may speak of. */
export interface Place {
  readonly index: string;
  readonly columns: ReadonlySet<string>;
}

const operators = new Set(
  ['=', '<>', '<', '<=', '>', '>=', '+', '-', '*', '/', '%'].concat('->', '->>', '#>', '#>>', '||'),
);

/** Immutable for at least some of their types; Postgres refuses the others. */
const functions = new Set(
  `lower upper initcap date_trunc date_part extract timezone md5 length char_length octet_length abs sign ceil ceiling floor round trunc
mod power sqrt btrim ltrim rtrim left right reverse replace substr substring split_part strpos position starts_with lpad rpad
regexp_replace to_tsvector jsonb_typeof jsonb_array_length jsonb_extract_path jsonb_extract_path_text array_length cardinality
isempty lower_inc upper_inc`.split(/\s+/),
);

/** Ours: what orders of a sorting type are by, see sql/modules/12-json.sql. */
const sortings = new Set(['sort_number', 'sort_text', 'sort_time']);

const types = new Set(
  `text varchar int2 int4 int8 numeric float4 float8 bool date time timestamp timestamptz interval uuid jsonb`.split(
    ' ',
  ),
);

/**
 * A tree of Postgres' grammar as a fragment: columns of the table, constants, comparison, AND, OR, NOT, IN, IS NULL, LIKE, arithmetic,
 * `->`, `->>`, `#>`, casts, and functions of a fixed list. @throws ServiceError naming anything else
 */
export function printed(tree: Node, place: Place): Sql {
  const print = (node: unknown): Sql => printed(node as Node, place);
  const list = (nodes: unknown): Sql => join(((nodes ?? []) as readonly Node[]).map(print));
  const [kind, body] = Object.entries(tree)[0] as [string, Node];
  switch (kind) {
    case 'ColumnRef':
      return columnOf(body, place);
    case 'A_Const':
      return constantOf(body, place);
    case 'BoolExpr': {
      const args = (body['args'] as readonly Node[]).map((arg) => sql`(${print(arg)})`);
      if (body['boolop'] === 'NOT_EXPR') return sql`not ${join(args)}`;
      return join(args, body['boolop'] === 'AND_EXPR' ? ' and ' : ' or ');
    }
    case 'NullTest':
      return sql`(${print(body['arg'])}) ${raw(body['nulltesttype'] === 'IS_NULL' ? 'is null' : 'is not null')}`;
    case 'CoalesceExpr':
      return sql`coalesce(${list(body['args'])})`;
    case 'TypeCast':
      return sql`(${print(body['arg'])})::${typeOf(body['typeName'] as Node, place)}`;
    case 'FuncCall':
      return sql`${functionOf(body, place)}(${list(body['args'])})`;
    case 'A_Expr':
      return expression(body, place, print, list);
    default:
      return refuse(place, kind);
  }
}

function expression(
  body: Node,
  place: Place,
  print: (node: unknown) => Sql,
  list: (nodes: unknown) => Sql,
): Sql {
  const { lexpr, rexpr, kind } = body;
  const names = texts(body['name']);
  const [symbol = ''] = names;
  const negated = symbol === '<>' || symbol === '!~~';
  switch (kind) {
    case 'AEXPR_OP':
      if (names.length > 1 || !operators.has(symbol)) {
        return refuse(place, `the operator ${names.join('.')}`);
      }
      if (lexpr === undefined) return sql`(${raw(symbol)} (${print(rexpr)}))`;
      return sql`((${print(lexpr)}) ${raw(symbol)} (${print(rexpr)}))`;
    case 'AEXPR_IN': {
      const items = (rexpr as Node)['List'] as Node;
      return sql`((${print(lexpr)}) ${raw(negated ? 'not in' : 'in')} (${list(items['items'])}))`;
    }
    case 'AEXPR_LIKE':
      return sql`((${print(lexpr)}) ${raw(negated ? 'not like' : 'like')} (${print(rexpr)}))`;
    case 'AEXPR_NULLIF':
      return sql`nullif(${print(lexpr)}, ${print(rexpr)})`;
    default:
      return refuse(place, String(kind).replace('AEXPR_', ''));
  }
}

function columnOf(body: Node, place: Place): Sql {
  const names = texts(body['fields']);
  const [name = ''] = names;
  if (names.length !== 1 || !place.columns.has(name)) {
    return refuse(place, `no column '${names.join('.')}' to speak of`);
  }
  return ident(name);
}

/** The parser leaves out what is zero, false or empty. */
function constantOf(body: Node, place: Place): Sql {
  if (body['isnull'] === true) return raw('null');
  const value = (key: string, within: string): unknown => (body[key] as Node)[within];
  if (body['sval'] !== undefined) return literal(String(value('sval', 'sval') ?? ''));
  if (body['ival'] !== undefined) return raw(String(Number(value('ival', 'ival') ?? 0)));
  if (body['boolval'] !== undefined) return raw(String(value('boolval', 'boolval') === true));
  const digits = body['fval'] === undefined ? '' : String(value('fval', 'fval'));
  if (!/^-?[\d.]+([eE][+-]?\d+)?$/.test(digits)) return refuse(place, 'a constant of another kind');
  return raw(digits);
}

function functionOf(body: Node, place: Place): Sql {
  const names = texts(body['funcname']);
  const name = names.at(-1) ?? '';
  const schema = sortings.has(name) ? 'rowhouse' : 'pg_catalog';
  const own = names.length === 1 || (names.length === 2 && names[0] === schema);
  const plain = Object.keys(body).every((key) => plainCall.has(key));
  const known = functions.has(name) || sortings.has(name);
  if (!own || !known || !plain) refuse(place, `the function ${names.join('.')}`);
  if (growing.has(name)) requireBounded(name, body['args'], place);
  return ident(schema, name);
}

/** Functions whose result can be longer than their operands by a factor that their arguments choose. */
const growing = new Set(['lpad', 'rpad', 'replace', 'regexp_replace']);
const longestPart = 100;

/**
 * Whoever writes a row computes its index: by how much a text grows is known beforehand, and it grows once. A replacement of a hundred
 * characters makes a text a hundred times as long, three within one another a million times.
 */
function requireBounded(name: string, args: unknown, place: Place): void {
  const [text, second, third] = (args ?? []) as readonly Node[];
  const pads = name.endsWith('pad');
  const constant = ((pads ? second : third)?.['A_Const'] ?? {}) as Node;
  const size = pads
    ? Number((constant['ival'] as Node | undefined)?.['ival'] ?? Infinity)
    : String((constant['sval'] as Node | undefined)?.['sval'] ?? '').length;
  const known = pads || constant['sval'] !== undefined;
  if (!known || size > longestPart || grows(text)) {
    refuse(place, `the function ${name} without a constant of at most ${longestPart}, or twice`);
  }
}

/** Whether such a function is called anywhere in a tree. Columns and constants may have the names of functions. */
function grows(tree: unknown): boolean {
  if (typeof tree !== 'object' || tree === null) return false;
  return Object.entries(tree).some(
    ([kind, body]) =>
      (kind === 'FuncCall' && growing.has(texts((body as Node)['funcname']).at(-1) ?? '')) ||
      grows(body),
  );
}

/** No DISTINCT, FILTER, OVER, VARIADIC, ORDER BY or star. */
const plainCall = new Set(['funcname', 'args', 'funcformat', 'location']);

function typeOf(body: Node, place: Place): Sql {
  const names = texts(body['names']);
  const name = names.at(-1) ?? '';
  const own = names.length === 1 || (names.length === 2 && names[0] === 'pg_catalog');
  const odd = ['setof', 'pct_type', 'arrayBounds'].some((key) => body[key] !== undefined);
  if (!own || odd || !types.has(name)) return refuse(place, `the type ${names.join('.')}`);
  const sizes = ((body['typmods'] ?? []) as readonly Node[]).map((size) => {
    const constant = size['A_Const'] as Node | undefined;
    if (constant?.['ival'] === undefined) return refuse(place, `the type ${name}`);
    return constantOf(constant, place);
  });
  const type = ident('pg_catalog', name);
  return sizes.length === 0 ? type : sql`${type}(${join(sizes)})`;
}

function texts(list: unknown): readonly string[] {
  const items = Array.isArray(list) ? (list as readonly Node[]) : [];
  return items.map((item) => String((item['String'] as Node | undefined)?.['sval'] ?? '*'));
}

function refuse({ index }: Place, found: string): never {
  const message = `Index '${index}' cannot have ${found}`;
  throw new ServiceError('invalid_definition', message, { field: index, reason: 'index' });
}
