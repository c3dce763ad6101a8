/** Whether Postgres can hold a text: it has neither U+0000 nor halves of surrogate pairs. */
export function isStorableText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}
