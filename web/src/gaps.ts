// Which rows are shown, and how what is missing is told: once at each place, and not before anything was said.
import type { Hole, Row } from "./caption-store.ts";

export interface Wanted {
  /** None named: all. */
  tracks: readonly string[];
  /** Whether it is told where something is missing. */
  gaps: boolean;
}

/** The rows that are wanted. Gaps that follow each other for the same reason are one; before the first words of all there is nothing to miss. */
export function rowsToShow(rows: readonly Row[], { tracks, gaps }: Wanted): Row[] {
  const all: Row[] = [];
  let hasWords = false;
  for (const row of rows) {
    if (!isWanted(row, tracks)) continue;
    hasWords ||= row.is === "segment";
    if (row.is !== "gap") {
      all.push(row);
      continue;
    }
    if (row.why !== "history" && !(gaps && hasWords)) continue;
    const before = all[all.length - 1];
    if (before?.is === "gap" && before.why === row.why && before.track === row.track) all[all.length - 1] = both(before, row);
    else all.push(row);
  }
  return all;
}

/** Gaps of what nobody reads here are left out; marks and what is of no track stand for all. */
export function isWanted(row: Row, tracks: readonly string[]): boolean {
  if (tracks.length === 0 || row.is === "mark" || row.track === null) return true;
  return tracks.includes(row.track);
}

function both(a: Hole, b: Hole): Hole {
  const seconds = a.seconds === null || b.seconds === null ? null : a.seconds + b.seconds;
  return { ...a, seconds, version: a.version + b.version };
}
