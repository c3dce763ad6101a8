import type { ErrorObject } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect } from 'vitest';
import type { JsonObject } from '../../control-plane/base/json.ts';
import type { Principal } from '../../control-plane/model/principal.ts';
import type { Reply, RequestOptions, TestApp } from './app.ts';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly explode?: boolean;
  readonly schema: unknown;
}

export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly (Parameter | { readonly $ref: string })[];
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, unknown>>; readonly $ref?: string }>
  >;
}

/** The document as a client would fetch it. */
export interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, JsonObject>>>>;
}

/** A server spoken to by its document: what is sent and what comes back is held against it. */
export interface Documented {
  readonly document: Document;
  /** Ids of the operations that have answered with a documented success. */
  readonly met: Set<string>;
  /** Sends a request that the document allows and that is to succeed. @throws where request or reply is not as documented */
  call(method: string, path: string, options?: RequestOptions): Promise<Reply>;
  /** A request that is to be refused, in the documented envelope. */
  refused(method: string, path: string, options?: RequestOptions): Promise<Reply>;
}

/** All operations of a document. */
export function operationsOf({ paths }: Document): readonly Operation[] {
  return Object.values(paths).flatMap((item) => Object.values(item));
}

export async function documentOf(app: TestApp, as?: Principal, query = ''): Promise<Document> {
  const reply = await app.request('GET', `/openapi.json${query}`, as === undefined ? {} : { as });
  expect(reply.status).toBe(200);
  return reply.body as Document;
}

/** Holds a server against its document, which is read anew whenever `document` has changed. */
export function against(app: TestApp, document: Document, as: Principal): Documented {
  const check = checkerOf(document);
  const met = new Set<string>();
  const exchange = async (method: string, path: string, options: RequestOptions) => {
    const found = find(document, method, path);
    checkQuery(document, found.operation, path);
    const reply = await app.request(method, path, { as, ...options });
    return { ...found, reply };
  };
  return {
    document,
    met,
    call: async (method, path, options = {}) => {
      const { operation, template, reply } = await exchange(method, path, options);
      const what = `${method} ${path}`;
      if (options.body !== undefined) {
        expect(operation.requestBody, what).toBeDefined();
        check(bodyPointer(method, template), options.body, what);
      }
      expect(reply.status, `${what}: ${reply.text}`).toBeLessThan(400);
      const response = operation.responses[reply.status];
      expect(response, `${what} answers ${reply.status}`).toBeDefined();
      const type = reply.headers.get('content-type')?.split(';')[0] ?? '';
      if (response?.content === undefined) {
        expect(reply.text, what).toBe('');
      } else {
        expect(Object.keys(response.content), what).toContain(type);
        const content = `responses/${reply.status}/content/${pointerPart(type)}`;
        const at = `${pointerTo(method, template)}/${content}/schema`;
        check(at, type === 'application/json' ? reply.body : reply.text, `${what}: ${reply.text}`);
      }
      met.add(operation.operationId);
      return reply;
    },
    refused: async (method, path, options = {}) => {
      const { operation, reply } = await exchange(method, path, options);
      const what = `${method} ${path}: ${reply.text}`;
      expect(reply.status, what).toBeGreaterThanOrEqual(400);
      const name = operation.responses['4XX']?.$ref?.split('/').at(-1) ?? '';
      check(`/components/responses/${name}/content/application~1json/schema`, reply.body, what);
      return reply;
    },
  };
}

/** Where the document has the schema of JSON bodies of a request. */
export function bodyPointer(method: string, path: string): string {
  return `${pointerTo(method, path)}/requestBody/content/application~1json/schema`;
}

/** Checks a value against the schema at a place of the document. */
export function checkerOf(document: Document) {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(document, 'document');
  return (pointer: string, value: unknown, what: string): void => {
    const validate = ajv.compile({ $ref: `document#${pointer}` });
    if (!validate(value)) throw new Error(`${what}\n${told(validate.errors)}`);
  };
}

function told(errors: readonly ErrorObject[] | null | undefined): string {
  return (errors ?? [])
    .map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    )
    .join('\n');
}

/** The operation of a request: paths without parameters go before those with. */
function find(document: Document, method: string, target: string) {
  const path = target.split('?')[0]?.replace(/\/$/, '') ?? '';
  const fits = Object.keys(document.paths)
    .filter((template) => patternOf(template).test(path))
    .toSorted((a, b) => a.split('{').length - b.split('{').length);
  const template = fits.find((each) => document.paths[each]?.[method.toLowerCase()]);
  const operation = template && document.paths[template]?.[method.toLowerCase()];
  if (!template || !operation) throw new Error(`${method} ${target} is not documented`);
  return { operation, template };
}

function patternOf(template: string): RegExp {
  const parts = template.split(/\{\w+\}/).map((part) => part.replace(/[.*+?^$()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^/]+')}$`);
}

function pointerTo(method: string, path: string): string {
  return `/paths/${pointerPart(path)}/${method.toLowerCase()}`;
}

/** A place in a JSON pointer within an address. */
function pointerPart(part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
}

function checkQuery(document: Document, { parameters = [] }: Operation, path: string): void {
  const known = parameters.map((each) =>
    '$ref' in each
      ? (document.components['parameters']?.[
          each.$ref.split('/').at(-1) ?? ''
        ] as unknown as Parameter)
      : each,
  );
  const free = known.some(({ explode }) => explode);
  for (const name of new URLSearchParams(path.split('?')[1] ?? '').keys()) {
    const isTold = free || known.some((each) => each.in === 'query' && each.name === name);
    expect(isTold, `parameter ${name} of ${path}`).toBe(true);
  }
}
