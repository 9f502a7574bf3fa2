// Whether a microphone is silent, for operators: readers are not told.

/** In dB of full scale: below any voice, and below the noise of a microphone that is on. */
export const SILENT_DB = -70;
/** In a quiet room a good microphone may be below that between two sentences. */
export const SILENT_MS = 5_000;

/** Since when it has been silent, after one more state that came at `now`; both in ms. */
export function silentSince(level: number | null | undefined, before: number | undefined, now: number): number | undefined {
  return typeof level === "number" && level < SILENT_DB ? (before ?? now) : undefined;
}

/** What an operator is told of a silence that began at `since`. */
export function silenceTold(since: number | undefined, now: number): string | undefined {
  const isLong = since !== undefined && now - since >= SILENT_MS;
  return isLong ? "No sound comes from the microphone. Is it switched on, and the right one?" : undefined;
}
