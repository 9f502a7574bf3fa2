// Languages: what they are called, and which way they run.

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
