// Which rows are shown. What is missing is reported once at each place, and not before anything was said.
import type { GapRow, Row } from "./caption-store.ts";

export interface Filter {
  /** None named: all. */
  tracks: readonly string[];
  /** Who is shown; none named: all, and those without a name. */
  speakers: readonly string[];
  /** Whether gaps are shown. */
  gaps: boolean;
}

/** The rows that are wanted. Gaps that follow each other for the same reason are merged; those before the first words are left out. */
export function rowsToShow(rows: readonly Row[], filter: Filter): Row[] {
  const { gaps } = filter;
  const all: Row[] = [];
  let hasWords = false;
  for (const row of rows) {
    if (!isWanted(row, filter)) continue;
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

/** Whether a row is of a wanted track and speaker. Marks, and gaps without a track, belong to all; other gaps to no speaker. */
export function isWanted(row: Row, { tracks, speakers }: Omit<Filter, "gaps">): boolean {
  if (speakers.length > 0 && row.is !== "mark" && row.track !== null && !(row.is === "segment" && speakers.includes(row.speaker ?? ""))) return false;
  if (tracks.length === 0 || row.is === "mark" || row.track === null) return true;
  return tracks.includes(row.track);
}

function both(a: GapRow, b: GapRow): GapRow {
  const seconds = a.seconds === null || b.seconds === null ? null : a.seconds + b.seconds;
  return { ...a, seconds, version: a.version + b.version };
}
