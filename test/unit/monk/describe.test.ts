import { describe, expect, it } from 'vitest';
import type { Json } from '../../../control-plane/base/json.ts';
import type { Definition, Series } from '../../../control-plane/model/definition.ts';
import type { Column, TableDraft } from '../../../control-plane/model/table.ts';
import { type Asked, ask, catalog, manager, refused, shown, sudo, table, time } from './fixture.ts';

function defined(method: string, url: string, asked: Asked = {}): Definition | Series {
  const action = ask(method, url, { as: manager, ...asked });
  if (action.kind !== 'definition') throw new Error(`not a definition but ${action.kind}`);
  return action.definition;
}

function draft(method: string, url: string, asked: Asked = {}): TableDraft {
  const definition = defined(method, url, asked);
  if (definition.kind === 'create_table') return definition.table;
  if (definition.kind === 'change_table') return definition.to;
  throw new Error('a drop has no draft');
}

function got(url: string, asked: Asked = {}): Json {
  const action = ask('GET', url, asked);
  if (action.kind !== 'reply') throw new Error('no reply');
  return shown(action.reply);
}

const added = (body: Json): Column => {
  const { columns } = draft('POST', '/api/describe/users/extra', { body });
  const last = columns.at(-1);
  if (last === undefined) throw new Error('no column');
  return last;
};

describe('reading the model', () => {
  it('lists all names, sorted', () => {
    const { data } = got('/api/describe') as { data: string[] };
    expect(data).toEqual([...data].sort());
    expect(data).toContain('users');
    expect(data).toContain('geo.country');
  });

  it('describes a schema without its system fields', () => {
    expect(got('/api/describe/labels')).toEqual({
      success: true,
      data: {
        id: 'uuid-labels',
        schema_name: 'labels',
        status: 'active',
        description: null,
        sudo: false,
        freeze: false,
        created_at: time,
        updated_at: time,
        columns: [
          {
            id: 'column-label',
            schema_name: 'labels',
            column_name: 'label',
            type: 'text',
            required: false,
            default_value: null,
            description: null,
            minimum: null,
            maximum: null,
            pattern: null,
            enum_values: null,
            unique: false,
            index: false,
            searchable: false,
            immutable: false,
            sudo: false,
            tracked: false,
            relationship_type: null,
            related_schema: null,
            related_column: null,
            relationship_name: null,
            cascade_delete: false,
            required_relationship: false,
            created_at: time,
            updated_at: time,
          },
        ],
      },
    });
  });

  it('shows types by their names here, and relationships', () => {
    const columns = (got('/api/describe/users') as { data: { columns: { type: string }[] } }).data
      .columns;
    expect(columns.map(({ type }) => type)).toEqual([
      'text',
      'text',
      'integer',
      'decimal',
      'boolean',
      'date',
      'timestamp',
      'uuid',
      'jsonb',
      'text[]',
      'integer[]',
    ]);
    expect(got('/api/describe/posts/author_id')).toMatchObject({
      data: {
        relationship_type: 'owned',
        related_schema: 'users',
        related_column: 'id',
        relationship_name: 'articles',
        cascade_delete: true,
        required_relationship: false,
      },
    });
  });

  it.each([
    ['SCHEMA_NOT_FOUND', '/api/describe/nope'],
    ['COLUMN_NOT_FOUND', '/api/describe/users/nope'],
    ['SYSTEM_COLUMN_NOT_ACCESSIBLE', '/api/describe/users/id'],
    ['SYSTEM_COLUMN_NOT_ACCESSIBLE', '/api/describe/users/access_read'],
  ])('answers 404 %s at %s', (code, url) => {
    expect(refused('GET', url)).toMatchObject({ status: 404, code });
  });
});

