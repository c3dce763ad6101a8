import { describe, expect, it } from 'vitest';
import { ServiceError } from '../../../control-plane/base/errors.ts';
import type { Json } from '../../../control-plane/base/json.ts';
import {
  isRelated,
  parseFilters,
  parseTree,
} from '../../../control-plane/dialects/taruvi/filter.ts';
import { operatorNames } from '../../../control-plane/dialects/taruvi/operators.ts';
import { parseOrdering } from '../../../control-plane/dialects/taruvi/ordering.ts';
import { parseSearch } from '../../../control-plane/dialects/taruvi/search.ts';
import type { Operator } from '../../../control-plane/statement/operators.ts';
import type { Predicate } from '../../../control-plane/statement/predicate.ts';
import { catalog, items } from './filter-tables.ts';

function query(text: string): Map<string, string[]> {
  const map = new Map<string, string[]>();
  for (const [key, value] of new URLSearchParams(text.replaceAll('+', '%2B'))) {
    map.set(key, [...(map.get(key) ?? []), value]);
  }
  return map;
}

const parse = (text: string) => parseFilters(query(text), items, catalog);
const tree = (json: Json) => parseTree(json, items, catalog);

function refusal(work: () => unknown): string {
  try {
    const made = work();
    return `accepted: ${JSON.stringify(made)}`;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return `${error.kind} ${error.detail.field ?? ''}`.trim();
  }
}

/** `[column or path, operator, operand]`, without labels. */
function short(predicate: Predicate | undefined): unknown {
  if (predicate === undefined) return undefined;
  switch (predicate.kind) {
    case 'and':
    case 'or':
      return { [predicate.kind]: predicate.of.map(short) };
    case 'not':
      return { not: short(predicate.of) };
    case 'compare': {
      const { field, operator, operand } = predicate;
      const name =
        field.kind === 'path'
          ? [field.column, ...field.path].join('.')
          : 'name' in field && field.name;
      return [name, operator, operand];
    }
    case 'related':
      return {
        [predicate.hops.map(({ reference }) => reference).join('>')]: short(predicate.where),
      };
    case 'search':
      return { [predicate.language]: predicate.query };
    default:
      return predicate.value;
  }
}

/** For every word: what it takes, as the engine's operator on a field, and what it doesn't take. */
const operatorCases: Readonly<
  Record<string, readonly [accepted: string, Operator, Json, refused: string]>
