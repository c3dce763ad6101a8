/** The document of all dialects: valid, whole, distinct and the same each time, whatever tables are called. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../control-plane/base/json.ts';
import { baseTypes, type ColumnType } from '../../../control-plane/base/types.ts';
import { dialects } from '../../../control-plane/dialects/index.ts';
import { adminEndpoints } from '../../../control-plane/http/admin.ts';
import { description, openRoutes } from '../../../control-plane/http/description.ts';
import { docsEndpoints } from '../../../control-plane/http/docs.ts';
import { healthEndpoints } from '../../../control-plane/http/health.ts';
import { openApi } from '../../../control-plane/http/openapi.ts';
import type { Catalog } from '../../../control-plane/model/catalog.ts';
import type { Column, Table } from '../../../control-plane/model/table.ts';
import { bodyPointer, checkerOf, type Document, operationsOf } from '../../support/documented.ts';
import { column, table } from '../monk/fixture.ts';
import { tenants, unused } from './edge-fixture.ts';

function documentOf(tables: readonly Table[] = []): Document {
  const catalog: Catalog = { tenant: 'acme', schema: 't_acme', version: 7, tables };
  return JSON.parse(JSON.stringify(openApi(dialects, catalog))) as Document;
}

async function faultsOf(document: Document): Promise<unknown> {
  const { valid, errors } = await new Validator().validate({ ...document });
  return valid ? undefined : errors;
}

const of = (base: ColumnType['base'], rest: Partial<ColumnType> = {}): ColumnType => ({
  base,
  ...rest,
});

/** A column of every type there is, and of arrays of them. */
const everything: readonly Column[] = Object.keys(baseTypes).flatMap((base) => {
  const type = of(base as ColumnType['base'], {
    ...(base === 'enum' ? { enumeration: { schema: 's', name: 'e', values: ['a', 'b'] } } : {}),
  });
  return [column(`c ${base}`, type), column(`c ${base}[]`, { ...type, array: true })];
});

const hostile = [
  'plain',
  'Plain',
  'pl ain',
  'with/slash',
  '{brace}',
  'quote\'"',
  'ünï',
  '数',
  '12',
  '__proto__',
  'constructor',
  '%_\\$$',
  'x'.repeat(63),
  'list',
];

function tablesOf(names: readonly string[]): readonly Table[] {
  return names.flatMap((name, at) => [
    table(name, [column('id', of('uuid')), column(name, of('text'))], { id: at + 1 }),
    table(name, [column('id', of('bigint'))], { id: at + 100, app: 'other-app' }),
  ]);
}

