// Where one is in the archive, as its address says; which file of sound a moment is in; and how a moment is written.
import type { Sound } from "./archive-wire.ts";

export interface Place {
  event?: number | undefined;
  /** Seconds on the timeline of the event. */
  moment?: number | undefined;
  words?: string | undefined;
  lang?: string | undefined;
  speaker?: string | undefined;
}

export function readPlace(query: URLSearchParams): Place {
  const number = (name: string): number | undefined => {
    const value = Number(query.get(name) ?? "");
    return query.get(name) && Number.isFinite(value) && value >= 0 ? value : undefined;
  };
  const text = (name: string): string | undefined => query.get(name) || undefined;
  return { event: number("event"), moment: number("t"), words: text("words"), lang: text("lang"), speaker: text("speaker") };
}

export function writePlace({ event, moment, words, lang, speaker }: Place): string {
  const query = new URLSearchParams();
  if (event !== undefined) query.set("event", String(event));
  if (moment !== undefined) query.set("t", String(Math.round(moment * 1000) / 1000));
  if (words) query.set("words", words);
  if (lang) query.set("lang", lang);
  if (speaker) query.set("speaker", speaker);
  const written = query.toString();
  return written === "" ? "" : `?${written}`;
}

/** The newest file of that track which has begun by then: after a restart there is another. */
export function soundAt(sounds: readonly Sound[], track: string | undefined, moment: number): { path: string; second: number } | undefined {
  const fits = sounds.filter((it) => it.path !== null && it.start <= moment && (track === undefined || it.tracks.includes(track)));
  const last = fits.reduce<Sound | undefined>((best, it) => (best && best.start > it.start ? best : it), undefined);
  return last?.path ? { path: last.path, second: moment - last.start } : undefined;
}

/** `1:02:03`, or `2:03` within the first hour. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (it: number): string => String(it).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