> = {
  eq: ['name__eq=a', 'eq', 'a', 'place__eq=1,2'],
  ne: ['price__ne=1.5', 'eq', '1.5', 'place__ne=1,2'],
  gt: ['price__gt=1', 'gt', '1', 'tags__gt=1'],
  gte: ['at__gte=2024-01-01', 'gte', '2024-01-01', 'doc__gte=1'],
  lt: ['name__lt=b', 'lt', 'b', 'span__lt=1'],
  lte: ['id__lte=5', 'lte', '5', 'nums__lte=5'],
  in: ['id__in=1,2', 'in', ['1', '2'], 'tags__in=a'],
  nin: ['name__nin=["a,b",1]', 'in', ['a,b', '1'], 'span__nin=1,2'],
  ina: ['name__ina=A,b', 'iin', ['A', 'b'], 'price__ina=1'],
  nina: ['name__nina=A', 'iin', ['A'], 'at__nina=1'],
  contains: ['name__contains=%_', 'icontains', '%_', 'price__contains=1'],
  icontains: ['name__icontains=a', 'icontains', 'a', 'sold__icontains=1'],
  ncontains: ['name__ncontains=a', 'icontains', 'a', 'tags__ncontains=1'],
  nicontains: ['name__nicontains=a', 'icontains', 'a', 'doc__nicontains=1'],
  containss: ['name__containss=a', 'contains', 'a', 'id__containss=1'],
  ncontainss: ['name__ncontainss=a', 'contains', 'a', 'id__ncontainss=1'],
  startswith: ['name__startswith=a', 'istarts_with', 'a', 'id__startswith=1'],
  istartswith: ['name__istartswith=a', 'istarts_with', 'a', 'id__istartswith=1'],
  nstartswith: ['name__nstartswith=a', 'istarts_with', 'a', 'id__nstartswith=1'],
  nistartswith: ['name__nistartswith=a', 'istarts_with', 'a', 'id__nistartswith=1'],
  startswiths: ['name__startswiths=a', 'starts_with', 'a', 'id__startswiths=1'],
  nstartswiths: ['name__nstartswiths=a', 'starts_with', 'a', 'id__nstartswiths=1'],
  endswith: ['name__endswith=a', 'iends_with', 'a', 'id__endswith=1'],
  iendswith: ['name__iendswith=a', 'iends_with', 'a', 'id__iendswith=1'],
  nendswith: ['name__nendswith=a', 'iends_with', 'a', 'id__nendswith=1'],
  niendswith: ['name__niendswith=a', 'iends_with', 'a', 'id__niendswith=1'],
  endswiths: ['name__endswiths=a', 'ends_with', 'a', 'id__endswiths=1'],
  nendswiths: ['name__nendswiths=a', 'ends_with', 'a', 'id__nendswiths=1'],
  between: ['price__between=1,2', 'between', ['1', '2'], 'price__between=1'],
  nbetween: ['price__nbetween=[2,1]', 'between', [2, 1], 'price__nbetween=1,2,3'],
  null: ['place__null=true', 'is_null', true, 'name__null=yes'],
  nnull: ['name__nnull=true', 'is_null', false, 'name__nnull=1'],
  isnull: ['doc__isnull=false', 'is_null', false, 'name__isnull='],
  like: ['name__like=a%\\%', 'like', 'a%\\%', 'price__like=1'],
  ilike: ['name__ilike=a_', 'ilike', 'a_', 'at__ilike=1'],
  search: ['name__search="a b" -c', 'search', '"a b" -c', 'price__search=1'],
  acontains: ['tags__acontains=a,1', 'array_contains', ['a', '1'], 'name__acontains=a'],
  nacontains: ['nums__nacontains=[1]', 'array_contains', [1], 'price__nacontains=1'],
  acontainedby: ['tags__acontainedby=a', 'array_contained_by', ['a'], 'name__acontainedby=a'],
  nacontainedby: ['tags__nacontainedby=', 'array_contained_by', [], 'name__nacontainedby=a'],
  aoverlap: ['tags__aoverlap=a', 'array_overlaps', ['a'], 'tags__aoverlap=[null]'],
  naoverlap: ['tags__naoverlap=a', 'array_overlaps', ['a'], 'span__naoverlap=1'],
  aelement: ['tags__aelement=a,b', 'array_contains', ['a,b'], 'name__aelement=a'],
  naelement: ['nums__naelement=1', 'array_contains', ['1'], 'price__naelement=1'],
  rcontains: ['span__rcontains=5', 'range_holds', '5', 'price__rcontains=5'],
  rcontainedby: [
    'span__rcontainedby=1,5',
    'range_contained_by',
    { lower: '1', upper: '5' },
    'span__rcontainedby=1',
  ],
  roverlaps: [
    'span__roverlaps=(1,]',
    'range_overlaps',
    { lower: '1', upper: null, bounds: '(]' },
    'span__roverlaps=(1,5',
  ],
  radjacent: [
    'span__radjacent=,5',
    'range_adjacent',
    { lower: null, upper: '5' },
    'tags__radjacent=1,2',
  ],
  rstrictleft: [
    'span__rstrictleft=1,5',
    'range_left_of',
    { lower: '1', upper: '5' },
    'id__rstrictleft=1,2',
  ],
  rstrictright: [
    'span__rstrictright=1,5',
    'range_right_of',
    { lower: '1', upper: '5' },
    'id__rstrictright=1,2',
  ],
};

const negations = new Set(['ne', ...operatorNames.filter((name) => name.startsWith('n'))]);
negations.delete('null');
negations.delete('nnull');

