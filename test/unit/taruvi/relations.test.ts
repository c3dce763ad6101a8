import { describe, expect, test } from 'vitest';
import { relationsOf, userColumnsOf } from '../../../control-plane/dialects/taruvi/relations.ts';
import type { Catalog } from '../../../control-plane/model/catalog.ts';
import type { Table } from '../../../control-plane/model/table.ts';
import { catalogOf, column, plainTable, reference } from '../compile/samples.ts';

const uuid = { base: 'uuid' } as const;

/** A table of these foreign keys: column → table. */
function linked(
  name: string,
  keys: Readonly<Record<string, string>>,
  more: Partial<Table> = {},
): Table {
  const columns = Object.keys(keys).map((key) => column(key, uuid));
  const references = Object.entries(keys).map(([key, target]) =>
    reference(key, target, { name: `${name}_${key}` }),
  );
  return plainTable(name, columns, { references, ...more });
}

const named = (table: Table, catalog: Catalog): readonly string[] =>
  relationsOf(table, catalog).map(({ name, kind }) => `${kind} ${name}`);

const users = linked('users', {}, { id: 1 });
const posts = linked('posts', { author_id: 'users', editor: 'users' }, { id: 2 });
const comments = linked('comments', { post_id: 'posts', parent_id: 'comments' }, { id: 3 });
const likes = linked('likes', { user_id: 'users', post_id: 'posts' }, { id: 4 });
const tags = linked('tags', {}, { id: 5 });
const tagged = linked('post_tags', { post_id: 'posts', tag_id: 'tags' }, { id: 6 });
const friends = linked('friends', { left_id: 'users', right_id: 'users' }, { id: 7 });
const catalog = catalogOf(users, posts, comments, likes, tags, tagged, friends);

describe('relations', () => {
  test('forward: the column, and the column without _id', () => {
    expect(named(comments, catalog)).toEqual([
      'forward post_id',
      'forward post',
      'forward parent_id',
      'forward parent',
      'reverse comments',
    ]);
    const clash = plainTable('odd', [column('user_id', uuid), column('user')], {
      id: 8,
      references: [reference('user_id', 'users')],
    });
    expect(named(clash, catalogOf(users, clash))).toEqual(['forward user_id']);
  });

  test('reverse: the child, told apart by column where it refers here more than once', () => {
    expect(named(users, catalog)).toEqual([
      'reverse posts!author_id',
      'reverse posts!editor',
      'reverse likes',
      'reverse friends!left_id',
      'reverse friends!right_id',
      'many users!editor',
      'many users!author_id',
      'many posts',
      'many users!right_id',
      'many users!left_id',
    ]);
  });

  test('many-to-many: the far table, behind a junction of exactly two references', () => {
    const found = relationsOf(posts, catalog).filter(({ kind }) => kind === 'many');
    expect(found).toEqual([
      {
        name: 'users',
        kind: 'many',
        hops: [
          { reference: 'likes_post_id', direction: 'reverse' },
          { reference: 'likes_user_id', direction: 'forward' },
        ],
        table: users,
      },
      expect.objectContaining({ name: 'tags', table: tags }),
    ]);
    // Where the name is taken, or there are two ways, the junction tells them apart.
    const notes = linked('notes', { post_id: 'posts' }, { id: 8 });
    const seen = linked('seen', { post_id: 'posts', note_id: 'notes' }, { id: 9 });
    const read = linked('read', { post_id: 'posts', tag_id: 'tags' }, { id: 10 });
    const more = catalogOf(users, posts, tags, tagged, notes, seen, read);
    expect(named(posts, more).filter((name) => name.startsWith('many'))).toEqual([
      'many tags!post_tags',
      'many notes!seen',
      'many tags!read',
    ]);
  });

  test('the schema renames them', () => {
    const document = {
      reverseRelationships: [{ name: 'written', resource: 'posts', field: 'author_id' }],
      manyToManyRelationships: { posts: 'liked' },
    };
    const renamed = { ...users, document };
    const names = named(renamed, catalogOf(renamed, posts, likes));
    expect(names).toEqual([
      'reverse written',
      'reverse posts!editor',
      'reverse likes',
      'many users!editor',
      'many users!author_id',
      'many liked',
    ]);
  });

  test('deactivated tables lead nowhere; other apps are named', () => {
    const gone: Table = { ...posts, active: false };
    expect(named(users, catalogOf(users, gone))).toEqual([]);
    const there = linked('posts', { author_id: 'users' }, { id: 9, app: 'blog' });
    expect(named(users, catalogOf(users, there))).toEqual(['reverse blog:posts']);
  });

  test('columns that hold principals', () => {
    const foreignKeys = [
      { fields: 'owner_id', reference: { resource: 'auth_user' } },
      { fields: ['editor'], reference: { resource: 'auth_user', fields: ['id'] } },
      { fields: 'post_id', reference: { resource: 'posts' } },
    ];
    expect(userColumnsOf({ document: { foreignKeys } })).toEqual(['owner_id', 'editor']);
    expect(userColumnsOf({})).toEqual([]);
  });
});
