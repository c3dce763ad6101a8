import cluster from 'node:cluster';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Meter } from '../base/meter.ts';
import type { Endpoint } from './exchange.ts';

export interface PoolState {
  readonly total: number;
  readonly idle: number;
  readonly waiting: number;
}

export interface Metrics {
  readonly observe: (
    labels: { dialect: string; route: string; method: string; status: number },
    seconds: number,
  ) => void;
  /** Where the layers below report. */
  readonly meter: Meter;
  /** Whose connections are shown. */
  readonly watch: (pools: Readonly<Record<string, () => PoolState>>) => void;
  /** Requests that have begun and not ended: one more, or one less. */
  readonly inFlight: (change: 1 | -1) => void;
  readonly endpoint: Endpoint;
  readonly close: () => void;
}

/** Requests: from a point read to the longest that a statement may take by itself. */
const requestBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 30];
/** Round trips and waits: most are below a millisecond. */
const fineBuckets = [0.0002, 0.0005, ...requestBuckets.slice(0, -1)];

/**
 * Prometheus metrics of one server. Labels are words of fixed lists and route patterns, never values of a request: their number is
 * bounded, whatever tenants there are and whatever is sent.
 */
export function createMetrics(): Metrics {
  const registry = new Registry();
  // A scrape meets one of several workers, and tells which.
  if (cluster.worker) registry.setDefaultLabels({ worker: String(cluster.worker.id) });
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'rowhouse_http_request_duration_seconds',
    help: 'Time from the first line of a request to the end of its reply',
    labelNames: ['dialect', 'route', 'method', 'status'],
    buckets: requestBuckets,
    registers: [registry],
  });
  const inFlight = new Gauge({
    name: 'rowhouse_http_requests_in_flight',
    help: 'Requests that have begun and not ended',
    registers: [registry],
  });
  let pools: Readonly<Record<string, () => PoolState>> = {};
  new Gauge({
    name: 'rowhouse_pool_connections',
    help: 'Database connections by pool and state; waiting counts requests, not connections',
    labelNames: ['pool', 'state'],
    registers: [registry],
    collect() {
      for (const [pool, read] of Object.entries(pools)) {
        for (const [state, value] of Object.entries(read())) this.set({ pool, state }, value);
      }
    },
  });
  return {
    observe: (labels, seconds) => requests.observe(labels, seconds),
    meter: createMeter(registry),
    watch: (watched) => {
      pools = watched;
    },
    inFlight: (change) => inFlight.inc(change),
    endpoint: {
      method: 'GET',
      path: '/metrics',
      handle: async () => ({
        status: 200,
        headers: { 'content-type': registry.contentType },
        body: await registry.metrics(),
      }),
    },
    close: () => registry.clear(),
  };
}

function createMeter(registry: Registry): Meter {
  const registers = [registry];
  const waits = new Histogram({
    name: 'rowhouse_pool_wait_seconds',
    help: 'Time until a connection was lent; share: until a tenant that held its share got a place',
    labelNames: ['pool'],
    buckets: fineBuckets,
    registers,
  });
  const trips = new Histogram({
    name: 'rowhouse_statement_duration_seconds',
    help: 'Round trips of statements to Postgres',
    labelNames: ['outcome'],
    buckets: fineBuckets,
    registers,
  });
  const prepared = new Counter({
    name: 'rowhouse_prepared_statements_total',
    help: 'Statements sent that their connection knew, and those it had to parse',
    labelNames: ['how'],
    registers,
  });
  const retries = new Counter({
    name: 'rowhouse_retries_total',
    help: 'Work done again: after a collision with others, or because a definition overtook it',
    labelNames: ['reason'],
    registers,
  });
  const catalogs = new Counter({
    name: 'rowhouse_catalog_lookups_total',
    help: 'Definitions of a tenant asked for: at hand, being read by another, read',
    labelNames: ['result'],
    registers,
  });
  const plans = new Counter({
    name: 'rowhouse_plans_total',
    help: 'Statements planned, by kind',
    labelNames: ['kind'],
    registers,
  });
  return {
    waited: (pool, seconds) => waits.observe({ pool }, seconds),
    ran: (outcome, seconds) => trips.observe({ outcome }, seconds),
    prepared: (how, count) => prepared.inc({ how }, count),
    retried: (reason) => retries.inc({ reason }),
    catalog: (result) => catalogs.inc({ result }),
    planned: (kind) => plans.inc({ kind }),
  };
}
