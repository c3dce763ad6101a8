const disjunction = new Intl.ListFormat('en-GB', { type: 'disjunction' });

/** `a, b or c`: the words that a message offers. */
export function alternatives(words: readonly string[]): string {
  return disjunction.format(words);
}
