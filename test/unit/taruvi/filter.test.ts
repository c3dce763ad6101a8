import { describe, expect, it } from 'vitest';
import type { Json } from '../../../control-plane/base/json.ts';
import { operatorNames } from '../../../control-plane/dialects/taruvi/operators.ts';
import type { Operator } from '../../../control-plane/statement/operators.ts';
import { parse, refusal, short, tree } from './filter-calls.ts';

/** An operator of the engine, or which way a graph is followed. */
type Meaning = Operator | 'descendants' | 'ancestors';

/** For every word: what it takes, as the engine's operator on a field, and what it doesn't take. */
const operatorCases: Readonly<
  Record<string, readonly [accepted: string, Meaning, Json, refused: string]>
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
  descendants: ['id__descendants=5', 'descendants', '5', 'tags__descendants=5'],
  ancestors: ['id__ancestors=5', 'ancestors', '5', 'tags__ancestors=5'],
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
