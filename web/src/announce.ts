// What a screen reader reads aloud: finals, in the language that is read, each once.
import { text } from "./dom.ts";
import { setLanguage } from "./direction.ts";
import { shown, type CaptionStore } from "./caption-store.ts";
import { isWanted } from "./gaps.ts";
import type { Choice } from "./rows.ts";
import type { Caption } from "./wire.ts";

const KEPT = 20;

export class Announcer {
  /** `log`: a polite live region. */
  constructor(private readonly log: HTMLElement) {}

  /** `caption` was just taken by the store. */
  announce(caption: Caption, store: CaptionStore, { lang, tracks }: Choice): void {
    const row = store.rows.find((it) => it.is === "segment" && it.track === caption.track && it.segment === caption.segment);
    if (row?.is !== "segment" || !isWanted(row, tracks)) return;
    const it = shown(row, lang, store.tracks);
    if (!it?.settled || it.line.text === "" || (lang !== undefined && !it.standsIn && caption.lang !== lang)) return;
    const line = text("p", it.line.text);
    setLanguage(line, it.line.lang);
    this.log.append(line);
    while (this.log.childElementCount > KEPT) this.log.firstElementChild?.remove();
  }

  clear(): void {
    this.log.replaceChildren();
  }
}
