/** Runs `work` over the members, a few at a time: enough to keep the server busy, not to fill its pool. */
export async function inParallel<T>(
  members: readonly T[],
  work: (member: T, at: number) => Promise<void>,
  width = 6,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let at = next++; at < members.length; at = next++) {
      await work(members[at] as T, at);
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
}
