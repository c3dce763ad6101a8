import { describe, expect, it } from 'vitest';
import type { Catalog } from '../../../control-plane/model/catalog.ts';
import type { Table } from '../../../control-plane/model/table.ts';
import { createSightMemory } from '../../../control-plane/service/sight.ts';
import { principal } from '../../support/principal.ts';

const catalog = { tenant: 'acme' } as Catalog;
const docs = { id: 7 } as Table;
const ann = principal('acme', 'ann');

describe('what is known of how much a caller sees', () => {
  it('holds for a minute, and then is asked anew', () => {
    let now = 0;
    const memory = createSightMemory(() => now);
    expect(memory.of(catalog, ann).seesLittle(docs, 20)).toBeUndefined();
    memory.of(catalog, ann).learn(docs, 20, true);
    now = 59_999;
    expect(memory.of(catalog, ann).seesLittle(docs, 20)).toBe(true);
    now = 60_000;
    expect(memory.of(catalog, ann).seesLittle(docs, 20)).toBeUndefined();
    memory.of(catalog, ann).learn(docs, 20, false);
    expect(memory.of(catalog, ann).seesLittle(docs, 20)).toBe(false);
  });

  it.each([
    ['another page', catalog, ann, docs, 21],
    ['another table', catalog, ann, { id: 8 } as Table, 20],
    ['another tenant', { tenant: 'other' } as Catalog, ann, docs, 20],
    ['another caller', catalog, principal('acme', 'bob'), docs, 20],
    ['other roles', catalog, principal('acme', 'ann', { roles: ['clerk'] }), docs, 20],
    ['another level', catalog, principal('acme', 'ann', { access: 'full' }), docs, 20],
  ])('says nothing of %s', (_, of, who, table, page) => {
    const memory = createSightMemory(() => 0);
    memory.of(catalog, ann).learn(docs, 20, true);
    expect(memory.of(of, who).seesLittle(table, page)).toBeUndefined();
  });
});