describe('a new schema', () => {
  const url = '/api/describe/Things';
  it('has the profile of this dialect and the name of the path, lower-cased', () => {
    const body = {
      schema_name: 'ignored',
      description: 'd',
      columns: [
        {
          column_name: 'a',
          type: 'integer',
          required: true,
          minimum: 1,
          maximum: 9,
          default_value: '5',
        },
        { column_name: 'b', type: 'text', tracked: true, pattern: '^x', enum_values: ['x', 'y'] },
      ],
    };
    expect(defined('POST', url, { body })).toMatchObject({
      kind: 'create_table',
      table: {
        app: 'default',
        name: 'things',
        datasource: 'default',
        kind: 'table',
        provider: 'flat_table',
        access: 'acl',
        status: 'pending',
        features: { timestamps: true, softDelete: true, acl: true, history: true },
        freeze: false,
        sudo: false,
        key: ['id'],
        description: 'd',
        columns: [
          { name: 'id', type: { base: 'uuid' }, required: true, default: { kind: 'uuid' } },
          {
            name: 'a',
            type: { base: 'bigint' },
            required: true,
            minimum: 1,
            maximum: 9,
            default: { kind: 'value', value: '5' },
          },
          { name: 'b', type: { base: 'text' }, tracked: true, pattern: '^x', enum: ['x', 'y'] },
        ],
      },
    });
  });

  it('answers with its row and columns', () => {
    const action = ask('POST', url, { body: {}, as: manager });
    if (action.kind !== 'definition') throw new Error('no definition');
    const made = table('things', []);
    expect(shown(action.reply({ catalog, table: made }))).toMatchObject({
      success: true,
      data: {
        name: 'things',
        table: 'things',
        created: true,
        schema_name: 'things',
        id: 'uuid-things',
        columns: [],
      },
    });
  });

  it('replaces another only by force and with sudo', () => {
    expect(refused('POST', '/api/describe/users', { as: manager, body: {} })).toMatchObject({
      status: 409,
      code: 'SCHEMA_EXISTS',
    });
    expect(
      refused('POST', '/api/describe/users?force=true', { as: manager, body: {} }),
    ).toMatchObject({ code: 'SUDO_REQUIRED' });
    expect(defined('POST', '/api/describe/users?force=true', { as: sudo, body: {} })).toMatchObject(
      { replace: true },
    );
  });

  it.each<[string, number, string, Json]>([
    ['INVALID_SCHEMA_NAME', 400, '1x', {}],
    ['INVALID_SCHEMA_NAME', 400, 'a-b', {}],
    ['INVALID_SCHEMA_NAME', 400, 'x'.repeat(64), {}],
    ['SCHEMA_PROTECTED', 403, 'schemas', {}],
    ['SCHEMA_PROTECTED', 403, 'History', {}],
    ['INVALID_BODY_FORMAT', 400, 'x', []],
    ['REQUEST_INVALID_FORMAT', 400, 'x', 'y'],
    ['VALIDATION_ERROR', 400, 'x', { nope: 1 }],
    ['VALIDATION_ERROR', 400, 'x', { status: 'nope' }],
    ['VALIDATION_ERROR', 400, 'x', { sudo: 'yes' }],
    ['VALIDATION_ERROR', 400, 'x', { columns: {} }],
    ['MISSING_REQUIRED_FIELDS', 400, 'x', { columns: [{ type: 'text' }] }],
    ['MISSING_REQUIRED_FIELDS', 400, 'x', { columns: [{ column_name: 'a' }] }],
    [
      'COLUMN_EXISTS',
      409,
      'x',
      {
        columns: [
          { column_name: 'a', type: 'text' },
          { column_name: 'a', type: 'text' },
        ],
      },
    ],
  ])('is refused with %s', (code, status, name, body) => {
    expect(refused('POST', `/api/describe/${name}`, { as: manager, body })).toMatchObject({
      status,
      code,
    });
  });

  it('needs level full', () => {
    expect(refused('POST', '/api/describe/x', { body: {} })).toMatchObject({
      status: 403,
      code: 'INSUFFICIENT_PERMISSIONS',
    });
  });
});

