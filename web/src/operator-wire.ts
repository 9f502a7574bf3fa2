// The answers of the operator's API, as in docs/protocol.md under HTTP.

export interface Stage {
  name: string;
  state: string;
  why?: string;
  restarts?: number;
  counts?: Record<string, number>;
}

export interface Edge {
  from: string;
  to: string;
  depth: number;
  high_water: number;
  /** Room in items; 0 where it is `holds_ms`. */
  size: number;
  holds_ms?: number;
  held_ms: number;
  waited_ms: number;
  taken: number;
  dropped: number;
  coalesced: number;
}

export interface Work {
  stage: string;
  handled: number;
  given_up: number;
  busy_ms: number;
}

export interface Percentiles {
  p50: number;
  p95: number;
  p99: number;
}

export interface Latency extends Percentiles {
  stage: string;
  track: string;
  lang?: string;
  n: number;
  wait?: Percentiles;
  service?: Percentiles;
}

/** `api/state` with the right to inspect. */
export interface State {
  lag_ms: number | null;
  paused: boolean;
  level_db: number | null;
  stages: Stage[];
  stream: string;
  /** Of this process. */
  server: string;
  now: number;
  may_operate: boolean;
  /** There is an archive, and this page may read it. */
  may_read_archive: boolean;
  edges: Edge[];
  work: Work[];
  levels: { source: string; level_db: number | null }[];
  latency: Latency[];
  viewers: number;
  log: { first: number; next: number; ended: boolean };
  /** Of a server that delivers the captions of another one's pipeline. */
  node?: { writer: string | null; connected: boolean };
}

export interface Graph {
  name: string;
  /** `implied`: it stands in no file. */
  stages: { name: string; kind: string; implied?: boolean }[];
  edges: { from: string; to: string; carries: string; room: string; when_full: string }[];
}

export interface LogLine {
  n: number;
  at: number;
  level: string;
  text: string;
}

/** Whether it has the details: without the right to inspect it is the public part alone. */
export function isWhole(state: unknown): state is State {
  return typeof state === "object" && state !== null && "edges" in state && "stream" in state;
}

/** Identifies an edge. */
export function edgeKey(edge: { from: string; to: string }): string {
  return JSON.stringify([edge.from, edge.to]);
}