describe('operators', () => {
  it('of the table are all told here', () => {
    expect(Object.keys(operatorCases).sort()).toEqual([...operatorNames].sort());
  });

  it.each(Object.entries(operatorCases))('%s', (name, [accepted, operator, operand, refused]) => {
    const field = accepted.slice(0, accepted.indexOf('__'));
    const plain = [field, operator, operand];
    expect(short(parse(accepted))).toEqual(negations.has(name) ? { not: plain } : plain);
    expect(refusal(() => parse(refused))).toMatch(/^invalid_operand \w+$/);
  });

  it('of other words, or in another case, are refused by name', () => {
    for (const key of [
      'name__EQ',
      'name__regex',
      'price__',
      'name__toString',
      'name__vector_near',
    ]) {
      expect(refusal(() => parse(`${key}=1`))).toMatch(
        new RegExp(`_operator ${key}$|request ${key}$`),
      );
    }
    expect(refusal(() => tree([{ field: 'name', operator: 'EQ', value: 1 }]))).toBe(
      'unknown_operator name',
    );
  });
});

describe('keys', () => {
  it.each([
    ['name=a', ['name', 'eq', 'a']],
    // The whole key is a field before it is a field and an operator.
    ['name_gt=a', ['name_gt', 'eq', 'a']],
    ['name_gt__gt=a', ['name_gt', 'gt', 'a']],
    ['price_gt=1', ['price', 'gt', '1']],
    ['page__eq=1', ['page', 'eq', '1']],
    ['created_at__lt=2024-01-01', ['created_at', 'lt', '2024-01-01']],
    ['name=', ['name', 'eq', '']],
    [
      'price=1&price=2',
      {
        and: [
          ['price', 'eq', '1'],
          ['price', 'eq', '2'],
        ],
      },
    ],
  ])('%s', (text, expected) => {
    expect(short(parse(text))).toEqual(expected);
  });

  it.each([
    'nothing=1',
    'nothing__gt=1',
    'Name=a',
    'name.first=a',
    'doc.=1',
    'doc..a=1',
    '.a=1',
    '__gt=1',
    '_gt=1',
    '=1',
    'trashed_at=1',
    '_xact=1',
    'search_vector=a',
    'order_id.nothing=1',
    'nothing.id=1',
    'order_id.=1',
    'constructor=1',
  ])('%s is refused by name', (text) => {
    const key = text.slice(0, text.lastIndexOf('='));
    expect(refusal(() => parse(text))).toBe(`column_not_found ${key}`.trim());
  });

  it('with a meaning of their own are no conditions', () => {
    expect(parse('page=1&page_size=2&ordering=x&_having=y&ids=1&format=tree&envelope=true')).toBe(
      undefined,
    );
  });

  it.each(['_topk', '_vector_q', '_hybrid_alpha', 'doc__vector_near'])('%s: no vectors', (key) => {
    expect(() => parse(`${key}=1`)).toThrow('vector search is not served');
  });
});

