/** What Postgres' grammar reads in a view's text, what is let through, and what it becomes. */
import { describe, expect, it } from 'vitest';
import { checkedQuery } from '../../../control-plane/compile/view-query.ts';
import type { Catalog } from '../../../control-plane/model/catalog.ts';
import { column, table } from '../monk/fixture.ts';

const catalog: Catalog = {
  tenant: 'acme',
  schema: 't_acme',
  version: 1,
  enums: [{ name: 'Kind', values: ['A'] }],
  tables: [
    table('Big Items', [column('firstName', { base: 'text' }), column('n', { base: 'integer' })]),
    table('widgets', [column('name', { base: 'text' }), column('count', { base: 'integer' })], {
      id: 2,
    }),
  ],
};

const query = async (text: string): Promise<string> =>
  (await checkedQuery({ query: text }, catalog)).text;

describe('view queries', () => {
  it('speak of the tenant by any of its names, and of columns in any case', async () => {
    expect(await query('AS select firstname from "Big Items";')).toBe(
      'SELECT "firstName" FROM t_acme."Big Items"',
    );
    expect(await query('select WIDGETS.Name, t_acme.widgets.n from tenant.Widgets')).toBe(
      'SELECT widgets.name, t_acme.widgets.n FROM t_acme.widgets',
    );
    expect(await query("select 'A'::kind from acme.widgets w")).toBe(
      `SELECT CAST('A' AS t_acme."Kind") FROM t_acme.widgets AS w`,
    );
  });

  it('bind functions to pg_catalog', async () => {
    expect(await query('select count(*), max(w.count) from widgets w')).toBe(
      'SELECT pg_catalog.count(*), pg_catalog.max(w.count) FROM t_acme.widgets AS w',
    );
  });

  it('tell the relations they read', async () => {
    const text = 'with w as (select * from widgets) select * from w, "Big Items" b';
    const { reads } = await checkedQuery({ query: text }, catalog);
    expect(reads.map(({ name }) => name)).toEqual(['widgets', 'Big Items']);
  });

  it.each([
    ['select * from widgets', false],
    ['select w.name as n, n * 2 from widgets as w order by n', false],
    ['select * from widgets where n > 1', true],
    ['select * from widgets limit 1', true],
    ['select distinct name from widgets', true],
    ['select name from widgets group by name', true],
    ['select * from widgets, "Big Items"', true],
    ['select * from widgets join "Big Items" on true', true],
    ['select * from widgets union all select * from widgets', true],
    ['select * from (select * from widgets where n > 1) as w', true],
    ['with w as (select * from widgets) select * from w', true],
    ['select lower(name) from widgets', true],
  ])('tell whether rows may be left out: %s', async (text, narrows) => {
    expect((await checkedQuery({ query: text }, catalog)).narrows).toBe(narrows);
  });

  const refused: readonly (readonly [string, RegExp])[] = [
    ['select 1; select 2', /second statement/],
    ['select 1 into x', /INTO/],
    ['select * from widgets for share', /FOR UPDATE or FOR SHARE/],
    ['select * from (select * from widgets for update) w', /FOR UPDATE or FOR SHARE/],
    ['with a as (insert into widgets default values returning *) select * from a', /writes/],
    ['select $1', /parameter/],
    ['select * from pg_authid', /pg_authid/],
    ['with pg_authid as (select * from pg_authid) select 1', /pg_authid/],
    [
      'select 1 where exists (with x as (select 1) select * from x) union select n from x',
      /relation x/,
    ],
    ['select * from control.tenants', /control.tenants/],
    ['select * from db.t_acme.widgets', /widgets/],
    ['select pg_sleep(1)', /pg_sleep/],
    ['select public.count(1)', /public.count/],
    ['select session_user', /SESSION_USER/],
    ['select 1 operator(public.+) 1', /operator/],
    ["select 'x'::regrole", /regrole/],
    ["select 'x' collate public.x", /collation/],
    ['select * from widgets tablesample bernoulli (1)', /TABLESAMPLE/],
    ['table pg_class', /pg_class/],
    ['update widgets set n = 1', /Update/],
    ['select', /columns/],
    ['selekt', /parsed/],
    ['', /parsed|no query/],
  ];

  it.each(refused)('refuses %s', async (text, found) => {
    await expect(query(text)).rejects.toThrow(found);
  });

  it('reads parts each by itself', async () => {
    const parts = (select: string, where?: string) =>
      checkedQuery({ select, from: 'Widgets', ...(where === undefined ? {} : { where }) }, catalog);
    expect((await parts('name, widgets.count', 'count > 1 or name is null')).text).toBe(
      'SELECT name, widgets.count FROM t_acme.widgets WHERE count > 1 OR name IS NULL',
    );
    for (const [select, where] of [
      ['* from pg_authid --'],
      ['*; select 1'],
      ['*', 'true) union (select * from widgets'],
      ['*', 'true) order by (1'],
      ['*', 'exists (select 1 from pg_class)'],
      ['* union select 1'],
    ] as const) {
      await expect(parts(select, where)).rejects.toThrow(/cannot/);
    }
  });
});
