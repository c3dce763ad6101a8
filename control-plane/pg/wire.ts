/**
 * A value in the text form that Postgres' input functions read: everything travels as text, the cast in the statement says the type.
 * Objects become JSON; arrays become array literals, so JSON arrays are bound as text already.
 */
export function wireText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return arrayLiteral(value);
  if (typeof value === 'object') return JSON.stringify(value);
  return String(value);
}

function arrayLiteral(values: readonly unknown[]): string {
  const items = values.map((value) => {
    const text = wireText(value);
    if (text === null) return 'NULL';
    return Array.isArray(value) ? text : `"${text.replace(/[\\"]/g, '\\$&')}"`;
  });
  return `{${items.join(',')}}`;
}
