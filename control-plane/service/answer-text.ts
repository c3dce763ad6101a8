/** The text of an answer from elsewhere, of which no more is taken in than `most` bytes. @throws Error when it is longer */
export async function answerText(response: Response, most: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > most) throw new Error(`the answer is longer than ${most} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts, size).toString('utf8');
}
