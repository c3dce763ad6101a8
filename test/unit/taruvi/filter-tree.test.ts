import { describe, expect, it } from 'vitest';
import type { Json } from '../../../control-plane/base/json.ts';
import { isRelated, parseFilters } from '../../../control-plane/dialects/taruvi/filter.ts';
import { parseOrdering } from '../../../control-plane/dialects/taruvi/ordering.ts';
import { parseSearch } from '../../../control-plane/dialects/taruvi/search.ts';
import type { Predicate } from '../../../control-plane/statement/predicate.ts';
import { parse, query, refusal, short, tree } from './filter-calls.ts';
import { catalog, items } from './filter-tables.ts';

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
    // A key that is repeated would lose a condition.
    const repeated = '{"name":"a","name":"b"}';
    for (const text of ['', '{', 'name', '[1,]', '{"name":"\\u0000"}', repeated]) {
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
    // The far table's name is taken by a field.
    ['tags!item_tags.word=x', { 'item_fkey>tag_fkey': ['word', 'eq', 'x'] }],
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
    const { search: _, ...bare } = items;
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
