import type { Json } from './json.ts';

/** In which objects, by the keys that lead there, a repeated key keeps all its values; elsewhere it is refused. */
export type RepeatedKeys = (path: readonly string[]) => boolean;

/**
 * JSON text, known to be valid, in which keys are repeated: where that is allowed the key holds the list of its values (lists joined),
 * elsewhere it is refused. `parse` reads what holds no object.
 * @throws SyntaxError naming the key
 */
export function gather(text: string, repeated: RepeatedKeys, parse: (text: string) => Json): Json {
  let at = 0;
  const skip = (): void => {
    while (/\s/.test(text[at] ?? '')) at++;
  };
  const string = (): string => {
    const start = at++;
    while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    at++;
    return text.slice(start, at);
  };
  const value = (path: readonly string[]): Json => {
    skip();
    if (text[at] === '{') return object(path);
    if (text[at] === '[') return list(path);
    if (text[at] === '"') return parse(string());
    const start = at;
    while (at < text.length && !/[\s,\]}]/.test(text[at] ?? '')) at++;
    return parse(text.slice(start, at));
  };
  const list = (path: readonly string[]): Json => {
    const items: Json[] = [];
    at++;
    skip();
    while (text[at] !== ']') {
      items.push(value(path));
      skip();
      if (text[at] === ',') at++;
      skip();
    }
    at++;
    return items;
  };
  const object = (path: readonly string[]): Json => {
    const entries = new Map<string, Json>();
    at++;
    skip();
    while (text[at] !== '}') {
      const key = String(parse(string()));
      skip();
      at++;
      const found = value([...path, key]);
      const before = entries.get(key);
      if (before !== undefined && !repeated(path)) {
        throw new SyntaxError(`The key ${JSON.stringify(key)} is repeated`);
      }
      entries.set(key, before === undefined ? found : [...listed(before), ...listed(found)]);
      skip();
      if (text[at] === ',') at++;
      skip();
    }
    at++;
    return fromEntries(entries);
  };
  return value([]);
}

function listed(value: Json): readonly Json[] {
  return Array.isArray(value) ? value : [value];
}

/** `__proto__` is a key like any other. */
function fromEntries(entries: ReadonlyMap<string, Json>): Json {
  return Object.fromEntries(entries);
}
