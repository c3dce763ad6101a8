/** What the layers below the edge report of their work; the edge turns it into metrics. Words are from short fixed lists. */
export interface Meter {
  /** How long somebody waited for a connection, in seconds. `share`: for a place among those of the tenant. */
  readonly waited: (pool: 'data' | 'ddl' | 'share', seconds: number) => void;
  /** A round trip of statements, in seconds. */
  readonly ran: (outcome: 'done' | 'failed', seconds: number) => void;
  /** So many statements of a round trip were known to their connection, or had to be parsed there. */
  readonly prepared: (how: 'reused' | 'parsed', count: number) => void;
  /** Work was done again: others held it up, or a definition overtook it. */
  readonly retried: (reason: 'collision' | 'definition') => void;
  /** Definitions of a tenant were at hand, were being read by another already, or were read. */
  readonly catalog: (result: 'hit' | 'joined' | 'read') => void;
  /** A statement of this kind was planned. */
  readonly planned: (kind: string) => void;
}

const nothing = (): void => undefined;

/** For commands and tests: nobody asks. */
export const noMeter: Meter = {
  waited: nothing,
  ran: nothing,
  prepared: nothing,
  retried: nothing,
  catalog: nothing,
  planned: nothing,
};
