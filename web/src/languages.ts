// Languages: what they are called, and which there are to read in.
import { tag } from "./direction.ts";
import { t } from "./texts.ts";
import type { Track } from "./wire.ts";

/** A language in its own words; its code where the browser does not know it. */
export function nameOf(lang: string): string {
  if (tag(lang) === "") return t("page.spoken");
  try {
    return new Intl.DisplayNames([lang], { type: "language" }).of(lang) ?? lang;
  } catch {
    return lang;
  }
}

/** The best of the languages that are there: the one that is wanted, else one that differs in its region alone: `de` for `de-AT`. */
export function nearest(wanted: string, there: readonly string[]): string | undefined {
  const withoutRegion = (lang: string): string => lang.toLowerCase().split(/[-_]/).filter((it, at) => at === 0 || it.length === 4).join("-");
  // The region of Chinese tells its script.
  const isNear = (it: string): boolean => withoutRegion(it) === withoutRegion(wanted) && !/^zh\b/i.test(wanted);
  return there.find((it) => it === wanted) ?? there.find((it) => it.toLowerCase() === wanted.toLowerCase()) ?? there.find(isNear);
}

/** Every language that something is translated to, each once. */
export function languages(tracks: readonly Track[]): string[] {
  return [...new Set(tracks.flatMap((it) => it.langs))].sort();
}

/** Every language that something can be read in. */
export function readable(tracks: readonly Track[]): string[] {
  return [...new Set(tracks.flatMap((it) => [...it.langs, it.lang]))];
}

/** The language to read in for who has chosen `wanted`; empty: the original. */
export function readIn(wanted: string, tracks: readonly Track[]): string | undefined {
  return wanted === "" ? undefined : (nearest(wanted, readable(tracks)) ?? wanted);
}

/** `lang`, where nothing can be read in it. Before a pipeline has named its tracks nobody knows. */
export function unread(lang: string | undefined, tracks: readonly Track[]): string | undefined {
  return tracks.length === 0 || lang === undefined || readable(tracks).includes(lang) ? undefined : lang;
}
