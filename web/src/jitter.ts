// Random additions to waits: otherwise all pages would reconnect to a restarted server at the same moment.

/** From `ms` to 1.5 times that: never earlier than the server asked for. `chance`: from 0 to 1. */
export function jitter(ms: number, chance: number): number {
  return Math.round(ms * (1 + chance / 2));
}
