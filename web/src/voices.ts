// Which name stands before which words, and which of the colours it has. Colour is never all that tells speakers apart.
import type { Segment } from "./caption-store.ts";
import type { Track } from "./wire.ts";

export const VOICES = 8;

/** The same for everybody and after each reload: by the place of the track where there are several, otherwise by the name. */
export function voiceOf({ speaker, track }: Pick<Segment, "speaker" | "track">, tracks: readonly Track[]): number {
  const place = tracks.length > 1 ? tracks.findIndex((it) => it.name === track) : -1;
  const hash = (name: string): number => [...name].reduce((sum, it) => (sum * 31 + it.codePointAt(0)!) % 65_521, 0);
  return (place < 0 ? hash(speaker ?? "") : place) % VOICES;
}

/**
 * The name before a row: of who speaks at each change of speaker, of its track where nobody is named and there are several.
 * `before`: the row above. `shown`: the name that stood there so far; once it is there it stays, so that words do not move.
 */
export function nameBefore(row: Segment, before: Segment | undefined, tracks: readonly Track[], shown?: { name: string | undefined }): string | undefined {
  const { speaker } = row;
  if (speaker === undefined) return tracks.length > 1 || before?.speaker !== undefined ? row.track : undefined;
  // The row above may have been removed: then nobody else has spoken in between.
  if (before === undefined && shown !== undefined) return shown.name === undefined ? undefined : speaker;
  return before?.speaker !== speaker || shown?.name !== undefined ? speaker : undefined;
}
