// The texts of the page in the reader's language: English is in the script, any other language is one small file.
import { ENGLISH, format, localeOf, pageLanguage, serving, type Catalogue, type Key, type TextValues } from "./catalogue.ts";
import { direction } from "./direction.ts";

export type { Key } from "./catalogue.ts";

/** The languages that there are texts in: the files of `texts/`, as build.mjs found them. */
declare const PAGE_LANGUAGES: readonly string[];
export const TEXT_LANGUAGES = PAGE_LANGUAGES;

/** The folder with those of this page. */
declare const PAGE_TEXTS: string;

/** For so long nothing is shown while the texts are on their way; then the page begins in English. */
const HIDDEN_MS = 1_500;

/** `undefined`: it is on its way, or did not come. */
const catalogues = new Map<string, Catalogue | undefined>([["en", ENGLISH]]);
const listeners: (() => void)[] = [];
let version = 0;
let wanted = "en";
let current = "en";
let isChosen = false;

/** The text of the page in its language. `count` among the values chooses the plural form. */
export function t(key: Key, values: TextValues = {}): string {
  return textIn(current, key, values);
}

function textIn(lang: string, key: Key, values: TextValues): string {
  const text = catalogues.get(lang)?.[key];
  return text === undefined ? format("en", ENGLISH[key] ?? key, values) : format(lang, text, values, localeOf(lang, preferred()));
}

/** The language that the page is in. */
export function textLanguage(): string {
  return current;
}

/** The page's language for numbers, times and lists, with the reader's region. */
export function locale(): string {
  return localeOf(current, preferred());
}

/** Names with what the language puts between them: `a, b and c`. */
export function listed(names: readonly string[]): string {
  return new Intl.ListFormat(locale(), { type: "conjunction" }).format(names);
}

/** Grows with each catalogue that arrives: what was written before may be in a language that did for want of it. */
export function textsVersion(): number {
  return version;
}

/** Calls `changed` whenever texts have arrived or the language has changed: what the script itself has written is to be written anew. */
export function onTexts(changed: () => void): void {
  listeners.push(changed);
}

/** Puts the page into the wanted language, or into the browser's where `lang` is empty. */
export function useTexts(lang: string): void {
  const isFirst = !isChosen;
  isChosen = true;
  wanted = pageLanguage(lang, preferred(), TEXT_LANGUAGES);
  if (wanted === current) return;
  if (catalogues.get(wanted)) return apply();
  // English that turns into something else would be read twice. Later on, what is hidden would lose the focus.
  if (isFirst) document.documentElement.dataset.texts = "awaited";
  window.setTimeout(unhide, HIDDEN_MS);
  void load(wanted).finally(unhide);
}

/** The text in the first of these languages that there are texts in; in English while its file is on its way, and if it does not come. */
export function textInOneOf(langs: readonly string[], key: Key, values: TextValues = {}): { text: string; lang: string } {
  const lang = langs.map((it) => serving(it, TEXT_LANGUAGES)).find((it) => it !== undefined) ?? "en";
  if (!catalogues.has(lang)) void load(lang);
  const there = catalogues.get(lang) ? lang : "en";
  return { lang: there, text: textIn(there, key, values) };
}

async function load(lang: string): Promise<void> {
  catalogues.set(lang, undefined);
  try {
    const answer = await fetch(`${PAGE_TEXTS}/${lang}.json`);
    if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
    catalogues.set(lang, (await answer.json()) as Catalogue);
    version += 1;
  } catch (error) {
    console.warn(`${PAGE_TEXTS}/${lang}.json: not loaded, so English is used`, error);
    // It is asked for again when it is needed again.
    catalogues.delete(lang);
    return;
  }
  if (lang === wanted) apply();
  else listeners.forEach((it) => it());
}

function apply(): void {
  current = wanted;
  const page = document.documentElement;
  page.lang = current;
  page.dir = direction(current);
  for (const it of document.querySelectorAll<HTMLElement>("[data-text]")) it.textContent = t(it.dataset.text as Key);
  for (const it of document.querySelectorAll<HTMLElement>("[data-label]")) it.setAttribute("aria-label", t(it.dataset.label as Key));
  listeners.forEach((it) => it());
}

function unhide(): void {
  delete document.documentElement.dataset.texts;
}

function preferred(): readonly string[] {
  return typeof navigator === "undefined" ? [] : (navigator.languages ?? []);
}
