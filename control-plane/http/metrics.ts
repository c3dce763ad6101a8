import cluster from 'node:cluster';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
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
  readonly endpoint: Endpoint;
  readonly close: () => void;
}

/** Prometheus metrics of one server. Labels are route patterns and dialect names, never values of a request: their number is bounded. */
export function createMetrics(pools: Readonly<Record<string, () => PoolState>>): Metrics {
  const registry = new Registry();
  // A scrape meets one of several workers, and tells which.
  if (cluster.worker) registry.setDefaultLabels({ worker: String(cluster.worker.id) });
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'rowhouse_http_request_duration_seconds',
    help: 'Time from the first line of a request to the end of its reply',
    labelNames: ['dialect', 'route', 'method', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
    registers: [registry],
  });
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
