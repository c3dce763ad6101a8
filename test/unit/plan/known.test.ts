import { expect, it } from 'vitest';
import { knownQuery } from '../../../control-plane/plan/known.ts';
import { catalog } from './sample.ts';

it('what is asked of all tables is worked out once a catalog, and kept prepared by nobody', () => {
  const query = knownQuery(catalog);
  expect(query.unnamed).toBe(true);
  expect(knownQuery(catalog)).toBe(query);
  const less = knownQuery({ ...catalog, version: catalog.version + 1, tables: [] });
  expect(less.text).not.toBe(query.text);
});
