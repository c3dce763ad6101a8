import { describe, expect, it } from 'vitest';
import { ServiceError } from '../../../control-plane/base/errors.ts';
import type { DialectRequest } from '../../../control-plane/dialects/dialect.ts';
import { fail, numberRows } from '../../../control-plane/dialects/taruvi/errors.ts';
import { pageOf, pageState } from '../../../control-plane/dialects/taruvi/page.ts';
import { bare, bareList, listText } from '../../../control-plane/dialects/taruvi/reply.ts';

function request(query = ''): DialectRequest {
  const values = new Map<string, string[]>();
  for (const [key, value] of new URLSearchParams(query)) {
    values.set(key, [...(values.get(key) ?? []), value]);
  }
  return { method: 'GET', params: {}, query: values, headers: {}, body: undefined, id: '1' };
}

describe('errors', () => {
  it('faults of a row become messages by field, and details say the same', () => {
    const error = new ServiceError('invalid_row', undefined, {
      faults: [
        { row: 0, field: 'email', code: 'required', message: 'email is required' },
        { row: 0, field: 'email', code: 'pattern', message: 'no address' },
      ],
    });
    const reply = fail(error, request());
    expect(reply.status).toBe(400);
    expect(reply.body).toEqual({
      json: {
        status: 'error',
        code: 'VALIDATION_ERROR',
        message: 'email is required',
        errors: { email: ['email is required', 'email: no address'] },
        details: { email: ['email is required', 'email: no address'] },
      },
    });
    const numbered = fail(numberRows(error), request()).body as {
      json: { errors: Record<string, unknown> };
    };
    expect(Object.keys(numbered.json.errors)).toEqual(['0.email']);
  });

  it('an unknown field is a fault of the request', () => {
    const faults = [
      { row: 0, field: 'x', code: 'unknown_field', message: 'No such column' },
    ] as const;
    const reply = fail(new ServiceError('invalid_row', undefined, { faults }), request());
    expect(reply.body).toMatchObject({
      json: {
        code: 'BAD_REQUEST',
        message: 'x: No such column',
        errors: { x: ['x: No such column'] },
      },
    });
  });

  it('name the field, however short it is', () => {
    const of = (field: string, message: string) =>
      fail(new ServiceError('invalid_operand', message, { field }), request()).body;
    expect(of('n', 'Must be a number')).toMatchObject({ json: { message: 'Must be a number: n' } });
    expect(of('n', 'n must be a number')).toMatchObject({
      json: { message: 'n must be a number' },
    });
    expect(of('a.b', "No field 'a.b'")).toMatchObject({ json: { message: "No field 'a.b'" } });
  });

  it('what passes says when to try again', () => {
    const headers = fail(new ServiceError('serialization_failure'), request()).headers;
    expect(headers).toEqual({ 'retry-after': '1' });
  });
});

describe('pages', () => {
  it.each([
    ['', { offset: 0, limit: 100 }],
    ['page=3&page_size=20', { offset: 40, limit: 20 }],
    ['page=2&pageSize=7', { offset: 7, limit: 7 }],
    ['page_size=5000', { offset: 0, limit: 1000 }],
    ['page=2&page_size=5000', { offset: 1000, limit: 1000 }],
    ['limit=10&offset=3', { offset: 3, limit: 10 }],
    ['limit=0', { offset: 0, limit: 0 }],
    ['offset=3', { offset: 3, limit: 100 }],
    ['_start=10&_end=25', { offset: 10, limit: 15 }],
    ['_end=25', { offset: 0, limit: 25 }],
    ['page=1&limit=3', { offset: 0, limit: 100 }],
  ])('%s', (query, page) => {
    expect(pageOf(request(query).query)).toEqual(page);
  });

  it.each([
    'page=0',
    'page=-1',
    'page=x',
    'page_size=0',
    'limit=1.5',
    'offset=',
    '_start=9&_end=3',
    'page=9999999999999999&page_size=1000',
  ])('%s is refused', (query) => {
    expect(() => pageOf(request(query).query)).toThrow(ServiceError);
  });

  it('the state of a page', () => {
    expect(pageState({ offset: 20, limit: 20, count: 20, total: 41 })).toEqual({
      offset: 20,
      limit: 20,
      count: 20,
      current_page: 2,
      total_pages: 3,
      has_next: true,
      has_previous: true,
    });
    expect(pageState({ offset: 60, limit: 20, count: 0, total: 41 })).toMatchObject({
      current_page: 4,
      has_next: false,
      has_previous: true,
    });
  });
});

describe('envelopes', () => {
  it('a list tells its total always', () => {
    expect(listText('[]', 'none', { offset: 0, limit: 100, count: 0, total: 0 }).body).toBe(
      '{"status":"success","message":"none","data":[],"total":0,"pagination":{"offset":0,"limit":100,"count":0,"current_page":1,"total_pages":0,"has_next":false,"has_previous":false}}',
    );
  });

  it('bare unless an envelope is asked for', () => {
    expect(bare({ a: 1 }, request()).body).toEqual({ json: { a: 1 } });
    expect(bare({ a: 1 }, request('envelope=true')).body).toMatchObject({
      json: { status: 'success', data: { a: 1 } },
    });
    expect(() => bare({}, request('envelope=yes'))).toThrow('envelope');
  });

  it('a bare list is cut and counted', () => {
    const reply = bareList([1, 2, 3, 4, 5], request('page=2&page_size=2'));
    expect(reply).toEqual({
      status: 200,
      headers: { 'x-total-count': '5' },
      body: { json: [3, 4] },
    });
  });
});
