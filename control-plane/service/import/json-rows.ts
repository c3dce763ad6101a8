import { isObject, type JsonObject } from '../../base/json.ts';
import { parseJson } from '../../base/parse-json.ts';
import { RowError, type SourceRow } from './source.ts';

/** The rows of the text of a JSON array. */
export function arrayRows(file: string, text: string): SourceRow[] {
  const values = jsonOf(file, 1, text);
  if (!Array.isArray(values)) throw new RowError(file, 1, '', 'the file is no JSON array');
  const lines = elementLines(text);
  return values.map((value, index) => ({
    line: lines[index] ?? 1,
    values: objectOf(file, lines[index] ?? 1, value),
  }));
}

/** The rows of NDJSON text. */
export function lineRows(file: string, text: string): SourceRow[] {
  return text.split('\n').flatMap((each, index) => {
    const line = index + 1;
    return each.trim() === ''
      ? []
      : [{ line, values: objectOf(file, line, jsonOf(file, line, each)) }];
  });
}

function jsonOf(file: string, line: number, text: string) {
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const at = /line (\d+)/.exec(error.message)?.[1];
    throw new RowError(file, at === undefined ? line : line + Number(at) - 1, '', error.message);
  }
}

function objectOf(file: string, line: number, value: unknown): JsonObject {
  if (isObject(value)) return value;
  throw new RowError(file, line, '', 'the row is not a JSON object');
}

/** Line on which each element of the outermost array begins. The text is known to be valid JSON. */
function elementLines(text: string): number[] {
  const lines: number[] = [];
  let line = 1;
  let depth = 0;
  let expected = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '\n') line += 1;
    else if (char === ' ' || char === '\r' || char === '\t') continue;
    else {
      if (expected && depth === 1 && char !== ']') lines.push(line);
      expected = false;
      if (char === '"') at = endOfString(text, at);
      else if (char === '[' || char === '{') {
        depth += 1;
        expected = depth === 1;
      } else if (char === ']' || char === '}') depth -= 1;
      else if (char === ',') expected = depth === 1;
    }
  }
  return lines;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}
