import { describe, expect, it } from 'vitest';
import { rowsAt, stage } from './stage.ts';

const here = stage([], {
  root: { access: 'root' },
  editor: { roles: ['editor'] },
  remover: { roles: ['remover'] },
});

const allow = (actions: readonly string[], roles: readonly string[]) => ({
  actions,
  effect: 'EFFECT_ALLOW',
  roles,
});

describe('a mark of deleted rows under policies', () => {
  it('is set by those who may delete, and taken off by those who may update', async () => {
    const [root, editor, remover] = [here.as('root'), here.as('editor'), here.as('remover')];
    const fields = [
      { name: 'id', type: 'integer' },
      { name: 'title', type: 'string' },
      { name: 'is_deleted', type: 'boolean', default: false },
    ];
    await root.call(
      'POST',
      '/default/datatables/',
      { name: 'posts', json_schema: { fields } },
      201,
    );
    await root.call('POST', '/default/policies/', {
      apiVersion: 'api.cerbos.dev/v1',
      resourcePolicy: {
        resource: 'datatable:posts',
        version: 'default',
        rules: [
          allow(['read', 'create', 'update'], ['editor']),
          allow(['read', 'delete'], ['remover']),
        ],
      },
    });
    await editor.call('POST', rowsAt('posts'), [{ title: 'a' }, { title: 'b' }], 201);
    await editor.refused(403, 'FORBIDDEN', 'DELETE', rowsAt('posts', '1/'));
    await editor.refused(403, 'FORBIDDEN', 'DELETE', rowsAt('posts', '?ids=1,2'));
    await remover.refused(403, 'FORBIDDEN', 'PATCH', rowsAt('posts', '1/'), { title: 'x' });
    await here.logins.client('editor').query('delete from posts');
    expect((await root.call('GET', rowsAt('posts'))).total).toBe(2);
    expect((await remover.call('DELETE', rowsAt('posts', '1/'))).deleted).toBe(1);
    await here.logins.client('remover').query('delete from posts where id = 2');
    expect((await root.call('GET', rowsAt('posts'))).total).toBe(0);
    expect((await here.logins.client('editor').query('select from posts')).rowCount).toBe(0);
    await remover.refused(403, 'FORBIDDEN', 'POST', rowsAt('posts', '1/restore/'));
    expect((await editor.call('POST', rowsAt('posts', '1/restore/'))).data).toMatchObject({
      id: 1,
    });
    expect((await root.call('GET', rowsAt('posts'))).total).toBe(1);
  });
});
