import { beforeAll, describe, expect, it } from 'vitest';
import { type Data, type House, nobody, openHouse } from './house.ts';

let house: House;

beforeAll(async () => {
  house = await openHouse();
  const { manager } = house;
  const relation = (column_name: string, rest: object): object => ({
    column_name,
    type: 'uuid',
    ...rest,
  });
  await manager.data('POST', '/api/describe/authors', {
    columns: [{ column_name: 'name', type: 'text' }],
  });
  await manager.data('POST', '/api/describe/books', {
    columns: [
      { column_name: 'title', type: 'text' },
      relation('author_id', {
        relationship_type: 'owned',
        related_schema: 'authors',
        relationship_name: 'works',
        cascade_delete: true,
      }),
      relation('editor_id', {
        relationship_type: 'referenced',
        related_schema: 'authors',
        relationship_name: 'editor',
      }),
    ],
  });
  await manager.data('POST', '/api/describe/prizes', {
    columns: [
      relation('author_id', {
        relationship_type: 'owned',
        related_schema: 'authors',
        required_relationship: true,
      }),
    ],
  });
  await manager.data('POST', '/api/describe/topics', {
    columns: [{ column_name: 'topic', type: 'text' }],
  });
  await manager.data('POST', '/api/describe/book_topics', {
    columns: [
      relation('book_id', { relationship_type: 'owned', related_schema: 'books' }),
      relation('topic_id', { relationship_type: 'owned', related_schema: 'topics' }),
    ],
  });
});

async function author(name = 'A'): Promise<Data> {
  return house.manager.data('POST', '/api/data/authors', { name });
}

describe('children', () => {
  it('are made, read, changed and trashed below their parent', async () => {
    const { manager } = house;
    const { id } = await author();
    const other = await author('B');
    const at = `/api/data/authors/${id}/works`;
    const book = await manager.data('POST', at, { title: 'one', author_id: other.id });
    expect(book).toMatchObject({ title: 'one', author_id: id });
    await manager.data('POST', at, { title: 'two' });
    const list = await manager.body('GET', `${at}?order=title&limit=1&count=true`);
    expect(list).toMatchObject({ data: [{ title: 'one' }], count: 1, total: 2 });
    expect(await manager.data('GET', `${at}/${book.id}`)).toMatchObject({ title: 'one' });
    await manager.refused(
      404,
      'RECORD_NOT_FOUND',
      'GET',
      `/api/data/authors/${other.id}/works/${book.id}`,
    );
    await manager.refused(
      404,
      'RECORD_NOT_FOUND',
      'PUT',
      `/api/data/authors/${other.id}/works/${book.id}`,
      { title: 'x' },
    );
    expect(await manager.data('PUT', `${at}/${book.id}`, { title: 'three' })).toMatchObject({
      title: 'three',
    });
    expect(await manager.data('DELETE', `${at}/${book.id}`)).toMatchObject({ deleted: true });
    expect(await manager.data('DELETE', at)).toMatchObject([{ title: 'two', deleted: true }]);
    expect(await manager.data('GET', at)).toEqual([]);
    await manager.refused(404, 'RECORD_NOT_FOUND', 'GET', `/api/data/authors/${nobody}/works`);
    await manager.refused(404, 'RELATIONSHIP_NOT_FOUND', 'GET', `/api/data/authors/${id}/nope`);
    await manager.refused(400, 'INVALID_BODY_FORMAT', 'POST', at, [{}]);
  });

  it('need a parent that is there', async () => {
    const { manager } = house;
    await manager.refused(409, 'RELATIONSHIP_CONSTRAINT', 'POST', '/api/data/books', {
      author_id: nobody,
    });
    const hidden = await house.sudo.data('POST', '/api/data/authors', { access_read: ['x'] });
    const missing = await manager.refused(
      409,
      'RELATIONSHIP_CONSTRAINT',
      'POST',
      '/api/data/books',
      { author_id: hidden.id },
    );
    expect(missing.error).not.toContain(hidden.id);
    const gone = await author();
    await manager.data('DELETE', `/api/data/authors/${gone.id}`);
    await manager.refused(409, 'RECORD_TRASHED', 'POST', `/api/data/authors/${gone.id}/works`, {
      title: 'x',
    });
  });

  it('go and come back with their parent', async () => {
    const { manager } = house;
    const { id } = await author();
    const book = await manager.data('POST', `/api/data/authors/${id}/works`, { title: 'x' });
    const gone = await manager.data('DELETE', `/api/data/authors/${id}`);
    expect(await manager.data('GET', `/api/data/books/${book.id}`)).toMatchObject({
      trashed_at: gone.trashed_at,
    });
    await manager.data('POST', `/api/trashed/authors/${id}`);
    expect(await manager.data('GET', `/api/data/books/${book.id}`)).toMatchObject({
      trashed_at: null,
    });
  });

  it('hold their parent where they are required', async () => {
    const { manager } = house;
    const { id } = await author();
    await manager.data('POST', `/api/data/authors/${id}/prizes`, {});
    const refusal = await manager.refused(
      409,
      'RELATIONSHIP_CONSTRAINT',
      'DELETE',
      `/api/data/authors/${id}`,
    );
    expect(refusal.error).toBe('Cannot delete record: existing relationships found');
    expect(refusal.error_type).toBe('RelationshipError');
  });
});

describe('the related record', () => {
  it('is one or null', async () => {
    const { manager } = house;
    const { id } = await author('E');
    const book = await manager.data('POST', '/api/data/books', { title: 'x', editor_id: id });
    expect(await manager.data('GET', `/api/data/books/${book.id}/editor`)).toMatchObject({
      name: 'E',
    });
    const alone = await manager.data('POST', '/api/data/books', { title: 'y' });
    expect(await manager.data('GET', `/api/data/books/${alone.id}/editor`)).toBeNull();
    await manager.refused(
      404,
      'RELATIONSHIP_NOT_FOUND',
      'POST',
      `/api/data/books/${book.id}/editor`,
      {},
    );
  });
});

describe('many to many', () => {
  it('links, lists and unlinks', async () => {
    const { manager } = house;
    const book = await manager.data('POST', '/api/data/books', { title: 'x' });
    const topic = await manager.data('POST', '/api/data/topics', { topic: 't1' });
    const at = `/api/data/books/${book.id}/topics`;
    expect(await manager.data('POST', at, { id: topic.id })).toMatchObject({ topic: 't1' });
    expect(await manager.data('POST', at, { topic: 't2' })).toMatchObject({ topic: 't2' });
    expect(await manager.data('GET', `${at}?order=topic`)).toMatchObject([
      { topic: 't1' },
      { topic: 't2' },
    ]);
    await manager.refused(409, 'RELATIONSHIP_CONSTRAINT', 'POST', at, { id: nobody });
    await manager.data('DELETE', `${at}/${topic.id}`);
    await manager.refused(404, 'RECORD_NOT_FOUND', 'DELETE', `${at}/${topic.id}`);
    expect(await manager.data('GET', `/api/data/topics/${topic.id}`)).toMatchObject({
      trashed_at: null,
    });
    expect(await manager.data('DELETE', at)).toMatchObject([{ topic: 't2' }]);
    expect(await manager.data('GET', at)).toEqual([]);
  });
});

describe('names of relationships', () => {
  it('are taken once', async () => {
    const body = {
      type: 'uuid',
      relationship_type: 'owned',
      related_schema: 'authors',
      relationship_name: 'works',
    };
    await house.manager.refused(
      409,
      'DATA_CONFLICT',
      'POST',
      '/api/describe/topics/author_id',
      body,
    );
  });
});
