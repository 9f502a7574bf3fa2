// Which way a language runs, and how an element is told its language.

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

/** For a `lang` attribute: one that no browser understands is worse than none. */
export function tag(lang: string): string {
  return lang === "auto" || lang === "und" ? "" : lang;
}

/** Tells browsers and screen readers the language of an element's text, and sets its direction. */
export function setLanguage(element: HTMLElement, lang: string): void {
  element.lang = tag(lang);
  element.dir = direction(lang);
}
