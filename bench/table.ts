/** A table of results: the first column names what was measured. */
export interface ResultTable {
  readonly title: string;
  readonly headers: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Aligned Markdown, so that what the terminal shows can stand in README.md as it is. */
export function printed({ title, headers, rows }: ResultTable): string {
  const widths = headers.map((header, column) =>
    Math.max(header.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${widths
      .map((width, column) => {
        const cell = cells[column] ?? '';
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join(' | ')} |`;
  const rule = `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [`${title}`, '', line(headers), rule, ...rows.map(line)].join('\n');
}

/** A figure with three significant digits, and thousands kept whole. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

/** A ratio as people read it. */
export function times(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const text =
    value >= 100
      ? String(Math.round(value))
      : value >= 0.1
        ? value.toFixed(2)
        : String(Number(value.toPrecision(2)));
  return `${text}×`;
}
