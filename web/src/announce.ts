// What a screen reader reads aloud: finals, in the language that is read, each once, and who speaks where that changes.
import { text } from "./dom.ts";
import { setLanguage } from "./direction.ts";
import { shown, type CaptionStore } from "./caption-store.ts";
import { isWanted } from "./gaps.ts";
import type { Choice } from "./rows.ts";
import { t } from "./texts.ts";
import type { Caption, Correction } from "./wire.ts";

const KEPT = 20;

export class Announcer {
  /** Who was named last. */
  #speaker: string | undefined;

  /** `log`: a polite live region. */
  constructor(private readonly log: HTMLElement) {}

  /** `caption` was just taken by the store. */
  announce(caption: Caption, store: CaptionStore, choice: Choice): void {
    const { lang } = choice;
    const row = store.rows.find((it) => it.is === "segment" && it.track === caption.track && it.segment === caption.segment);
    if (row?.is !== "segment" || !isWanted(row, choice)) return;
    const it = shown(row, lang, store.tracks);
    if (!it?.settled || it.line.text === "" || (lang !== undefined && !it.standsIn && caption.lang !== lang)) return;
    const isOther = choice.names && row.speaker !== undefined && row.speaker !== this.#speaker;
    this.#speaker = row.speaker;
    const line = text("p", isOther ? `${row.speaker}: ${it.line.text}` : it.line.text);
    setLanguage(line, it.line.lang);
    this.#add(line, keyOf(caption.track, caption.segment));
  }

  /** What was just corrected in the store, where it is what is read. */
  correct({ track, segment, lang, text: words, masked }: Correction, store: CaptionStore, choice: Choice): void {
    // What is masked must not be found by reading back.
    if (masked) for (const line of [...this.log.children]) if ((line as HTMLElement).dataset.of === keyOf(track, segment)) line.remove();
    const row = store.rows.find((it) => it.is === "segment" && it.track === track && it.segment === segment);
    if (row?.is !== "segment" || !isWanted(row, choice) || words === "") return;
    const it = shown(row, choice.lang, store.tracks);
    if (it?.line.lang !== lang || it.line.text !== words) return;
    const said = text("span", words);
    setLanguage(said, lang);
    const line = text("p", `${t("correction.spoken")} `);
    line.append(said);
    this.#add(line, keyOf(track, segment));
  }

  /** `of`: whose words they are. */
  #add(line: HTMLElement, of: string): void {
    line.dataset.of = of;
    this.log.append(line);
    while (this.log.childElementCount > KEPT) this.log.firstElementChild?.remove();
  }

  clear(): void {
    this.log.replaceChildren();
    this.#speaker = undefined;
  }
}

function keyOf(track: string, segment: number): string {
  return `${track} ${segment}`;
}
