import type { BaseType } from '../base/types.ts';

/** The parts of a date pattern, as strptime has them, and what each reads. */
const directives: Readonly<Record<string, readonly [part: string, digits: string]>> = {
  Y: ['year', '\\d{4}'],
  y: ['short', '\\d{2}'],
  m: ['month', '\\d{1,2}'],
  d: ['day', '\\d{1,2}'],
  H: ['hour', '\\d{1,2}'],
  I: ['twelve', '\\d{1,2}'],
  M: ['minute', '\\d{1,2}'],
  S: ['second', '\\d{1,2}'],
  f: ['fraction', '\\d{1,6}'],
  p: ['half', '[AaPp][Mm]'],
  b: ['word', '[A-Za-z]{3}'],
  B: ['word', '[A-Za-z]+'],
  z: ['zone', 'Z|[+-]\\d{2}:?\\d{2}'],
};

const months = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');

/**
 * A text told by a date pattern (strptime's letters) as ISO 8601: a date or a time where the type is one, else both. Undefined when it
 * doesn't match, or the pattern has a part that is not read.
 */
export function timeOf(text: string, pattern: string, type: BaseType): string | undefined {
  const found = partsOf(text.trim(), pattern);
  if (!found) return undefined;
  const two = (value: string | number = '1'): string => String(Number(value)).padStart(2, '0');
  const word =
    found['word'] === undefined ? -1 : months.indexOf(found['word'].slice(0, 3).toLowerCase());
  if (found['word'] !== undefined && word < 0) return undefined;
  const year = found['year'] ?? (found['short'] === undefined ? '1900' : century(found['short']));
  const date = `${year}-${word < 0 ? two(found['month']) : two(word + 1)}-${two(found['day'])}`;
  const fraction = found['fraction'] === undefined ? '' : `.${found['fraction']}`;
  const clock = `${two(hourOf(found))}:${two(found['minute'] ?? '0')}:${two(found['second'] ?? '0')}${fraction}`;
  if (type === 'date') return date;
  return type === 'time' ? clock : `${date}T${clock}${found['zone'] ?? 'Z'}`;
}

function partsOf(text: string, pattern: string): Readonly<Record<string, string>> | undefined {
  const names = new Set<string>();
  let known = true;
  const expression = pattern.replace(/%(.)|([\\^$.*+?()[\]{}|])/g, (_, directive, special) => {
    if (special !== undefined) return `\\${special}`;
    if (directive === '%') return '%';
    const [name, digits] = directives[directive] ?? [];
    if (name === undefined || digits === undefined || names.has(name)) {
      known = false;
      return '';
    }
    names.add(name);
    return `(?<${name}>${digits})`;
  });
  return known ? new RegExp(`^${expression}$`).exec(text)?.groups : undefined;
}

/** As POSIX has it: 69 is 1969, 68 is 2068. */
function century(short: string): string {
  return `${Number(short) < 69 ? '20' : '19'}${short}`;
}

function hourOf({ hour, twelve, half }: Readonly<Record<string, string>>): number {
  if (twelve === undefined) return Number(hour ?? '0');
  return (Number(twelve) % 12) + (half?.toLowerCase() === 'pm' ? 12 : 0);
}
