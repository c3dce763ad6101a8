/**
 * English full text, only as far as it is exact for the words the corpus uses: words are letters and digits, stop words fall out, and
 * the stems of the few inflected words are written down. Imports nothing of the product.
 */
const stopWords = new Set(['the', 'a', 'and', 'of', 'here', 'both', 's', 't']);

/** From the Snowball English stemmer's published vocabulary. */
const stems: Readonly<Record<string, string>> = {
  dogs: 'dog',
  foxes: 'fox',
  hounds: 'hound',
  running: 'run',
  runs: 'run',
  lazy: 'lazi',
  nothing: 'noth',
  sons: 'son',
};

function words(text: string): string[] {
  return (text.toLowerCase().match(/[a-z0-9]+/g) ?? [])
    .filter((word) => !stopWords.has(word))
    .map((word) => stems[word] ?? word);
}

/** Whether a text matches a query: all words, or any. A query without words matches nothing. */
export function searches(text: string, query: string, mode: 'and' | 'or'): boolean {
  const own = new Set(words(text));
  const wanted = words(query);
  if (wanted.length === 0) return false;
  return mode === 'and'
    ? wanted.every((word) => own.has(word))
    : wanted.some((word) => own.has(word));
}
