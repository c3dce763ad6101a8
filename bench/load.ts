import autocannon from 'autocannon';

/** A request as the load generator repeats it. */
export interface Sent {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Drive {
  readonly url: string;
  readonly token: string;
  /** Sent one after the other, over and over, by each connection. */
  readonly requests: readonly Sent[];
  readonly connections: number;
  readonly seconds: number;
}

/** What came of a round of load. */
export interface Driven {
  readonly rate: number;
  readonly requests: number;
  /** Milliseconds that half of the requests, and 99 of 100, took at most. */
  readonly p50: number;
  readonly p99: number;
}

export interface Load extends Omit<Drive, 'requests'> {
  readonly method?: 'GET' | 'POST';
  readonly paths: readonly string[];
  readonly body?: string;
}

/** Requests a second; refuses to count when any answer is not 200. */
export async function load({ method = 'GET', paths, body, ...rest }: Load): Promise<number> {
  const requests = paths.map((path) => ({ method, path, ...(body === undefined ? {} : { body }) }));
  return (await drive({ ...rest, requests })).rate;
}

/** A round of load; refuses to count when any answer is not of the 200s. */
export async function drive({ url, token, requests, ...rest }: Drive): Promise<Driven> {
  const taken: number[] = [];
  const options = {
    url,
    connections: rest.connections,
    duration: rest.seconds,
    requests: requests.map(({ body, headers, ...request }) => ({
      ...request,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    })),
  };
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const instance = autocannon(options, (error, found) => {
      if (error) reject(error as Error);
      else resolve(found);
    });
    // Its own histogram counts whole milliseconds.
    instance.on('response', (_client, _status, _bytes, ms) => taken.push(ms));
  });
  const bad = result.non2xx + result.errors + result.timeouts;
  if (bad > 0) {
    throw new Error(`${bad} of ${result.requests.total} answers of ${url} were failures`);
  }
  taken.sort((a, b) => a - b);
  return {
    rate: result.requests.total / result.duration,
    requests: result.requests.total,
    p50: quantile(taken, 0.5),
    p99: quantile(taken, 0.99),
  };
}

/** Of values in order. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
