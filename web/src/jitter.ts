// Waits that are not the same for any two pages: a server that comes back would else have all of them at the same moment.

/** From `ms` to half as much again, so that nobody comes before the time that a server named. `chance`: from 0 to 1. */
export function jitter(ms: number, chance: number): number {
  return Math.round(ms * (1 + chance / 2));
}
