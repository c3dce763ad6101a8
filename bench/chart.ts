/** One group of bars, drawn under its title; the longest bar fills the width. */
export interface BarGroup {
  readonly title: string;
  readonly bars: readonly {
    readonly name: string;
    readonly value: number;
    /** Stands behind the bar. */
    readonly label: string;
    /** Ours are told apart by colour. */
    readonly ours: boolean;
  }[];
}

const width = 900;
const nameWidth = 250;
const labelWidth = 170;
const bar = 18;
const gap = 6;
const head = 44;

/** Bars side by side as an SVG picture that needs nothing else. */
export function barChart(title: string, groups: readonly BarGroup[]): string {
  const parts: string[] = [text(16, 28, title, 'font-size="16" font-weight="bold"')];
  let y = 44;
  for (const group of groups) {
    parts.push(text(16, y + 20, group.title, 'font-size="14" font-weight="bold"'));
    y += head - gap;
    const most = Math.max(...group.bars.map(({ value }) => value), Number.MIN_VALUE);
    for (const { name, value, label, ours } of group.bars) {
      const length = Math.max(1, ((width - nameWidth - labelWidth) * value) / most);
      const middle = y + bar - 5;
      parts.push(
        text(nameWidth - 8, middle, name, 'text-anchor="end"'),
        `<rect x="${nameWidth}" y="${y}" width="${length.toFixed(1)}" height="${bar}" fill="${ours ? '#2563eb' : '#9ca3af'}"/>`,
        text(nameWidth + length + 8, middle, label),
      );
      y += bar + gap;
    }
  }
  const height = y + 16;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

function text(x: number, y: number, content: string, attributes = ''): string {
  const escaped = content.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
  const place = `x="${x.toFixed(1)}" y="${y}" fill="#111827"`;
  return `<text ${[place, attributes].filter(Boolean).join(' ')}>${escaped}</text>`;
}
