import { beforeAll, describe, expect, it } from 'vitest';
import { type House, openHouse } from './house.ts';

let house: House;

beforeAll(async () => {
  house = await openHouse();
});

describe('schemas', () => {
  it('are made, read, changed and withdrawn', async () => {
    const { manager, ann } = house;
    const made = await manager.data('POST', '/api/describe/Books', {
      description: 'all of them',
      columns: [{ column_name: 'title', type: 'text', required: true }],
    });
    expect(made).toMatchObject({
      name: 'books',
      table: 'books',
      created: true,
      schema_name: 'books',
      status: 'pending',
      columns: [{ column_name: 'title', type: 'text', required: true, schema_name: 'books' }],
    });
    expect(await ann.data('GET', '/api/describe')).toContain('books');
    expect(await ann.data('GET', '/api/describe/books')).toMatchObject({
      id: made.id,
      description: 'all of them',
    });
    await manager.refused(409, 'SCHEMA_EXISTS', 'POST', '/api/describe/books', {});
    expect(await manager.data('PUT', '/api/describe/books', { status: 'active' })).toMatchObject({
      status: 'active',
      description: 'all of them',
    });
    expect(await manager.data('DELETE', '/api/describe/books')).toEqual({
      name: 'books',
      schema_name: 'books',
      deleted: true,
    });
    await ann.refused(404, 'SCHEMA_NOT_FOUND', 'GET', '/api/data/books');
    await manager.data('POST', '/api/describe/books', {});
    expect(await ann.data('GET', '/api/data/books')).toEqual([]);
  });

  it('take every type, and give back what was sent', async () => {
    const { manager, ann } = house;
    const types = [
      'text',
      'integer',
      'decimal',
      'boolean',
      'timestamp',
      'date',
      'uuid',
      'jsonb',
      'text[]',
      'integer[]',
      'decimal[]',
      'uuid[]',
    ];
    const columns = types.map((type, at) => ({ column_name: `c${at}`, type }));
    await manager.data('POST', '/api/describe/everything', { columns });
    const uuid = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11';
    const row = {
      c0: ' <b>\\ \' " $$ % _ é😀 ',
      c1: 9007199254740991,
      c2: 1.5,
      c3: false,
      c4: '2025-01-02T03:04:05.678Z',
      c5: '2025-02-28',
      c6: uuid,
      c7: { a: [1, null, { b: 'x' }], '': 0 },
      c8: ['a', '', '{x,y}', '"', 'NULL'],
      c9: [1, -2],
      c10: [0.5, 2],
      c11: [uuid],
    };
    const made = await ann.data('POST', '/api/data/everything', row);
    expect(made).toMatchObject(row);
    expect(await ann.data('GET', `/api/data/everything/${made.id}`)).toEqual(made);
    const big = await ann.data('POST', '/api/data/everything', {
      c1: '9223372036854775807',
      c2: '12345678901234567.89',
    });
    expect(big).toMatchObject({ c1: '9223372036854775807', c2: '12345678901234567.89' });
    for (const jsonb of [[], 'x', 5, true]) {
      expect(await ann.data('POST', '/api/data/everything', { c7: jsonb })).toMatchObject({
        c7: jsonb,
      });
    }
  });

  it('are in force for the next request', async () => {
    const { manager, ann } = house;
    await manager.data('POST', '/api/describe/quick', {});
    await ann.refused(400, 'VALIDATION_ERROR', 'POST', '/api/data/quick', { a: 1 });
    await manager.data('POST', '/api/describe/quick/a', { type: 'integer' });
    expect(await ann.data('POST', '/api/data/quick', { a: 1 })).toMatchObject({ a: 1 });
    await manager.data('DELETE', '/api/describe/quick/a');
    await ann.refused(400, 'FILTER_INVALID_COLUMN', 'POST', '/api/find/quick', { where: { a: 1 } });
  });

  it('are written by levels full and root only', async () => {
    const { ann, reader } = house;
    for (const who of [ann, reader]) {
      await who.refused(403, 'INSUFFICIENT_PERMISSIONS', 'POST', '/api/describe/mine', {});
    }
    await house.manager.refused(403, 'SCHEMA_PROTECTED', 'POST', '/api/describe/schemas', {});
    await house.manager.refused(
      400,
      'INVALID_SCHEMA_NAME',
      'POST',
      `/api/describe/${encodeURIComponent('a";drop')}`,
      {},
    );
  });
});

