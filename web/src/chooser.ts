// The language to read in, chosen in the page's title line.
import { element, option } from "./dom.ts";
import { languages, nameOf } from "./languages.ts";
import { t } from "./texts.ts";
import type { Track } from "./wire.ts";

export class Chooser {
  readonly #select = element("language", HTMLSelectElement);
  readonly #whole = element("chooser");

  /** `chosen` is given a language's code; empty: the original. */
  constructor(chosen: (lang: string) => void) {
    this.#select.addEventListener("change", () => chosen(this.#select.value));
  }

  /** What there is to choose from, and what is read now. */
  offer(tracks: readonly Track[], read: string | undefined): void {
    const offered = languages(tracks);
    // A reader of a language that is no longer offered needs a way back.
    this.#whole.hidden = offered.length === 0 && read === undefined;
    const originals = [...new Set(tracks.map((track) => track.lang))].map(nameOf).join(", ");
    this.#select.replaceChildren(option("", t("page.original", { languages: originals })), ...offered.map((code) => option(code, nameOf(code))));
    if (read !== undefined && !offered.includes(read)) this.#select.append(option(read, t("page.unoffered", { language: nameOf(read) })));
    this.show(read);
  }

  show(read: string | undefined): void {
    this.#select.value = read ?? "";
  }
}