describe('operands', () => {
  it('lists are comma text or JSON', () => {
    expect(short(parse('name__in=a, b,'))).toEqual(['name', 'in', ['a', ' b', '']]);
    expect(short(parse('id__in=[1,"2"]'))).toEqual(['id', 'in', [1, '2']]);
    expect(refusal(() => parse('id__in=[1,2,]'))).toBe('invalid_operand id');
    expect(refusal(() => tree({ id__in: 3 }))).toBe('invalid_operand id');
    expect(refusal(() => tree({ id__in: [[1]] }))).toBe('invalid_operand id');
  });

  it('nothing is among no values, and everything that is there is none of them', () => {
    expect(short(parse('name__in='))).toBe(false);
    expect(short(parse('name__nin='))).toEqual({ not: ['name', 'is_null', true] });
    // Under a negation too NULL stays out.
    expect(short(tree({ not: { name__in: [] } }))).toEqual({ not: ['name', 'is_null', true] });
    expect(short(tree({ not: { name__nin: [] } }))).toEqual({ not: { not: false } });
    expect(short(tree({ not: { not: { name__ina: [] } } }))).toEqual({ not: { not: false } });
  });

  it('null is asked for by eq, ne and in, and by nothing else', () => {
    expect(short(tree({ name: null }))).toEqual(['name', 'is_null', true]);
    expect(short(tree({ name__ne: null }))).toEqual({ not: ['name', 'is_null', true] });
    expect(short(tree({ name__in: ['a', null] }))).toEqual({
      or: [
        ['name', 'in', ['a']],
        ['name', 'is_null', true],
      ],
    });
    expect(short(tree({ name__nin: ['a', null] }))).toEqual({ not: ['name', 'in', ['a']] });
    expect(short(tree({ 'doc.a__in': [1, null] }))).toEqual({
      or: [
        ['doc.a', 'json_in', [1]],
        ['doc.a', 'is_null', true],
      ],
    });
    const others = operatorNames.filter((name) => !['eq', 'ne'].includes(name));
    for (const name of others) {
      const [accepted = ''] = operatorCases[name] ?? [];
      const field = accepted.slice(0, accepted.indexOf('__'));
      expect(
        refusal(() => tree({ [`${field}__${name}`]: null })),
        name,
      ).toBe(`invalid_operand ${field}`);
    }
    expect(refusal(() => tree({ tags__aoverlap: ['a', null] }))).toBe('invalid_operand tags');
    expect(refusal(() => tree({ name__ina: ['a', null] }))).toBe('invalid_operand name');
  });

  it('inside documents, text means what it spells too, and JSON what it is', () => {
    expect(short(parse('doc.on=true'))).toEqual(['doc.on', 'json_in', ['true', true]]);
    expect(short(parse('doc.a.b=red'))).toEqual(['doc.a.b', 'json_in', ['red']]);
    expect(short(parse('doc.a__ne=5'))).toEqual({ not: ['doc.a', 'json_in', ['5', 5]] });
    expect(short(parse('doc.a=null'))).toEqual({
      or: [
        ['doc.a', 'json_in', ['null']],
        ['doc.a', 'is_null', true],
      ],
    });
    expect(short(tree({ 'doc.on': 'true' }))).toEqual(['doc.on', 'json_in', ['true']]);
    expect(short(tree({ doc: { a: 1 } }))).toEqual(['doc', 'json_in', [{ a: 1 }]]);
    expect(short(parse('doc.a__gt=5'))).toEqual(['doc.a', 'gt', 5]);
    expect(short(parse('doc.a__gt=5x'))).toEqual(['doc.a', 'gt', '5x']);
    expect(short(tree({ 'doc.a__gt': '5' }))).toEqual(['doc.a', 'gt', '5']);
    expect(short(parse('doc.a__between=1,9'))).toEqual(['doc.a', 'between', [1, 9]]);
    expect(short(parse('doc.a__between=1,b'))).toEqual(['doc.a', 'between', ['1', 'b']]);
    expect(short(parse('doc.tags__acontains=a,5'))).toEqual({
      and: [
        ['doc.tags', 'array_contains', ['a']],
        {
          or: [
            ['doc.tags', 'array_contains', ['5']],
            ['doc.tags', 'array_contains', [5]],
          ],
        },
      ],
    });
    expect(short(parse('doc__aoverlap=a,5'))).toEqual(['doc', 'array_overlaps', ['a', '5', 5]]);
    expect(short(tree({ doc__aelement: 5 }))).toEqual(['doc', 'array_contains', [5]]);
    expect(short(parse('doc.a__contains=x'))).toEqual(['doc.a', 'icontains', 'x']);
  });

  it('ranges are two bounds, of which either may be absent', () => {
    expect(short(tree({ span__roverlaps: [1, 5] }))).toEqual([
      'span',
      'range_overlaps',
      { lower: 1, upper: 5 },
    ]);
    expect(short(parse('span=[1,5]'))).toEqual([
      'span',
      'eq',
      { lower: '1', upper: '5', bounds: '[]' },
    ]);
    expect(short(parse('span__rcontains=1,5'))).toEqual([
      'span',
      'range_contains',
      { lower: '1', upper: '5' },
    ]);
    expect(refusal(() => parse('span__roverlaps=1,2,3'))).toBe('invalid_operand span');
  });
});

