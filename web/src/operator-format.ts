// How numbers are written for an operator, and rates from two readings.
import type { Edge, Stage, State, Work } from "./operator-wire.ts";

/** `870 ms`, `2.4 s`, `3 min 5 s`, `2 h 3 min`. */
export function duration(ms: number): string {
  if (ms < 9.95) return `${trimmed(ms)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${trimmed(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** `950`, `12.3k`, `4.6M`: of counts that only grow. */
export function count(value: number): string {
  if (value < 10_000) return String(value);
  return value < 1_000_000 ? `${trimmed(value / 1000)}k` : `${trimmed(value / 1_000_000)}M`;
}

/** `-23 dB`; digital silence has no loudness. */
export function level(db: number | null): string {
  if (db === null) return "no sound";
  return db <= -120 ? "digital silence" : `${String(db).replace("-", "−")} dB`;
}

/** What waits on an edge, of how much room: `3 of 64`, `0.4 of 2 s`. */
export function depth(edge: Edge): string {
  if (edge.holds_ms === undefined) return `${edge.depth} of ${edge.size}`;
  return `${trimmed(edge.held_ms / 1000)} of ${trimmed(edge.holds_ms / 1000)} s`;
}

/** How full an edge is, from 0 to 1. */
export function fullness(edge: Edge): number {
  const share = edge.holds_ms === undefined ? edge.depth / edge.size : edge.held_ms / edge.holds_ms;
  return Number.isFinite(share) ? Math.min(1, share) : 0;
}

/** What was dropped or replaced on an edge so far; empty: nothing. */
export function losses(edge: Edge): string {
  const parts = [
    edge.dropped > 0 ? `${count(edge.dropped)} dropped` : "",
    edge.coalesced > 0 ? `${count(edge.coalesced)} replaced` : "",
  ];
  return parts.filter(Boolean).join(", ");
}

/** Items a second and the share of the time at work between two readings of a stage; undefined before there are two. */
export function rate(before: Reading<Work> | undefined, now: Reading<Work>): { perSecond: number; busy: number } | undefined {
  const ms = before === undefined ? 0 : now.at - before.at;
  // Counts that went down are of another run.
  if (before === undefined || ms <= 0 || now.value.handled < before.value.handled) return undefined;
  const busy = (now.value.busy_ms - before.value.busy_ms) / ms;
  return { perSecond: ((now.value.handled - before.value.handled) / ms) * 1000, busy: Math.max(0, Math.min(1, busy)) };
}

export interface Reading<T> {
  /** The server's time in ms. */
  at: number;
  value: T;
}

/** `3 restarts`; empty without. */
export function restarts(stage: Stage): string {
  const many = stage.restarts ?? 0;
  return many === 0 ? "" : many === 1 ? "1 restart" : `${count(many)} restarts`;
}

/** What an operator should look at first: stages that do not run. */
export function troubles(state: State): string[] {
  const bad = state.stages.filter((it) => ["starting", "waiting", "degraded", "restarting", "failed"].includes(it.state) || (it.state === "ended" && it.why !== undefined));
  const cut = state.node?.connected === false ? ["Redis does not answer: what the pipeline does is shown as it was last heard"] : [];
  return [...cut, ...bad.map((it) => `${it.name} ${it.state}${it.why === undefined ? "" : `: ${it.why}`}`)];
}

/** Where the pipeline of a node runs. */
export function writerName(node: NonNullable<State["node"]>): string {
  return node.writer === null ? "that of a server that it has not heard of yet" : `that of ${node.writer}`;
}

/** The track, and the language, of a row of latencies. */
export function path(row: { track: string; lang?: string }): string {
  return row.lang === undefined ? row.track : `${row.track} → ${row.lang}`;
}

/** With one decimal place, unless that is 0. */
function trimmed(value: number): string {
  return value.toFixed(1).replace(/\.0$/, "");
}
