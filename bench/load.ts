import autocannon from 'autocannon';

export interface Load {
  readonly url: string;
  readonly token: string;
  readonly method?: 'GET' | 'POST';
  /** Sent one after the other, over and over, by each connection. */
  readonly paths: readonly string[];
  readonly body?: string;
  readonly connections: number;
  readonly seconds: number;
}

/** Requests a second; refuses to count when any answer is not 200. */
export async function load(options: Load): Promise<number> {
  const { method = 'GET', body } = options;
  const result = await autocannon({
    url: options.url,
    connections: options.connections,
    duration: options.seconds,
    method,
    headers: {
      authorization: `Bearer ${options.token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body }),
    requests: options.paths.map((path) => ({ method, path })),
  });
  const bad = result.non2xx + result.errors + result.timeouts;
  if (bad > 0) {
    throw new Error(`${bad} of ${result.requests.total} answers of ${options.url} were failures`);
  }
  return result.requests.total / result.duration;
}
