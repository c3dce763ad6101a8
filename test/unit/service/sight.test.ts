import { describe, expect, it } from 'vitest';
import type { Catalog } from '../../../control-plane/model/catalog.ts';
import type { Table } from '../../../control-plane/model/table.ts';
import { callerKey } from '../../../control-plane/service/caller-key.ts';
import { createSightMemory } from '../../../control-plane/service/sight.ts';
import { principal } from '../../support/principal.ts';

const catalog = { tenant: 'acme', version: 1 } as Catalog;
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
    ['another tenant', { tenant: 'other', version: 1 } as Catalog, ann, docs, 20],
    ['other definitions', { tenant: 'acme', version: 2 } as Catalog, ann, docs, 20],
    ['another caller', catalog, principal('acme', 'bob'), docs, 20],
    ['other roles', catalog, principal('acme', 'ann', { roles: ['clerk'] }), docs, 20],
    ['another level', catalog, principal('acme', 'ann', { access: 'full' }), docs, 20],
    ['more rights', catalog, principal('acme', 'ann', { sudo: true }), docs, 20],
  ])('says nothing of %s', (_, of, who, table, page) => {
    const memory = createSightMemory(() => 0);
    memory.of(catalog, ann).learn(docs, 20, true);
    expect(memory.of(of, who).seesLittle(table, page)).toBeUndefined();
  });

  it('gives way one by one, the oldest first', () => {
    const memory = createSightMemory(() => 0).of(catalog, ann);
    for (let page = 1; page <= 10_000; page++) memory.learn(docs, page, true);
    memory.learn(docs, 1, true);
    memory.learn(docs, 10_001, true);
    expect([1, 2, 3, 10_000, 10_001].map((page) => memory.seesLittle(docs, page))).toEqual([
      ...[true, undefined, true, true, true],
    ]);
  });
});

describe('the key of a caller', () => {
  const names = Array.from({ length: 500 }, (_, at) => `role ${at}`);

  it('is as long for many names as for one, and holds none of them', () => {
    const short = callerKey(catalog, ann);
    const long = callerKey(catalog, principal('acme', 'ann', { roles: names }));
    expect(long).toHaveLength(short.length);
    expect(long).not.toContain('role');
  });

  it('is the same for the same facts, in whatever order they come', () => {
    const [one, other] = [names, names.toReversed()].map((roles) =>
      callerKey({ ...catalog }, principal('acme', 'ann', { roles })),
    );
    expect(one).toBe(other);
  });

  it('goes by the definitions asked about, not by those asked about before', () => {
    const first = callerKey(catalog, ann);
    expect(callerKey({ ...catalog, version: 2 }, ann)).not.toBe(first);
    expect(callerKey(catalog, ann)).toBe(first);
  });
});
