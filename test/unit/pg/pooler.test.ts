import { describe, expect, it } from 'vitest';
import { findWay, isPooled, keepsNames } from '../../../control-plane/pg/pooler.ts';

interface Answers {
  /** Process number of the backend that answers. */
  readonly backend: number;
  /** What is prepared there under our name: an error where it is taken. */
  readonly ours?: boolean | Error;
}

/** A connection that was given the process number 7. */
function connection({ backend, ours = false }: Answers) {
  const asked: unknown[] = [];
  const query = async (text: unknown) => {
    asked.push(text);
    if (asked.length === 1) return { rows: [{ pid: backend }] };
    if (ours instanceof Error) throw ours;
    return { rows: [{ ours }] };
  };
  return { client: { processID: 7, query } as never, asked };
}

const failure = (code: string) => Object.assign(new Error('refused'), { code });

describe('the way to Postgres', () => {
  it('is direct where the backend is the one that greeted us', async () => {
    const { client, asked } = connection({ backend: 7 });
    await findWay(client);
    expect([isPooled(client), keepsNames(client), asked.length]).toEqual([false, true, 1]);
  });

  it.each([
    ['a pooler that renames prepared statements carries them', false, true],
    ['one that passes names on as they are does not', true, false],
    ['nor does one whose backend has the name from another', failure('42P05'), false],
  ])('%s', async (_, ours, names) => {
    const { client } = connection({ backend: 8, ours });
    await findWay(client);
    expect([isPooled(client), keepsNames(client)]).toEqual([true, names]);
  });

  it('is not guessed when the question fails', async () => {
    const { client } = connection({ backend: 8, ours: failure('57P01') });
    await expect(findWay(client)).rejects.toMatchObject({ code: '57P01' });
  });
});