describe('columns', () => {
  it('have rules, changed only as the rows allow', async () => {
    const { manager, ann } = house;
    await manager.data('POST', '/api/describe/rules', {
      columns: [
        { column_name: 'name', type: 'text', required: true, minimum: 2, maximum: 5 },
        { column_name: 'email', type: 'text', pattern: '^[^@]+@[^@]+$', unique: true },
        { column_name: 'age', type: 'integer', minimum: 0, maximum: 150 },
        {
          column_name: 'kind',
          type: 'text',
          enum_values: ['a', 'b'],
          required: true,
          default_value: 'a',
        },
      ],
    });
    const faulty = { name: 'x', email: 'nope', age: -1, kind: 'c', more: 1 };
    const refusal = await ann.refused(400, 'VALIDATION_ERROR', 'POST', '/api/data/rules', faulty);
    expect(
      refusal.data.validation_errors.map((each: { code: string }) => each.code).sort(),
    ).toEqual(['ENUM', 'INVALID_EMAIL', 'MINIMUM', 'MINIMUM', 'UNKNOWN_FIELD']);
    await ann.refused(400, 'VALIDATION_ERROR', 'POST', '/api/data/rules', {});
    expect(await ann.data('POST', '/api/data/rules', { name: 'abc', email: 'a@b' })).toMatchObject({
      kind: 'a',
      age: null,
    });
    await ann.refused(409, 'UNIQUE_VIOLATION', 'POST', '/api/data/rules', {
      name: 'abc',
      email: 'a@b',
    });
    await manager.refused(409, 'DATA_CONFLICT', 'PUT', '/api/describe/rules/name', { minimum: 4 });
    await manager.refused(409, 'DATA_CONFLICT', 'PUT', '/api/describe/rules/name', {
      type: 'integer',
    });
    expect(await manager.data('PUT', '/api/describe/rules/name', { maximum: 9 })).toMatchObject({
      maximum: 9,
      minimum: 2,
    });
    await ann.data('POST', '/api/data/rules', { name: 'abcdefg' });
  });

  it('are read and removed', async () => {
    const { manager } = house;
    await manager.data('POST', '/api/describe/columns_of', {
      columns: [{ column_name: 'a', type: 'text' }],
    });
    const column = await manager.data('GET', '/api/describe/columns_of/a');
    expect(column).toMatchObject({
      column_name: 'a',
      type: 'text',
      created_at: expect.stringMatching(/Z$/),
    });
    expect(await manager.data('DELETE', '/api/describe/columns_of/a')).toMatchObject({
      column_name: 'a',
      deleted: true,
    });
    await manager.refused(404, 'COLUMN_NOT_FOUND', 'GET', '/api/describe/columns_of/a');
    await manager.refused(
      404,
      'SYSTEM_COLUMN_NOT_ACCESSIBLE',
      'GET',
      '/api/describe/columns_of/id',
    );
    await manager.refused(400, 'NO_UPDATES', 'PUT', '/api/describe/columns_of', {});
  });
});

describe('flags of a schema', () => {
  it('disable, freeze and guard it', async () => {
    const { manager, ann, sudo, root } = house;
    await manager.data('POST', '/api/describe/flags', {
      columns: [{ column_name: 'a', type: 'text' }],
    });
    const { id } = await ann.data('POST', '/api/data/flags', { a: 'x' });
    await manager.data('PUT', '/api/describe/flags', { status: 'disabled' });
    await ann.refused(403, 'SCHEMA_DISABLED', 'GET', '/api/data/flags');
    await manager.data('PUT', '/api/describe/flags', { status: 'active', freeze: true });
    expect(await ann.data('GET', '/api/data/flags')).toHaveLength(1);
    for (const who of [ann, sudo]) {
      await who.refused(403, 'SCHEMA_FROZEN', 'POST', '/api/data/flags', { a: 'y' });
      await who.refused(403, 'SCHEMA_FROZEN', 'PUT', `/api/data/flags/${id}`, { a: 'y' });
      await who.refused(403, 'SCHEMA_FROZEN', 'DELETE', `/api/data/flags/${id}`);
      await who.refused(403, 'SCHEMA_FROZEN', 'PUT', `/api/acls/flags/${id}`, { access_read: [] });
    }
    await root.refused(403, 'SUDO_REQUIRED', 'PUT', '/api/describe/flags', { freeze: false });
    await sudo.data('PUT', '/api/describe/flags', { freeze: false, sudo: true });
    await ann.refused(403, 'SUDO_REQUIRED', 'POST', '/api/data/flags', { a: 'y' });
    await sudo.data('POST', '/api/data/flags', { a: 'y' });
  });

  it('guard and fix single columns', async () => {
    const { manager, ann, sudo } = house;
    await manager.data('POST', '/api/describe/staff', {
      columns: [
        { column_name: 'title', type: 'text' },
        { column_name: 'salary', type: 'decimal', sudo: true },
        { column_name: 'number', type: 'text', immutable: true },
      ],
    });
    const { id } = await ann.data('POST', '/api/data/staff', { title: 'x' });
    const refusal = await ann.refused(403, 'FIELD_REQUIRES_SUDO', 'PUT', `/api/data/staff/${id}`, {
      salary: 5,
    });
    expect(refusal.error).toBe('Cannot modify sudo-protected fields [salary] without sudo access');
    await sudo.data('PUT', `/api/data/staff/${id}`, { salary: 5 });
    expect(await ann.data('PUT', `/api/data/staff/${id}`, { title: 'y', salary: 5 })).toMatchObject(
      { title: 'y' },
    );
    await ann.data('PUT', `/api/data/staff/${id}`, { number: 'TX-1' });
    await ann.data('PUT', `/api/data/staff/${id}`, { number: 'TX-1' });
    const fixed = await ann.refused(400, 'VALIDATION_ERROR', 'PUT', `/api/data/staff/${id}`, {
      number: 'TX-2',
    });
    expect(fixed.error).toBe(
      `Cannot modify immutable fields: number on record ${id} (was: TX-1, attempted: TX-2)`,
    );
  });
});
