// The rows of the store as elements of the page: only what changed is touched, so that nothing settled ever moves.
import { text } from "./dom.ts";
import { gapText } from "./gap-texts.ts";
import { rowsToShow, type Wanted } from "./gaps.ts";
import { direction, tag } from "./languages.ts";
import { shown, type Hole, type CaptionStore, type Line, type Row, type Segment } from "./caption-store.ts";
import { Words } from "./words.ts";
import type { Track } from "./wire.ts";

/** What a reader has chosen of it. */
export interface Choice extends Wanted {
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
  private painted = new Map<string, Painted>();
  private choice: Choice | undefined;
  private tracks = "";
  private named = false;

  constructor(private readonly list: HTMLElement) {}

  /** The element that shows a row. */
  of(row: Row): HTMLElement | undefined {
    return this.painted.get(row.key)?.element;
  }

  /** `true`: all of them were written anew. */
  paint(store: CaptionStore, choice: Choice): boolean {
    const named = store.tracks.length > 1;
    // What is written anew may break elsewhere, and is no longer selected: so only where it has to be.
    const tracks = JSON.stringify(store.tracks);
    const all = choice.lang !== this.choice?.lang || choice.both !== this.choice?.both || tracks !== this.tracks;
    this.tracks = tracks;
    this.choice = choice;
    this.named = named;
    const left = new Map(this.painted);
    let before: Element | null = this.list.firstElementChild;
    for (const row of rowsToShow(store.rows, choice)) {
      left.delete(row.key);
      const known = this.painted.get(row.key) ?? { element: document.createElement("p"), version: -1 };
      if (all || known.version !== row.version) {
        this.fill(known, row, all, store.tracks);
        known.version = row.version;
        this.painted.set(row.key, known);
      }
      if (known.element === before) before = before.nextElementSibling;
      else this.list.insertBefore(known.element, before);
    }
    for (const [key, { element }] of left) {
      element.remove();
      this.painted.delete(key);
    }
    return all;
  }

  private fill(it: Painted, row: Row, anew: boolean, tracks: readonly Track[]): void {
    const { element } = it;
    if (row.is !== "segment") {
      element.className = row.is;
      element.dir = "auto";
      if (row.is === "gap") fillGap(element, row, this.choice!.lang, tracks);
      else element.textContent = row.text;
      return;
    }
    if (anew || !it.line) this.begin(it, row);
    fillSegment(it, row, this.choice!, tracks);
  }

  /** Its parts, empty. The name of its track stands on a line of its own, so that no word begins further right for it. */
  private begin(it: Painted, row: Segment): void {
    it.line = new Words("words");
    it.original = new Words("original");
    const name = this.named ? [text("span", row.track, "track")] : [];
    it.element.replaceChildren(...name, it.line.element, ...(this.choice!.both ? [it.original.element] : []));
  }
}

/** Those of the wanted tracks that there are. Where none is, all of them stand for what cannot be meant. */
export function among(tracks: readonly Track[], wanted: readonly string[]): { there: readonly string[]; missing: readonly string[] } {
  // Before a pipeline has named its tracks none of them is known to be missing.
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
  element.lang = tag(it.line.lang);
  element.dir = direction(it.line.lang);
  line!.show(it.line.text, it.line.committed);
  if (!both) return;
  // An original that stands in for its translation is not said twice.
  const beside: Line | undefined = it.standsIn || segment.original === it.line ? undefined : segment.original;
  original!.element.hidden = !beside;
  original!.element.lang = tag(beside?.lang ?? "");
  original!.element.dir = direction(beside?.lang ?? "");
  if (beside) original!.show(beside.text, beside.committed);
}

/** In the language that is read; an original's own where that is another. */
function fillGap(element: HTMLElement, hole: Hole, lang: string | undefined, tracks: readonly Track[]): void {
  const spoken = tracks.find((it) => hole.track === null || it.name === hole.track)?.lang;
  const it = gapText(hole.why, hole.seconds, [lang, spoken]);
  element.lang = it.lang;
  element.textContent = it.text;
}