describe('a column', () => {
  it.each<[string, object]>([
    ['text', { base: 'text' }],
    ['integer', { base: 'bigint' }],
    ['decimal', { base: 'numeric' }],
    ['numeric', { base: 'numeric' }],
    ['boolean', { base: 'boolean' }],
    ['timestamp', { base: 'timestamptz' }],
    ['date', { base: 'date' }],
    ['uuid', { base: 'uuid' }],
    ['jsonb', { base: 'jsonb' }],
    ['text[]', { base: 'text', array: true }],
    ['integer[]', { base: 'bigint', array: true }],
    ['decimal[]', { base: 'numeric', array: true }],
    ['uuid[]', { base: 'uuid', array: true }],
  ])('of type %s', (type, expected) => {
    expect(added({ type }).type).toEqual(expected);
  });

  it.each<[string, Json, object | undefined]>([
    ['text', 'x', { kind: 'value', value: 'x' }],
    ['text', 'now()', { kind: 'value', value: 'now()' }],
    ['boolean', 'false', { kind: 'value', value: false }],
    ['boolean', true, { kind: 'value', value: true }],
    ['decimal', 1.5, { kind: 'value', value: 1.5 }],
    ['timestamp', 'now()', { kind: 'now' }],
    ['timestamp', 'CURRENT_TIMESTAMP', { kind: 'now' }],
    ['date', 'CURRENT_DATE', { kind: 'today' }],
    // No expression: Postgres says that it is no date.
    ['date', 'constructor', { kind: 'value', value: 'constructor' }],
    ['uuid', 'gen_random_uuid()', { kind: 'uuid' }],
    ['jsonb', { a: [1] }, { kind: 'value', value: { a: [1] } }],
    ['text[]', ['a'], { kind: 'value', value: ['a'] }],
    ['text', null, undefined],
  ])('of type %s with default %j', (type, value, expected) => {
    expect(added({ type, default_value: value }).default).toEqual(expected);
  });

  it('makes a foreign key by its relationship', () => {
    const body = {
      type: 'uuid',
      relationship_type: 'owned',
      related_schema: 'posts',
      relationship_name: 'notes',
      cascade_delete: true,
      required_relationship: true,
    };
    const { references } = draft('POST', '/api/describe/labels/post_id', { body });
    expect(references).toEqual([
      {
        name: 'labels_post_id_fkey',
        columns: ['post_id'],
        target: { app: 'default', name: 'posts' },
        targetColumns: ['id'],
        onDelete: 'no action',
        onUpdate: 'no action',
        relationship: { type: 'owned', name: 'notes', cascade: true, required: true },
      },
    ]);
  });

  it('keeps constraint names within 50 bytes and apart', () => {
    const body = { type: 'uuid', relationship_type: 'owned', related_schema: 'posts' };
    const names = ['a', 'b'].map((end) => {
      const column = `${'x'.repeat(60)}${end}`;
      return draft('POST', `/api/describe/labels/${column}`, { body }).references[0]?.name ?? '';
    });
    for (const name of names) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(50);
    expect(names[0]).not.toBe(names[1]);
  });

  it('keeps a relationship to the accounts as a fact', () => {
    const on = { ...catalog, tables: [table('notes', [])] };
    const body = { type: 'uuid', relationship_type: 'referenced', related_schema: 'users' };
    const made = draft('POST', '/api/describe/notes/owner', { body, on });
    expect(made.references).toEqual([]);
    expect(made.columns.at(-1)?.extra).toMatchObject({ relationship: { related_schema: 'users' } });
  });

  it('changes only what is named', () => {
    const { columns, references } = draft('PUT', '/api/describe/posts/author_id', {
      body: { required: true },
    });
    expect(columns.find(({ name }) => name === 'author_id')).toMatchObject({
      required: true,
      type: { base: 'uuid' },
    });
    expect(references).toHaveLength(2);
    expect(references[0]?.name).toBe('fk_author_id_users');
  });

  it('keeps the exact type of another dialect', () => {
    const odd = table('odd', []);
    const code = {
      ...(catalog.tables[0]?.columns[1] as Column),
      name: 'code',
      type: { base: 'varchar', length: 3 },
    } as const;
    const on = { ...catalog, tables: [{ ...odd, columns: [...odd.columns, code] }] };
    const made = draft('PUT', '/api/describe/odd/code', { body: { description: 'x' }, on });
    expect(made.columns.at(-1)).toMatchObject({
      type: { base: 'varchar', length: 3 },
      description: 'x',
    });
  });

  it('goes with its foreign key', () => {
    const made = draft('DELETE', '/api/describe/posts/author_id');
    expect(made.columns.map(({ name }) => name)).toEqual(['id', 'title', 'editor_id']);
    expect(made.references).toHaveLength(1);
  });

  it.each<[string, number, string, string, Json]>([
    ['INVALID_COLUMN_NAME', 400, 'POST', 'Name', { type: 'text' }],
    ['INVALID_COLUMN_NAME', 400, 'POST', 'a b', { type: 'text' }],
    ['COLUMN_NAME_TOO_LONG', 400, 'POST', 'x'.repeat(64), { type: 'text' }],
    ['RESERVED_COLUMN_NAME', 400, 'POST', 'id', { type: 'text' }],
    ['RESERVED_COLUMN_NAME', 400, 'POST', 'trashed_at', { type: 'text' }],
    ['RESERVED_COLUMN_NAME', 400, 'POST', 'xmin', { type: 'text' }],
    ['MISSING_REQUIRED_FIELDS', 400, 'POST', 'x', {}],
    ['MISSING_REQUIRED_FIELDS', 400, 'POST', 'x', { type: 'uuid', relationship_type: 'owned' }],
    ['COLUMN_EXISTS', 409, 'POST', 'name', { type: 'text' }],
    ['VALIDATION_ERROR', 400, 'POST', 'x', { type: 'varchar' }],
    ['VALIDATION_ERROR', 400, 'POST', 'x', { type: 'boolean[]' }],
    ['VALIDATION_ERROR', 400, 'POST', 'x', { type: 'text', nope: 1 }],
    ['VALIDATION_ERROR', 400, 'POST', 'x', { type: 'text', required: 'yes' }],
    ['VALIDATION_ERROR', 400, 'POST', 'x', { type: 'integer', minimum: '1' }],
    ['VALIDATION_ERROR', 400, 'POST', 'x', { type: 'integer', default_value: 'x' }],
    [
      'VALIDATION_ERROR',
      400,
      'POST',
      'x',
      { type: 'text', relationship_type: 'owned', related_schema: 'posts' },
    ],
    [
      'SCHEMA_NOT_FOUND',
      404,
      'POST',
      'x',
      { type: 'uuid', relationship_type: 'owned', related_schema: 'nope' },
    ],
    [
      'COLUMN_NOT_FOUND',
      404,
      'POST',
      'x',
      { type: 'uuid', relationship_type: 'owned', related_schema: 'posts', related_column: 'nope' },
    ],
    ['NO_UPDATES', 400, 'PUT', 'name', {}],
    ['COLUMN_NOT_FOUND', 404, 'PUT', 'nope', { required: true }],
    ['COLUMN_NOT_FOUND', 404, 'DELETE', 'nope', {}],
    ['VALIDATION_ERROR', 400, 'PUT', 'name', { column_name: 'other' }],
  ])('is refused with %s', (code, status, method, name, body) => {
    const url = `/api/describe/users/${encodeURIComponent(name)}`;
    expect(refused(method, url, { as: manager, body })).toMatchObject({ status, code });
  });
});

