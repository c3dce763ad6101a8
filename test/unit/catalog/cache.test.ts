import { describe, expect, test } from 'vitest';
import { createCatalogs } from '../../../control-plane/catalog/cache.ts';
import type { Catalog } from '../../../control-plane/model/catalog.ts';
import { table } from '../compile/samples.ts';

function catalog(tenant: string, version: number, tables = 0): Catalog {
  const made = Array.from({ length: tables }, (_, index) => table(`t${index}`, [], { id: index }));
  return { tenant, schema: `t_${tenant}`, version, tables: made };
}

/** A reader whose answers are let go one by one. */
function reader() {
  const waiting: ((catalog: Catalog | Error) => void)[] = [];
  const asked: string[] = [];
  return {
    asked,
    read: (tenant: string) => {
      asked.push(tenant);
      return new Promise<Catalog>((resolve, reject) => {
        waiting.push((answer) => (answer instanceof Error ? reject(answer) : resolve(answer)));
      });
    },
    answer: (value: Catalog | Error) => waiting.shift()?.(value),
  };
}

describe('catalogs at hand', () => {
  test('requests that miss at once share one read', async () => {
    const { asked, read, answer } = reader();
    const catalogs = createCatalogs(read);
    const both = [catalogs.load('a', false), catalogs.load('a', false)];
    answer(catalog('a', 1));
    expect((await Promise.all(both)).map(({ version }) => version)).toEqual([1, 1]);
    await catalogs.load('a', false);
    expect(asked).toEqual(['a']);
  });

  test('a stale one never joins a read begun before', async () => {
    const { asked, read, answer } = reader();
    const catalogs = createCatalogs(read);
    const early = catalogs.load('a', false);
    const late = [catalogs.load('a', true), catalogs.load('a', true)];
    answer(catalog('a', 1));
    expect((await early).version).toBe(1);
    await Promise.resolve();
    answer(catalog('a', 2));
    expect((await Promise.all(late)).map(({ version }) => version)).toEqual([2, 2]);
    expect(asked).toHaveLength(2);
  });

  test('a failed read is not kept', async () => {
    const { read, answer } = reader();
    const catalogs = createCatalogs(read);
    const first = catalogs.load('a', false);
    answer(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    const second = catalogs.load('a', false);
    answer(catalog('a', 1));
    expect((await second).version).toBe(1);
  });

  test('what was used longest ago goes first', async () => {
    const { asked, read } = reader();
    const catalogs = createCatalogs(read, 10);
    catalogs.put(catalog('a', 1, 3));
    catalogs.put(catalog('b', 1, 3));
    await catalogs.load('a', false);
    catalogs.put(catalog('c', 1, 3));
    await catalogs.load('a', false);
    await catalogs.load('c', false);
    expect(asked).toEqual([]);
    void catalogs.load('b', false);
    expect(asked).toEqual(['b']);
  });

  test('a forgotten tenant is read again', () => {
    const { asked, read } = reader();
    const catalogs = createCatalogs(read);
    catalogs.put(catalog('a', 5));
    catalogs.forget('a');
    void catalogs.load('a', false);
    expect(asked).toEqual(['a']);
  });
});