describe('the document', () => {
  it('is valid OpenAPI 3.1, with tables of every type and name', async () => {
    expect(await faultsOf(documentOf())).toBeUndefined();
    const all = [...tablesOf(hostile), table('all', [column('id', of('uuid')), ...everything])];
    const document = documentOf(all);
    expect(await faultsOf(document)).toBeUndefined();
    const { schemas = {} } = document.components;
    expect(Object.keys(schemas)).toContain('TaruviAllRow');
    for (const dialect of ['Monk', 'Taruvi', 'Pgrest']) {
      const { properties = {} } = schemas[`${dialect}ProtoRow`] ?? {};
      expect(Object.keys(properties as object)).toContain('__proto__');
    }
  });

  it('would not be taken for valid if it were not', async () => {
    const document = documentOf();
    const [path = ''] = Object.keys(document.paths);
    const broken = { ...document, paths: { [path]: { get: { responses: { 200: {} } } } } };
    expect(await faultsOf(broken as unknown as Document)).toBeDefined();
  });

  it('gives every operation an id of its own that generators take', () => {
    const ids = operationsOf(documentOf(tablesOf(hostile))).map(({ operationId }) => operationId);
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
    expect(ids.filter((id) => !/^[a-z][A-Za-z0-9]*$/.test(id))).toEqual([]);
  });

  it('refers only to what is there, and names components as the specification asks', () => {
    const document = documentOf(tablesOf(hostile));
    const text = JSON.stringify(document);
    for (const [, group = '', name = ''] of text.matchAll(/"#\/components\/(\w+)\/([^"]+)"/g)) {
      expect(document.components[group]?.[name], `${group} ${name}`).toBeDefined();
    }
    for (const group of Object.values(document.components)) {
      expect(Object.keys(group).filter((name) => !/^[A-Za-z0-9._-]+$/.test(name))).toEqual([]);
    }
  });

  it('is the same each time, and names stay when a table is added behind', () => {
    const tables = tablesOf(hostile);
    const text = JSON.stringify(documentOf(tables));
    expect(JSON.stringify(documentOf(tables.toReversed()))).toBe(text);
    const more = documentOf([...tables, table('p-lain', [], { id: 999 })]);
    const names = Object.keys(documentOf(tables).components['schemas'] ?? {});
    expect(Object.keys(more.components['schemas'] ?? {})).toEqual(expect.arrayContaining(names));
  });

  it('calls rows by their table, with what it says of itself', () => {
    const said = [{ description: 'Of the library' }, { description: '' }, {}];
    const tables = said.map((rest, at) => table(`books${at}`, [], { id: at + 1, ...rest }));
    const { schemas = {} } = documentOf(tables).components;
    for (const dialect of ['Monk', 'Taruvi', 'Pgrest']) {
      const rows = said.map((_, at) => schemas[`${dialect}Books${at}Row`]);
      expect(rows[0]).toMatchObject({ title: 'books0', description: 'Of the library' });
      for (const row of rows.slice(1)) expect(row).not.toHaveProperty('description');
    }
  });

  it('has nothing of a table that is only defined', () => {
    const tables = ['there', 'unmade'].map((name, at) =>
      table(name, [column('x', of('text'))], {
        id: at + 1,
        ...(name === 'unmade' ? { materialized: false } : {}),
      }),
    );
    const text = JSON.stringify(documentOf(tables));
    for (const { description: told } of dialects.filter(({ description: { table } }) => table)) {
      expect(text).toContain(`#/components/schemas/${told.name}ThereRow"`);
    }
    expect(text).not.toMatch(/unmade/i);
  });

  it('has tags for everything, and tells every parameter of a path', () => {
    const document = documentOf(tablesOf(hostile)) as Document & { tags: { name: string }[] };
    const known = document.tags.map(({ name }) => name);
    expect(new Set(known).size).toBe(known.length);
    for (const [path, item] of Object.entries(document.paths)) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const { tags, parameters = [] } of Object.values(item)) {
        expect(known).toContain(tags[0]);
        const told = parameters.flatMap((each) =>
          'in' in each && each.in === 'path' ? [each.name] : [],
        );
        expect(told, path).toEqual(inPath);
      }
    }
  });
});

describe('descriptions', () => {
  it.each(dialects)('of $name are of its routes, all of them', ({ routes, description: told }) => {
    const served = routes.map(({ method, path }) => `${method} ${path}`);
    expect(Object.keys(told.routes).toSorted()).toEqual(served.toSorted());
  });

  it('of the server are of its own routes', () => {
    const parts = { admin: tenants, tokens: { verify: unused, resolve: unused } };
    const served = [
      ...healthEndpoints(unused),
      ...docsEndpoints({ ...parts, dialects, engine: { catalog: unused }, limiter: unused }),
      ...adminEndpoints({
        ...parts,
        readBody: { json: unused, file: unused },
        limiter: unused,
      }),
    ].map(({ method, path }) => `${method} ${path}`);
    expect(Object.keys(description.routes).toSorted()).toEqual(
      [...served, 'GET /metrics'].toSorted(),
    );
    expect(openRoutes.filter((key) => description.routes[key] === undefined)).toEqual([]);
  });

  it('give examples that their own schemas take', () => {
    const document = documentOf();
    const check = checkerOf(document);
    let examples = 0;
    for (const [path, item] of Object.entries(document.paths)) {
      for (const [method, { requestBody }] of Object.entries(item)) {
        const { example } = (requestBody?.content['application/json'] ?? {}) as { example?: Json };
        if (example === undefined) continue;
        examples++;
        check(bodyPointer(method, path), example, `${method} ${path}`);
      }
    }
    expect(examples).toBeGreaterThan(40);
  });

  it('name only parameters that are shared', () => {
    for (const { description: told } of dialects) {
      const names = Object.values(told.routes)
        .flatMap(({ parameters = [] }) => parameters)
        .filter((each) => typeof each === 'string');
      expect(names.filter((name) => told.parameters[name] === undefined)).toEqual([]);
    }
  });
});
