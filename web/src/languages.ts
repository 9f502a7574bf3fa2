// Languages: what they are called, which way they run, and which there are.
import type { Track } from "./wire.ts";

/** By their codes in ISO 15924. */
const RIGHT_TO_LEFT = new Set(["Adlm", "Arab", "Armi", "Hebr", "Mand", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa"]);

/**
 * The direction of a text by its language. By the first letter (`auto`) it would turn around when a sentence begins with a
 * foreign name; so that is left to languages that nobody has named.
 */
export function direction(lang: string): "ltr" | "rtl" | "auto" {
  if (tag(lang) === "") return "auto";
  try {
    // `maximize` adds the script that the language is usually written in.
    const { script } = new Intl.Locale(lang.replaceAll("_", "-")).maximize();
    return RIGHT_TO_LEFT.has(script ?? "") ? "rtl" : "ltr";
  } catch {
    return "ltr";
  }
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

/** Tells browsers and screen readers the language of an element's text, and sets its direction. */
export function setLanguage(element: HTMLElement, lang: string): void {
  element.lang = tag(lang);
  element.dir = direction(lang);
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