describe('trees', () => {
  const name = ['name', 'eq', 'a'];
  const price = ['price', 'gte', 18];

  it('of both forms, and of both at once', () => {
    const leaf = { field: 'name', operator: 'eq', value: 'a' };
    const node = { operator: 'or', value: [leaf, { field: 'price', operator: 'gte', value: 18 }] };
    expect(short(tree(leaf))).toEqual(name);
    expect(short(tree([node, leaf]))).toEqual({ and: [{ or: [name, price] }, name] });
    expect(short(tree({ or: [{ name: 'a' }, { price__gte: 18 }] }))).toEqual({ or: [name, price] });
    expect(short(tree({ name: 'a', price__gte: 18 }))).toEqual({ and: [name, price] });
    expect(short(tree({ and: [leaf, { not: { price__gte: 18, name: 'a' } }] }))).toEqual({
      and: [name, { not: { and: [price, name] } }],
    });
    expect(short(tree({ operator: 'not', value: [leaf] }))).toEqual({ not: name });
    expect(short(parse(`price__gte=18&filters=${JSON.stringify([{ name: 'a' }])}`))).toEqual({
      and: [['price', 'gte', '18'], name],
    });
  });

  it('that are empty say nothing at the root, and are refused elsewhere', () => {
    expect(tree({})).toBe(undefined);
    expect(tree([])).toBe(undefined);
    expect(tree([{}, {}])).toBe(undefined);
    expect(parse('filters=[]')).toBe(undefined);
    for (const empty of [
      { or: [] },
      { not: {} },
      { not: [] },
      { or: [{}] },
      { or: [{ name: 'a' }, {}] },
    ]) {
      expect(refusal(() => tree(empty))).toMatch(/^invalid_filter (or|not)$/);
    }
  });

  it.each<[Json, string]>([
    ['x', 'invalid_filter filters'],
    [null, 'invalid_filter filters'],
    [5, 'invalid_filter filters'],
    [[['name']], 'invalid_filter filters'],
    [{ or: { name: 'a' } }, 'invalid_filter or'],
    [{ and: 'x' }, 'invalid_filter and'],
    [{ not: 1 }, 'invalid_filter filters'],
    [{ nothing: 1 }, 'column_not_found nothing'],
    [{ or: [{ name: 'a' }, { nothing__gt: 1 }] }, 'column_not_found nothing__gt'],
    [{ field: 'name', operator: 'eq' }, 'invalid_filter name'],
    [{ field: 1, operator: 'eq', value: 1 }, 'invalid_filter field'],
    [{ field: 'name', operator: 1, value: 1 }, 'invalid_filter name'],
    [{ field: 'nothing', operator: 'eq', value: 1 }, 'column_not_found nothing'],
    [{ field: 'name', operator: 'eq', value: 1, more: 1 }, 'column_not_found field'],
    [{ field: 'name', operator: 'eq', value: {} }, 'invalid_operand name'],
    [{ name: ['a'] }, 'invalid_operand name'],
  ])('%j is refused', (json, expected) => {
    expect(refusal(() => tree(json))).toBe(expected);
  });

  it('that are no JSON are refused', () => {
    for (const text of ['', '{', 'name', '[1,]', '{"name":"\\u0000"}']) {
      expect(refusal(() => parse(`filters=${encodeURIComponent(text)}`))).toBe(
        'bad_request filters',
      );
    }
  });
});

