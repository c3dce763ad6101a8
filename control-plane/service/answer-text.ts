/** The text of an answer from elsewhere; undefined: it is longer than `most` bytes, and no more of it was taken in. */
export async function answerText(response: Response, most: number): Promise<string | undefined> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > most) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts, size).toString('utf8');
}
