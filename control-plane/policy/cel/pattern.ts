import { CelFault } from './fault.ts';

/**
 * A regular expression that means the same to RE2 and to Postgres, spelt for Postgres: classes written out, so that no locale has a say,
 * and no construct in which the two differ. @throws CelFault for everything else
 */
export function pattern(text: string, position: number): string {
  const reader = new PatternReader(text, position);
  return reader.read();
}

const classes: Readonly<Record<string, string>> = {
  d: '0-9',
  w: '0-9A-Za-z_',
  s: '\\t\\n\\f\\r ',
};

const controls: Readonly<Record<string, string>> = { t: '\\t', n: '\\n', r: '\\r', f: '\\f' };

class PatternReader {
  readonly #text: string;
  readonly #position: number;
  #at = 0;
  #depth = 0;
  /** How large the part being read grows once its repetitions are written out. */
  #weight = 0;

  constructor(text: string, position: number) {
    this.#text = text;
    this.#position = position;
  }

  read(): string {
    if (this.#text.length > 500) this.#refuse('a pattern of more than 500 characters');
    const spelt = this.#alternatives();
    if (this.#at < this.#text.length) this.#refuse("')' without '('");
    // ***: what follows is an advanced regular expression whatever it begins with.
    return `***:${spelt}`;
  }

  #alternatives(): string {
    let spelt = this.#sequence();
    while (this.#take('|')) spelt += `|${this.#sequence()}`;
    return spelt;
  }

  #sequence(): string {
    let spelt = '';
    while (this.#at < this.#text.length && !'|)'.includes(this.#peek())) spelt += this.#piece();
    return spelt === '' ? '(?:)' : spelt;
  }

  #piece(): string {
    const start = this.#peek();
    if ('*+?{'.includes(start)) this.#refuse(`'${start}' with nothing to repeat`);
    if (this.#take('^')) return this.#unrepeated('^');
    if (this.#take('$')) return this.#unrepeated('$');
    const before = this.#weight;
    this.#weight = 0;
    const atom = this.#atom();
    const { sign, most } = this.#repeat();
    this.#weight = before + Math.max(this.#weight, 1) * most;
    if (this.#weight > 2000) this.#refuse('more repetitions than can be followed');
    return atom + sign;
  }

  #unrepeated(anchor: string): string {
    if ('*+?{'.includes(this.#peek() || ' ')) this.#refuse(`a repeated '${anchor}'`);
    return anchor;
  }

  /** Which match is found is nobody's question, only whether there is one: lazy and greedy are the same. */
  #repeat(): { readonly sign: string; readonly most: number } {
    const rest = this.#text.slice(this.#at);
    const [all, sign] = /^([*+?]|\{\d{1,3}(?:,\d{0,3})?\})\??/.exec(rest) ?? [];
    if (all === undefined || sign === undefined) {
      if (rest.startsWith('{')) this.#refuse("'{' that is no repetition");
      return { sign: '', most: 1 };
    }
    const [low = 0, high = low] = (sign.match(/\d+/g) ?? []).map(Number);
    if (low > 100 || high > 100 || high < low) this.#refuse('a repetition beyond 100');
    this.#at += all.length;
    if ('*+?{'.includes(this.#peek() || ' ')) this.#refuse('a repetition of a repetition');
    return { sign, most: Math.max(low, high, 1) };
  }

  #atom(): string {
    if (this.#take('(')) {
      if (this.#take('?') && !this.#take(':')) this.#refuse("a group of the form '(?…'");
      this.#depth += 1;
      if (this.#depth > 20) this.#refuse('groups nested deeper than 20');
      const inner = this.#alternatives();
      if (!this.#take(')')) this.#refuse("'(' without ')'");
      this.#depth -= 1;
      return `(?:${inner})`;
    }
    if (this.#take('[')) return this.#bracket();
    if (this.#take('.')) return '[^\\n]';
    if (this.#take('\\')) return this.#escape();
    return literally(this.#next());
  }

  #escape(): string {
    const name = this.#next();
    const lower = classes[name.toLowerCase()];
    if (lower !== undefined) return name in classes ? `[${lower}]` : `[^${lower}]`;
    return controls[name] ?? this.#quoted(name);
  }

  #bracket(): string {
    const negated = this.#take('^') ? '^' : '';
    let members = '';
    while (this.#peek() !== ']') {
      if (this.#at >= this.#text.length) this.#refuse("'[' without ']'");
      if (this.#text.startsWith('[', this.#at)) this.#refuse("'[' inside of '[…]'");
      const low = this.#member();
      if (low.length > 1 && !low.startsWith('\\')) {
        members += low;
        continue;
      }
      const range = this.#peek() === '-' && this.#text[this.#at + 1] !== ']';
      if (!range) {
        members += low;
        continue;
      }
      this.#take('-');
      const high = this.#member();
      const [from, to] = [codeOf(low), codeOf(high)];
      if (from === undefined || to === undefined || from > to) this.#refuse('a range of no kind');
      members += `${low}-${high}`;
    }
    this.#take(']');
    if (members === '') this.#refuse("an empty '[]'");
    return `[${negated}${members}]`;
  }

  #member(): string {
    if (!this.#take('\\')) {
      const plain = this.#next();
      return '\\-^[]'.includes(plain) ? `\\${plain}` : plain;
    }
    const name = this.#next();
    return classes[name] ?? controls[name] ?? this.#quoted(name);
  }

  #quoted(name: string): string {
    if (!/^[!-/:-@[-`{-~]$/.test(name)) this.#refuse(`'\\${name}'`);
    return `\\${name}`;
  }

  #peek(): string {
    return String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0).replace('\0', '');
  }

  #next(): string {
    if (this.#at >= this.#text.length) this.#refuse("a '\\' at the end");
    const next = this.#peek();
    this.#at += next.length;
    return next;
  }

  #take(wanted: string): boolean {
    if (!this.#text.startsWith(wanted, this.#at)) return false;
    this.#at += wanted.length;
    return true;
  }

  #refuse(what: string): never {
    throw new CelFault(`the pattern has ${what}, which is not served`, this.#position);
  }
}

function literally(character: string): string {
  return /[\\^$.[\]|()*+?{}]/.test(character) ? `\\${character}` : character;
}

function codeOf(member: string): number | undefined {
  if (member.startsWith('\\'))
    return /[tnrf]/.test(member[1] ?? '') ? undefined : member.codePointAt(1);
  return member.codePointAt(0);
}