describe('changing a schema', () => {
  it('sets what is named', () => {
    expect(
      draft('PUT', '/api/describe/users', { body: { status: 'disabled', freeze: true } }),
    ).toMatchObject({
      name: 'users',
      status: 'disabled',
      freeze: true,
    });
    expect(refused('PUT', '/api/describe/users', { as: manager, body: {} })).toMatchObject({
      code: 'NO_UPDATES',
    });
    expect(refused('PUT', '/api/describe/users', { as: manager, body: { nope: 1 } })).toMatchObject(
      { code: 'NO_UPDATES' },
    );
  });

  it('withdraws the table and keeps its rows', () => {
    expect(defined('DELETE', '/api/describe/users')).toEqual({
      kind: 'drop_table',
      table: { app: 'default', name: 'users' },
      retain: true,
    });
    const action = ask('DELETE', '/api/describe/users', { as: manager });
    const reply = action.kind === 'definition' ? shown(action.reply({ catalog })) : null;
    expect(reply).toEqual({
      success: true,
      data: { name: 'users', schema_name: 'users', deleted: true },
    });
  });

  it('changes of a frozen one only its flags, and these with sudo', () => {
    const url = '/api/describe/frozen';
    const root = { ...sudo, sudo: false };
    expect(refused('PUT', url, { as: root, body: { freeze: false } })).toMatchObject({
      code: 'SUDO_REQUIRED',
    });
    expect(draft('PUT', url, { as: sudo, body: { freeze: false } })).toMatchObject({
      freeze: false,
    });
    expect(refused('PUT', url, { as: sudo, body: { description: 'x' } })).toMatchObject({
      code: 'SCHEMA_FROZEN',
    });
    expect(refused('POST', `${url}/x`, { as: sudo, body: { type: 'text' } })).toMatchObject({
      code: 'SCHEMA_FROZEN',
    });
    expect(refused('DELETE', url, { as: sudo })).toMatchObject({ code: 'SCHEMA_FROZEN' });
    expect(
      refused('POST', '/api/describe/guarded/x', { as: manager, body: { type: 'text' } }),
    ).toMatchObject({ code: 'SUDO_REQUIRED' });
  });

  it('leaves the system alone', () => {
    expect(
      refused('PUT', '/api/describe/columns', { as: sudo, body: { freeze: true } }),
    ).toMatchObject({ status: 403, code: 'SCHEMA_PROTECTED' });
    expect(refused('DELETE', '/api/describe/definitions', { as: sudo })).toMatchObject({
      code: 'SCHEMA_PROTECTED',
    });
    expect(refused('GET', '/api/data/schemas')).toMatchObject({
      status: 403,
      code: 'INSUFFICIENT_PERMISSIONS',
    });
  });
});
