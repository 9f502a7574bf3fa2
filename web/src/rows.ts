// The rows of the store as elements of the page: only what changed is touched, so that settled words never move.
import { text } from "./dom.ts";
import { gapText } from "./gap-texts.ts";
import { rowsToShow, type Filter } from "./gaps.ts";
import { setLanguage } from "./direction.ts";
import { shown, type GapRow, type CaptionStore, type Line, type Row, type Segment } from "./caption-store.ts";
import { textsVersion } from "./texts.ts";
import { Words } from "./words.ts";
import type { Track } from "./wire.ts";

/** What a reader has chosen of it. */
export interface Choice extends Filter {
  /** The translation that is read; the originals where there is none. */
  lang: string | undefined;
  /** The original beside its translation. */
  both: boolean;
  /** The original where its translation is not there. */
  standIns: boolean;
}

interface Painted {
  element: HTMLElement;
  version: number;
  line?: Words;
  original?: Words;
}

export class Rows {
  #painted = new Map<string, Painted>();
  #choice: Choice | undefined;
  #tracks = "";
  #areNamed = false;
  #texts = 0;

  constructor(private readonly list: HTMLElement) {}

  /** The element that shows a row. */
  of(row: Row): HTMLElement | undefined {
    return this.#painted.get(row.key)?.element;
  }

  /** Whether all of them were written anew. */
  paint(store: CaptionStore, choice: Choice): boolean {
    const areNamed = store.tracks.length > 1;
    // Writing a row anew may break its lines elsewhere, and loses the reader's selection: done only where it must be.
    const tracks = JSON.stringify(store.tracks);
    const all = choice.lang !== this.#choice?.lang || choice.both !== this.#choice?.both || tracks !== this.#tracks;
    this.#tracks = tracks;
    this.#choice = choice;
    this.#areNamed = areNamed;
    // The texts of gaps may have been in another language for want of their own.
    const isRetold = textsVersion() !== this.#texts;
    this.#texts = textsVersion();
    const left = new Map(this.#painted);
    let before: Element | null = this.list.firstElementChild;
    for (const row of rowsToShow(store.rows, choice)) {
      left.delete(row.key);
      const painted = this.#painted.get(row.key) ?? { element: document.createElement("p"), version: -1 };
      if (all || painted.version !== row.version || (isRetold && row.is === "gap")) {
        this.#fill(painted, row, all, store.tracks);
        painted.version = row.version;
        this.#painted.set(row.key, painted);
      }
      if (painted.element === before) before = before.nextElementSibling;
      else this.list.insertBefore(painted.element, before);
    }
    for (const [key, { element }] of left) {
      element.remove();
      this.#painted.delete(key);
    }
    return all;
  }

  #fill(it: Painted, row: Row, anew: boolean, tracks: readonly Track[]): void {
    const { element } = it;
    if (row.is !== "segment") {
      element.className = row.is;
      element.dir = "auto";
      if (row.is === "gap") fillGap(element, row, this.#choice!.lang, tracks);
      else element.textContent = row.text;
      return;
    }
    if (anew || !it.line) this.#begin(it, row);
    fillSegment(it, row, this.#choice!, tracks);
  }

  /** Its parts, empty. The name of the track has a line of its own, so that words begin at the left edge. */
  #begin(it: Painted, row: Segment): void {
    it.line = new Words("words");
    it.original = new Words("original");
    const name = this.#areNamed ? [text("span", row.track, "track")] : [];
    it.element.replaceChildren(...name, it.line.element, ...(this.#choice!.both ? [it.original.element] : []));
  }
}

/** Which of the wanted tracks are there, and which are not. Where none is, `there` is empty, which means all. */
export function among(tracks: readonly Track[], wanted: readonly string[]): { there: readonly string[]; missing: readonly string[] } {
  // Before a pipeline has named its tracks, none is known to be missing.
  if (tracks.length === 0) return { there: wanted, missing: [] };
  const isThere = (name: string): boolean => tracks.some((it) => it.name === name);
  return { there: wanted.filter(isThere), missing: wanted.filter((it) => !isThere(it)) };
}

function fillSegment(row: Painted, segment: Segment, { lang, both, standIns }: Choice, tracks: readonly Track[]): void {
  const { element, line, original } = row;
  const it = shown(segment, lang, tracks);
  element.className = "caption";
  const isShown = it !== undefined && (standIns || !it.standsIn) && it.line.text.trim() !== "";
  element.hidden = !isShown;
  if (!it || !isShown) return;
  element.dataset.kind = it.line.kind;
  element.dataset.key = segment.key;
  element.classList.toggle("stands-in", it.standsIn && !it.settled);
  setLanguage(element, it.line.lang);
  line!.show(it.line.text, it.line.committed);
  if (!both) return;
  // An original that stands in for its translation is not shown twice.
  const beside: Line | undefined = it.standsIn || segment.original === it.line ? undefined : segment.original;
  original!.element.hidden = !beside;
  setLanguage(original!.element, beside?.lang ?? "");
  if (beside) original!.show(beside.text, beside.committed);
}

/** In the language that is read, else in that of the original. */
function fillGap(element: HTMLElement, gap: GapRow, lang: string | undefined, tracks: readonly Track[]): void {
  const spoken = tracks.find((it) => gap.track === null || it.name === gap.track)?.lang;
  const it = gapText(gap.why, gap.seconds, [lang, spoken]);
  element.lang = it.lang;
  element.textContent = it.text;
}
