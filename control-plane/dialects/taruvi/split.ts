import { refuse } from './errors.ts';

/** Most characters of one of these texts. */
const longest = 10_000;

/**
 * The parts of a text between separators that stand outside parentheses and quotes, trimmed. `separator` must be sticky.
 * @throws ServiceError bad_request naming the parameter: a part is empty, or a parenthesis or quote has no partner
 */
export function splitOutside(text: string, separator: RegExp, parameter: string): readonly string[] {
  if (text.length > longest) refuse(`${parameter} is too long`, parameter, 'limit_exceeded');
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; ) {
    const sign = text.charAt(at);
    if (sign === "'" || sign === '"') {
      at = endOfQuote(text, at, parameter);
      continue;
    }
    if (sign === '(') depth += 1;
    if (sign === ')') depth -= 1;
    if (depth < 0) refuse(`${parameter}: a parenthesis is closed that is not open`, parameter);
    separator.lastIndex = at;
    const found = depth === 0 ? separator.exec(text)?.[0].length : undefined;
    if (found) {
      parts.push(text.slice(from, at));
      from = at + found;
    }
    at += found || 1;
  }
  if (depth > 0) refuse(`${parameter}: a parenthesis is not closed`, parameter);
  parts.push(text.slice(from));
  return parts.map((part) => part.trim() || refuse(`${parameter}: a part is empty`, parameter));
}

/** The parts between commas. */
export function splitList(text: string, parameter: string): readonly string[] {
  return splitOutside(text, /,/y, parameter);
}

/** Behind the closing quote; a doubled one stands for itself. */
function endOfQuote(text: string, start: number, parameter: string): number {
  const quote = text.charAt(start);
  for (let at = start + 1; at < text.length; at += 1) {
    if (text.charAt(at) !== quote) continue;
    if (text.charAt(at + 1) !== quote) return at + 1;
    at += 1;
  }
  return refuse(`${parameter}: a quote is not closed`, parameter);
}

/** The text between quotes of one kind, or undefined: it is not one quoted text. */
export function unquoted(text: string, quote: "'" | '"'): string | undefined {
  const pattern = quote === "'" ? /^'((?:[^']|'')*)'$/ : /^"((?:[^"]|"")*)"$/;
  return pattern.exec(text)?.[1]?.replaceAll(quote + quote, quote);
}

/** `body as name`; without alias the whole text is the body. */
export function splitAlias(text: string): { readonly body: string; readonly alias?: string } {
  const found = /^([^]*\S)\s+as\s+("(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_]*)$/iu.exec(text);
  const [, body, name] = found ?? [];
  if (body === undefined || name === undefined) return { body: text };
  return { body, alias: unquoted(name, '"') ?? name };
}
