// Languages: what they are called, which way they run, and which there are.
import type { Track } from "./wire.ts";

/** Written from right to left, whatever script may be named with them. */
const FROM_THE_RIGHT = new Set(["ar", "arc", "ckb", "dv", "fa", "he", "iw", "khw", "ks", "lrc", "mzn", "nqo", "pnb", "prs", "ps", "sd", "syr", "ug", "ur", "yi", "ji"]);
const SCRIPTS_FROM_THE_RIGHT = new Set(["adlm", "arab", "hebr", "mand", "nkoo", "rohg", "samr", "syrc", "thaa"]);

/**
 * The direction of a text by its language. By the first letter (`auto`) it would turn around when a sentence begins with a
 * foreign name; so that is left to languages that nobody has named.
 */
export function direction(lang: string): "ltr" | "rtl" | "auto" {
  const [first = "", ...rest] = lang.toLowerCase().split(/[-_]/);
  if (first === "" || first === "auto" || first === "und") return "auto";
  const script = rest.find((it) => /^[a-z]{4}$/.test(it));
  if (script !== undefined) return SCRIPTS_FROM_THE_RIGHT.has(script) ? "rtl" : "ltr";
  return FROM_THE_RIGHT.has(first) ? "rtl" : "ltr";
}

/** A language in its own words; its code where the browser does not know it. */
export function nameOf(lang: string): string {
  if (tag(lang) === "") return "as spoken";
  try {
    return new Intl.DisplayNames([lang], { type: "language" }).of(lang) ?? lang;
  } catch {
    return lang;
  }
}

/** For a `lang` attribute: one that no browser understands is worse than none. */
export function tag(lang: string): string {
  return lang === "auto" || lang === "und" ? "" : lang;
}

/** What there is for who wants this language: itself, else another region's: `de` for `de-AT`. */
export function nearest(wanted: string, there: readonly string[]): string | undefined {
  const without = (lang: string): string => lang.toLowerCase().split(/[-_]/).filter((it, at) => at === 0 || it.length === 4).join("-");
  // The region of Chinese tells its script.
  const near = (it: string): boolean => without(it) === without(wanted) && !/^zh\b/i.test(wanted);
  return there.find((it) => it === wanted) ?? there.find((it) => it.toLowerCase() === wanted.toLowerCase()) ?? there.find(near);
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
