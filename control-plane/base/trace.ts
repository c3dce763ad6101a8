import { AsyncLocalStorage } from 'node:async_hooks';

/** What one request has cost so far, in milliseconds by part. Filled where the work is done, told in the log and the reply. */
export interface Trace {
  /** Finding out who asks. */
  auth: number;
  /** Turning the request into SQL. */
  plan: number;
  /** Waiting for a connection. */
  wait: number;
  /** Connections held: the statements and what lies between those of one transaction. */
  database: number;
  /** Statements sent, those that only enter or ask for a right not counted. */
  statements: number;
  /** Name of the last of them: a hash of its text, the same in every process. */
  statement?: string;
  /** How often work was done again because of others. */
  retries: number;
}

const storage = new AsyncLocalStorage<Trace | undefined>();

export function createTrace(): Trace {
  return { auth: 0, plan: 0, wait: 0, database: 0, statements: 0, retries: 0 };
}

/** Does work on account of a trace. */
export function traced<T>(trace: Trace, work: () => T): T {
  return storage.run(trace, work);
}

/** Does work that is nobody's request, though one has set it off. */
export function untraced<T>(work: () => T): T {
  return storage.run(undefined, work);
}

/** The trace on whose account this runs, if any. */
export function currentTrace(): Trace | undefined {
  return storage.getStore();
}

type Part = 'auth' | 'plan' | 'wait' | 'database';

/** Adds the milliseconds since `began` to a part of the request. */
export function spent(part: Part, began: number): void {
  const trace = storage.getStore();
  if (trace) trace[part] += performance.now() - began;
}

/** Does work on account of a part of the request. For work without waits: what it waits for is another part. */
export function timed<T>(part: Part, work: () => T): T {
  const began = performance.now();
  try {
    return work();
  } finally {
    spent(part, began);
  }
}
