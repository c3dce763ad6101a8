const parts: Readonly<Record<string, readonly [name: string, digits: string]>> = {
  Y: ['year', '\\d{4}'],
  y: ['short', '\\d{2}'],
  m: ['month', '\\d{1,2}'],
  d: ['day', '\\d{1,2}'],
  H: ['hour', '\\d{1,2}'],
  M: ['minute', '\\d{1,2}'],
  S: ['second', '\\d{1,2}'],
  f: ['fraction', '\\d{1,6}'],
  z: ['zone', '[+-]\\d{2}:?\\d{2}|Z'],
};

/**
 * A date, time or both as ISO 8601, read by a pattern in strptime's letters: %Y %y %m %d %H %M %S %f %z, %% and whatever else stands
 * for itself. A text that the pattern doesn't fit comes back as it is, to be refused as no value of the type.
 */
export function dated(text: string, pattern: string): string {
  const source = pattern.replace(/%(.)|[^%]+/g, (literal: string, letter: string | undefined) => {
    const part = letter === undefined ? undefined : parts[letter];
    if (part) return `(?<${part[0]}>${part[1]})`;
    return (letter ?? literal).replace(/[\\^$.|?*+()[\]{}/]/g, '\\$&');
  });
  const found = expression(source)?.exec(text.trim())?.groups;
  if (!found) return text;
  const two = (value: string | undefined, none: string): string => (value ?? none).padStart(2, '0');
  const { year, short, month, day, hour, minute, second, fraction, zone } = found;
  const date =
    year === undefined && short === undefined
      ? ''
      : `${year ?? century(short ?? '')}-${two(month, '01')}-${two(day, '01')}`;
  if (hour === undefined) return date === '' ? text : date;
  const tail = fraction === undefined ? '' : `.${fraction}`;
  const time = `${two(hour, '00')}:${two(minute, '00')}:${two(second, '00')}${tail}`;
  return date === '' ? time : `${date}T${time}${zone ?? ''}`;
}

/** A letter named twice makes no pattern. */
function expression(source: string): RegExp | undefined {
  try {
    return new RegExp(`^${source}$`, 'u');
  } catch {
    return undefined;
  }
}

/** POSIX: 69 to 99 are of the twentieth century. */
function century(short: string): string {
  return (Number(short) >= 69 ? '19' : '20') + short;
}