describe('relation paths', () => {
  it.each([
    ['order_id.state=x', { order_id_fkey: ['state', 'eq', 'x'] }],
    ['order.state__contains=x', { order_id_fkey: ['state', 'icontains', 'x'] }],
    ['order_id.customer_id.name=x', { 'order_id_fkey>customer_id_fkey': ['name', 'eq', 'x'] }],
    ['reviews.stars__gt=3', { reviewed_fkey: ['stars', 'gt', '3'] }],
    // A field that is no document has nothing inside: the relation of its name is meant.
    ['tags.word=x', { 'item_fkey>tag_fkey': ['word', 'eq', 'x'] }],
    ['item_tags.tag.word=x', { 'item_fkey>tag_fkey': ['word', 'eq', 'x'] }],
    ['order.items.doc.a=x', { 'order_id_fkey>order_id_fkey': ['doc.a', 'json_in', ['x']] }],
  ])('%s', (text, expected) => {
    expect(short(parse(text))).toEqual(expected);
  });

  it('meet on one row within one conjunction, and only there', () => {
    const both = {
      and: [
        ['stars', 'gt', 3],
        ['item_id', 'eq', 1],
      ],
    };
    const flat = { 'reviews.stars__gt': 3, 'reviews.item_id': 1 };
    expect(short(tree(flat))).toEqual({ reviewed_fkey: both });
    expect(short(tree({ and: [{ 'reviews.stars__gt': 3 }, { 'reviews.item_id': 1 }] }))).toEqual({
      reviewed_fkey: both,
    });
    expect(short(tree({ or: [flat, { name: 'a' }] }))).toEqual({
      or: [{ reviewed_fkey: both }, ['name', 'eq', 'a']],
    });
    expect(short(tree({ 'order.state': 'x', 'order_id.id': 1 }))).toEqual({
      order_id_fkey: {
        and: [
          ['state', 'eq', 'x'],
          ['id', 'eq', 1],
        ],
      },
    });
    expect(short(tree({ 'reviews.stars__gt': 3, and: [{ 'reviews.item_id': 1 }] }))).toEqual({
      and: [{ reviewed_fkey: ['stars', 'gt', 3] }, { reviewed_fkey: ['item_id', 'eq', 1] }],
    });
    expect(isRelated(tree({ not: { or: [flat] } }) as Predicate)).toBe(true);
    expect(isRelated(tree({ not: { or: [{ name: 'a' }] } }) as Predicate)).toBe(false);
  });

  it('know nothing that is unknown: no row matches an empty list there', () => {
    expect(short(tree({ not: { 'reviews.stars__in': [] } }))).toEqual({
      not: { reviewed_fkey: false },
    });
  });
});

describe('limits', () => {
  const nested = (levels: number): Json =>
    levels === 0 ? { name: 'a' } : { not: nested(levels - 1) };

  it('32 levels', () => {
    expect(refusal(() => tree(nested(32)))).toMatch(/^accepted/);
    expect(refusal(() => tree(nested(33)))).toBe('limit_exceeded filters');
  });

  it('1000 conditions, those of the query among them', () => {
    const many = (count: number): Json => ({
      or: Array.from({ length: count }, () => ({ id: 1 })),
    });
    const both = (count: number) => `id=1&filters=${JSON.stringify(many(count))}`;
    expect(refusal(() => tree(many(1000)))).toMatch(/^accepted/);
    expect(refusal(() => tree(many(1001)))).toBe('limit_exceeded filters');
    expect(refusal(() => parse(both(999)))).toMatch(/^accepted/);
    expect(refusal(() => parse(both(1000)))).toBe('limit_exceeded filters');
  });

  it('10,000 values of a list', () => {
    expect(refusal(() => tree({ id__in: Array(10_000).fill(1) }))).toMatch(/^accepted/);
    expect(refusal(() => tree({ id__in: Array(10_001).fill(1) }))).toBe('limit_exceeded id');
    expect(refusal(() => parse(`id__in=${'1,'.repeat(10_000)}1`))).toBe('limit_exceeded id');
  });

  it('3 relations on the way, 5 ways', () => {
    expect(refusal(() => tree({ 'order.customer.country.code': 'x' }))).toMatch(/^accepted/);
    const far = 'order.customer.country.ruler.name';
    expect(refusal(() => tree({ [far]: 'x' }))).toBe(`limit_exceeded ${far}`);
    const ways = ['order', 'order.customer', 'order.customer.country', 'reviews', 'item_tags'];
    const keys = (of: readonly string[]) => Object.fromEntries(of.map((way) => [`${way}.id`, 1]));
    expect(refusal(() => tree(keys(ways)))).toMatch(/^accepted/);
    expect(refusal(() => tree({ ...keys(ways), 'order_id.id': 2 }))).toMatch(/^accepted/);
    expect(refusal(() => tree(keys([...ways, 'item_tags.tag'])))).toBe(
      'limit_exceeded item_tags.tag.id',
    );
  });
});

