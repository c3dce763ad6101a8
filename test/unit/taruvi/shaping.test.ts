/** What populate, fields and allowed actions mean, and which are refused. */
import { describe, expect, it } from 'vitest';
import { parseOutput } from '../../../control-plane/dialects/taruvi/fields.ts';
import type { OutputItem } from '../../../control-plane/statement/output.ts';
import { catalog, deals, type Params, queryOf, refusal } from './shaping-fixture.ts';

describe('rows', () => {
  const items = (params: Params, of = deals): readonly OutputItem[] =>
    parseOutput(queryOf(params), of, catalog).items;
  const keys = (list: readonly OutputItem[]): readonly string[] =>
    list.map((item) => (item.kind === 'column' ? (item.as ?? item.name) : item.as));
  const found = (list: readonly OutputItem[], name: string): OutputItem | undefined =>
    list.find((item) => item.kind !== 'column' && item.as === name);
  const all = keys(items({}));

  it('are whole, or the fields asked for', () => {
    expect(all).toEqual(deals.columns.map(({ name }) => name));
    expect(keys(items({ fields: 'title, id,title' }))).toEqual(['title', 'id']);
    expect(refusal(() => items({ fields: 'title,nothing' }))).toMatchObject({
      kind: 'column_not_found',
      detail: { field: 'nothing' },
    });
  });

  it('hold related rows in place, or under a name', () => {
    const exact = items({ populate: 'company_id' });
    expect(keys(exact)).toEqual(all);
    expect(found(exact, 'company_id')).toEqual({
      kind: 'related',
      hops: [{ reference: 'deals_company_id', direction: 'forward' }],
      as: 'company_id',
      items: [
        { kind: 'column', name: 'id' },
        { kind: 'column', name: 'name' },
      ],
    });
    expect(keys(items({ populate: 'company' }))).toEqual([...all, 'company']);
    expect(found(items({ populate: 'notes' }), 'notes')).toMatchObject({
      hops: [{ reference: 'notes_deal_id', direction: 'reverse' }],
      many: { limit: 1000, truncated: 'notes__truncated' },
    });
    expect(found(items({ populate: 'tags' }), 'tags')).toMatchObject({
      hops: [{ direction: 'reverse' }, { direction: 'forward' }],
      many: { limit: 1000, truncated: 'tags__truncated' },
    });
    const deep = found(items({ populate: 'previous.company,previous.notes.deal' }), 'previous');
    if (deep?.kind !== 'related') throw new Error('not there');
    expect(keys(deep.items)).toEqual([...all, 'company', 'notes']);
  });

  it('show principals by their sub alone', () => {
    const user = (as: string) => ({ kind: 'member', name: 'owner_id', member: 'id', as });
    expect(found(items({ populate: 'owner_id' }), 'owner_id')).toEqual(user('owner_id'));
    expect(found(items({ populate: 'owner' }), 'owner')).toEqual(user('owner'));
  });

  it('of * hold all forward ones under their short names', () => {
    expect(keys(items({ populate: '*' }))).toEqual([...all, 'company', 'owner']);
    expect(found(items({ populate: '*' }), 'previous')).toMatchObject({ kind: 'related' });
  });

  it('with fields also hold what populate needs', () => {
    expect(keys(items({ fields: 'title', populate: 'company' }))).toEqual([
      'title',
      'company_id',
      'company',
    ]);
    expect(keys(items({ fields: 'title', populate: 'company_id,notes' }))).toEqual([
      'title',
      'company_id',
      'id',
      'notes',
    ]);
  });

  it('tell the allowed actions', () => {
    expect(items({ fields: 'id', allowed_actions: 'update,delete' }).at(-1)).toEqual({
      kind: 'rights',
      rights: [
        { name: 'update', right: 'edit' },
        { name: 'delete', right: 'delete' },
      ],
      as: '_allowed_actions',
    });
  });

  it.each<[string, Params]>([
    ['an unknown relation', { populate: 'nothing' }],
    ['a plain column', { populate: 'title' }],
    ['an unknown relation of a relation', { populate: 'company.nothing' }],
    ['a path into a principal', { populate: 'owner.name' }],
    ['more than three levels', { populate: 'previous.previous.previous.previous' }],
    ['more than ten paths', { populate: Array.from({ length: 11 }, (_, n) => `x${n}`).join() }],
    ['* below', { populate: 'previous.*' }],
    ['an empty segment', { populate: 'previous.' }],
    ['an unknown action', { allowed_actions: 'update,explode' }],
    ['an inherited name as action', { allowed_actions: 'constructor' }],
  ])('refuse %s', (_, params) => {
    expect(['bad_request', 'limit_exceeded']).toContain(refusal(() => items(params)).kind);
  });
});
