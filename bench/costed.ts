import { familyTime, processorTime } from './cpu.ts';
import { type Load, load } from './load.ts';

/** A server under load, and what it has cost per request: of the server's processor time and of Postgres', in µs. */
export interface Target {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  /** Of the Postgres behind it, where it is ours. */
  readonly postmaster: number | undefined;
  readonly server: number[];
  readonly postgres: number[];
}

/** A round of load, with the processor time it took noted on the target; requests a second. */
export async function costed(target: Target, options: Omit<Load, 'url'>): Promise<number> {
  const { pid, postmaster } = target;
  const used = () => ({
    server: processorTime(pid) ?? Number.NaN,
    postgres: (postmaster === undefined ? undefined : familyTime(postmaster)) ?? Number.NaN,
  });
  const before = used();
  const rate = await load({ ...options, url: target.url });
  const after = used();
  const requests = rate * options.seconds;
  target.server.push((1000 * (after.server - before.server)) / requests);
  target.postgres.push((1000 * (after.postgres - before.postgres)) / requests);
  return rate;
}
