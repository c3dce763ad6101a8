/** What the document says of requests of this dialect, held against what reads them. */
import { describe, expect, it } from 'vitest';
import { isObject } from '../../../control-plane/base/json.ts';
import type { Parameter } from '../../../control-plane/dialects/described.ts';
import { description } from '../../../control-plane/dialects/taruvi/description/index.ts';
import { parseFilters } from '../../../control-plane/dialects/taruvi/filter.ts';
import { column, table } from '../monk/fixture.ts';
import { query, short } from './filter-calls.ts';

/** The parameters with a meaning of their own, as the dialect's specification lists them. */
const reserved =
  'page page_size pageSize limit offset _start _end ordering _sort _order populate fields search filters filter ids unique_fields partial allowed_actions include_deleted include depth format relationship_type graph_types traversal _aggregate _group_by _having _count envelope';

describe('columns as parameters', () => {
  const free = ['title', '_x', '_topk', 'to', 'Page', 'page__eq'];
  const named = table(
    'named',
    [...reserved.split(' '), ...free].map((name) => column(name, { base: 'text' })),
    { key: [] },
  );

  /** The names of columns that the list of the table takes as parameters. */
  function told(): readonly string[] {
    const list = description.table?.(named, () => ({}))?.routes.find(({ id }) => id === 'List');
    const filter = list?.parameters?.find((each): each is Parameter => typeof each !== 'string');
    const properties = filter?.schema['properties'];
    return properties !== undefined && isObject(properties) ? Object.keys(properties) : [];
  }

  it('are those that no parameter goes before', () => {
    expect(told()).toEqual(['id', ...free]);
  });

  it('are conditions where they are told, and none where they are not', () => {
    const catalog = { tenant: 'acme', schema: 't_acme', version: 1, tables: [named] };
    const read = (name: string) => short(parseFilters(query(`${name}=a`), named, catalog));
    for (const name of free) expect(read(name)).toEqual([name, 'eq', 'a']);
    // A tree of conditions is JSON.
    for (const name of reserved.split(' ').filter((each) => each !== 'filters')) {
      expect(read(name), name).toBeUndefined();
    }
  });
});
