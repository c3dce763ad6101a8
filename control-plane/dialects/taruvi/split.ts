import { refuse } from './errors.ts';

/** Most characters of one of these texts. */
const longest = 10_000;

/**
 * The parts of a text between separators that stand outside parentheses and quotes, trimmed. `separator` must be sticky.
 * @throws ServiceError bad_request naming the parameter: a part is empty, or a parenthesis or quote has no partner
 */
export function splitOutside(
  text: string,
  separator: RegExp,
  parameter: string,
): readonly string[] {
  const parts: string[] = [];
  let from = 0;
  for (const { at, sign } of outside(text, separator, parameter)) {
    parts.push(text.slice(from, at));
    from = at + sign.length;
  }
  parts.push(text.slice(from));
  return parts.map((part) => part.trim() || refuse(`${parameter}: a part is empty`, parameter));
}

/** What stands before and behind the first separator outside parentheses and quotes, and that itself. */
export function cutOutside(
  text: string,
  separator: RegExp,
  parameter: string,
): readonly [before: string, sign: string, behind: string] | undefined {
  for (const { at, sign } of outside(text, separator, parameter)) {
    return [text.slice(0, at).trim(), sign, text.slice(at + sign.length).trim()];
  }
  return undefined;
}

/** The separators outside, found by one pass: a pattern for quoted text within a larger one can take for ever. */
function* outside(
  text: string,
  separator: RegExp,
  parameter: string,
): Generator<{ readonly at: number; readonly sign: string }> {
  if (text.length > longest) refuse(`${parameter} is too long`, parameter, 'limit_exceeded');
  let depth = 0;
  for (let at = 0; at < text.length; ) {
    const here = text.charAt(at);
    if (here === "'" || here === '"') {
      at = endOfQuote(text, at, parameter);
      continue;
    }
    if (here === '(') depth += 1;
    if (here === ')') depth -= 1;
    if (depth < 0) refuse(`${parameter}: a parenthesis is closed that is not open`, parameter);
    separator.lastIndex = at;
    const sign = depth === 0 ? (separator.exec(text)?.[0] ?? '') : '';
    if (sign !== '') yield { at, sign };
    at += sign.length || 1;
  }
  if (depth > 0) refuse(`${parameter}: a parenthesis is not closed`, parameter);
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
  const found = /^([\s\S]*\S)\s+as\s+("(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_]*)$/iu.exec(text);
  const [, body, name] = found ?? [];
  if (body === undefined || name === undefined) return { body: text };
  return { body, alias: unquoted(name, '"') ?? name };
}