describe('ordering', () => {
  const order = (text: string) =>
    parseOrdering(query(text), items, catalog).map(
      ({ field, via = [], descending }) =>
        `${descending ? '-' : ''}${via.map(({ reference }) => `${reference}.`).join('')}${'name' in field ? field.name : ''}`,
    );

  it('by names, along forward relations', () => {
    expect(order('ordering=-created_at, name')).toEqual(['-created_at', 'name']);
    expect(order('ordering=-order.customer_id.name,id')).toEqual([
      '-order_id_fkey.customer_id_fkey.name',
      'id',
    ]);
    expect(order('_sort=name,id&_order=DESC')).toEqual(['-name', 'id']);
    expect(order('ordering=id&_sort=name')).toEqual(['id']);
    expect(order('ordering=')).toEqual([]);
    expect(order('ordering=id,-id,id')).toEqual(['id', '-id'].slice(0, 1));
    expect(order('')).toEqual([]);
  });

  it.each([
    ['ordering=nothing', 'column_not_found nothing'],
    ['ordering=doc.a', 'bad_request doc.a'],
    ['ordering=reviews.stars', 'bad_request reviews.stars'],
    ['ordering=place', 'bad_request place'],
    ['_sort=nothing', 'column_not_found nothing'],
    ['_sort=id&_order=up', 'bad_request _order'],
    ['_sort=id&_order=asc,desc', 'bad_request _order'],
  ])('%s is refused', (text, expected) => {
    expect(refusal(() => order(text))).toBe(expected);
  });
});

describe('search', () => {
  const search = (text: string, table = items) => parseSearch(query(text), table);

  it('over the vector, best first', () => {
    const found = search('search="a b" -c');
    expect(short(found?.where)).toEqual({ german: '"a b" -c' });
    expect(found?.rank).toMatchObject({ kind: 'rank', as: 'rank' });
    expect(found?.order).toMatchObject([{ field: { kind: 'rank' }, descending: true }]);
    expect(search('search=')).toBe(undefined);
    expect(search('search= ')).toBe(undefined);
    expect(short(parse('search_vector__search=a'))).toEqual({ german: 'a' });
    expect(short(tree({ field: 'search_vector', operator: 'search', value: 'a' }))).toEqual({
      german: 'a',
    });
  });

  it('without one: every word in some text field', () => {
    const { search: _, ...rest } = items;
    const bare = { ...rest, columns: items.columns.slice(0, 9) };
    const found = search('search=a  b', bare);
    const of = (word: string) => ({
      or: ['name', 'note', 'name_gt'].map((name) => [name, 'icontains', word]),
    });
    expect(short(found?.where)).toEqual({ and: [of('a'), of('b')] });
    expect(found?.rank).toEqual({ kind: 'literal', value: 0, as: 'rank' });
    expect(found?.order).toEqual([]);
    expect(refusal(() => search(`search=${'a '.repeat(101)}`, bare))).toBe('limit_exceeded search');
    expect(refusal(() => parseFilters(query('search_vector__search=a'), bare, catalog))).toBe(
      'column_not_found search_vector__search',
    );
  });
});
