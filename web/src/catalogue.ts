// The texts of the pages in one language: which language is chosen, and how a text gets its values.
import english from "./texts/en.json";

/** A text, or one for each plural category that the language has. `{name}` stands for a value. */
export type Text = string | Partial<Record<Intl.LDMLPluralRule, string>>;
export type Key = keyof typeof english;
/** Another language's may be older than English's: what it lacks is in English. */
export type Catalogue = Partial<Record<Key, Text>>;
/** `count` chooses the plural category. Numbers are written as the language does. */
export type TextValues = Readonly<Record<string, string | number>>;

export const ENGLISH: Catalogue = english;

/** `locale`: of the numbers; it may name a region. */
export function format(lang: string, text: Text, values: TextValues = {}, locale = lang): string {
  const whole = typeof text === "string" ? text : (text[category(lang, values.count)] ?? text.other ?? "");
  return whole.replace(/\{(\w+)\}/g, (placeholder, name: string) => {
    const value = values[name];
    return typeof value === "number" ? new Intl.NumberFormat(locale).format(value) : (value ?? placeholder);
  });
}

function category(lang: string, count: string | number | undefined): Intl.LDMLPluralRule {
  return typeof count === "number" ? new Intl.PluralRules(lang).select(count) : "other";
}

/** The language among `there` that serves a reader of `lang`: the same, else the one without its region. */
export function serving(lang: string, there: readonly string[]): string | undefined {
  const wanted = lang.replaceAll("_", "-").toLowerCase();
  return there.find((it) => it.toLowerCase() === wanted) ?? there.find((it) => it.toLowerCase() === wanted.split("-")[0]);
}

/** `wanted`: chosen by the reader, empty: none. `preferred`: the browser's languages, in order. */
export function pageLanguage(wanted: string, preferred: readonly string[], there: readonly string[]): string {
  for (const it of [wanted, ...preferred]) {
    const found = it === "" ? undefined : serving(it, there);
    if (found !== undefined) return found;
  }
  return "en";
}

/** How numbers and times are written: in the page's language, with the reader's region where the browser names one. */
export function localeOf(lang: string, preferred: readonly string[]): string {
  return preferred.find((it) => it.toLowerCase().split("-")[0] === lang.split("-")[0]) ?? lang;
}
