import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../control-plane/base/json.ts';
import { mergeChanges, type TargetKeys } from '../../../control-plane/plan/target.ts';

/** Two changes of one row. */
const twice = { records: [{ kt: '1' }], positions: [0, 0], places: {} } as unknown as TargetKeys;

function merged(...texts: readonly string[]): string {
  const changes = texts.map((text) => ({ values: { doc: JSON.parse(text) as JsonObject } }));
  return JSON.stringify(mergeChanges(twice, changes, [], 'doc').changes[0]?.values['doc']);
}

describe('changes of one row', () => {
  it('hold the members of both documents, the later first', () => {
    expect(merged('{"a":1,"b":1}', '{"b":2,"c":2}')).toBe('{"a":1,"b":2,"c":2}');
  });

  it('whatever the members are called', () => {
    expect(merged('{"__proto__":{"a":1}}', '{"constructor":2}')).toBe(
      '{"__proto__":{"a":1},"constructor":2}',
    );
  });
});
