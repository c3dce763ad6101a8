const form =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d):(\d\d(?:\.\d{1,9})?)(?:[Zz]|[+-](\d\d):(\d\d)))?$/;

/** An RFC 3339 time or a day (its midnight in UTC) as Postgres reads it; undefined when it is none. The same rule as rowhouse.sort_time. */
export function timeText(text: string): string | undefined {
  const match = form.exec(text);
  if (!match) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, hours = 0, minutes = 0] =
    match.slice(1).map((part) => (part === undefined ? 0 : Number(part)));
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second >= 60 || hours > 14 || minutes > 59) return undefined;
  return match[4] === undefined ? `${text}T00:00:00Z` : text.toUpperCase();
}

function daysOf(year: number, month: number): number {
  const last = new Date(Date.UTC(2000, month, 0));
  last.setUTCFullYear(year, month, 0);
  return last.getUTCDate();
}
