// The rows of the store as elements of the page: only what changed is touched, so that settled words never move.
import { direction, setLanguage } from "./direction.ts";
import { text } from "./dom.ts";
import { gapText } from "./gap-texts.ts";
import { rowsToShow, type Filter } from "./gaps.ts";
import { shown, type GapRow, type CaptionStore, type Line, type Row, type Segment } from "./caption-store.ts";
import { between, Paragraphs, type Paragraph, type View } from "./paragraphs.ts";
import { lastShown } from "./stable-height.ts";
import { locale, textLanguage, textsVersion } from "./texts.ts";
import { timeOfReading } from "./time-of-day.ts";
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
  /** Segments flow together in paragraphs; otherwise each begins a line. */
  flows: boolean;
  /** The time of day at the beginning of each paragraph. */
  times: boolean;
}

interface Painted {
  element: HTMLElement;
  version: number;
  line?: Words;
  original?: Words;
  /** What is shown is the original in place of its translation. */
  standsIn?: boolean;
  /** The row before it in its paragraph, and what divides the two. */
  after?: string | undefined;
  joint?: ChildNode | undefined;
}

interface Block {
  element: HTMLElement;
  head: HTMLElement[];
}

export class Rows {
  #painted = new Map<string, Painted>();
  #paragraphs = new Paragraphs();
  /** Where segments flow: the element of each paragraph. */
  #blocks = new Map<string, Block>();
  #choice: Choice | undefined;
  #look = "";
  #texts = 0;

  constructor(private readonly list: HTMLElement) {}

  /** The element that shows a row. */
  of(row: Row): HTMLElement | undefined {
    return this.#painted.get(row.key)?.element;
  }

  /** Whether all of them were written anew. */
  paint(store: CaptionStore, choice: Choice): boolean {
    // Writing a row anew may break its lines elsewhere, and loses the reader's selection: done only where it must be.
    const look = JSON.stringify([choice.lang, choice.both, choice.flows, choice.times && locale(), store.tracks]);
    const all = look !== this.#look;
    this.#look = look;
    if (this.#choice?.flows !== choice.flows) this.#clear();
    if (all) this.#paragraphs.forget();
    this.#choice = { ...choice };
    // The texts of gaps may have been in another language for want of their own.
    const isRetold = textsVersion() !== this.#texts;
    this.#texts = textsVersion();
    const rows = rowsToShow(store.rows, choice);
    const paragraphs = this.#paragraphs.arrange(rows, this.#view(store, choice));
    this.#remove(rows, paragraphs);
    let next: ChildNode | null = this.list.firstChild;
    for (const { id, rows } of paragraphs) {
      for (const row of rows) {
        const painted = this.#paintedOf(row);
        if (all || painted.version !== row.version || (isRetold && row.is === "gap")) this.#fill(painted, row, all, store);
        painted.version = row.version;
      }
      const block = isFlowing(rows, choice) ? this.#blockOf(id, rows, all, store) : this.of(rows[0]!)!;
      next = place(block, this.list, next);
    }
    return all;
  }

  #view(store: CaptionStore, { flows, lang }: Choice): View {
    return {
      flows,
      look: (segment) => {
        const it = shown(segment, lang, store.tracks);
        const replaced = this.#painted.get(segment.key)?.standsIn === true && it?.standsIn === false;
        return { text: it?.line.text ?? "", settled: it?.settled ?? false, direction: direction(it?.line.lang ?? ""), replaced };
      },
      hasSpare: (id) => hasSpare(this.#blocks.get(id)?.element),
    };
  }

  #paintedOf(row: Row): Painted {
    const known = this.#painted.get(row.key);
    if (known) return known;
    const element = document.createElement(row.is === "segment" && this.#choice!.flows ? "span" : "p");
    const painted = { element, version: -1 };
    this.#painted.set(row.key, painted);
    return painted;
  }

  /** What is no longer shown. */
  #remove(rows: readonly Row[], paragraphs: readonly Paragraph[]): void {
    const [keys, ids] = [new Set(rows.map((it) => it.key)), new Set(paragraphs.map((it) => it.id))];
    for (const [key, { element }] of this.#painted) if (!keys.has(key)) element.remove(), this.#painted.delete(key);
    for (const [id, { element }] of this.#blocks) if (!ids.has(id)) element.remove(), this.#blocks.delete(id);
  }

  #clear(): void {
    this.list.replaceChildren();
    this.#painted.clear();
    this.#blocks.clear();
  }

  #fill(it: Painted, row: Row, anew: boolean, store: CaptionStore): void {
    const { element } = it;
    if (row.is !== "segment") {
      element.className = row.is;
      element.dir = "auto";
      if (row.is === "gap") fillGap(element, row, this.#choice!.lang, store.tracks);
      else element.textContent = row.text;
      return;
    }
    if (anew || !it.line) this.#begin(it, row, store);
    fillSegment(it, row, this.#choice!, store.tracks);
  }

  /** Its parts, empty. */
  #begin(it: Painted, row: Segment, store: CaptionStore): void {
    it.line = new Words("words");
    it.original = new Words("original");
    it.after = it.joint = undefined;
    const head = this.#choice!.flows ? [] : this.#head(row, store);
    it.element.replaceChildren(...head, it.line.element, ...(this.#choice!.both ? [it.original.element] : []));
  }

  /** The name of the track and the time, on a line of their own, so that words begin at the left edge. */
  #head(row: Segment, { tracks, startedAt }: CaptionStore): HTMLElement[] {
    const name = tracks.length > 1 ? [text("span", row.track, "track")] : [];
    const at = this.#choice!.times && startedAt !== undefined ? [timeElement(startedAt + row.start * 1000)] : [];
    if (name.length + at.length === 0) return [];
    const head = text("span", "", "head");
    head.append(...[...name, ...at].flatMap((it) => [it, " "]));
    return [head];
  }

  /** The paragraph's element, with its segments in it. */
  #blockOf(id: string, rows: readonly Row[], anew: boolean, store: CaptionStore): HTMLElement {
    const block = this.#blocks.get(id) ?? { element: text("p", "", "paragraph"), head: [] };
    if (anew || !this.#blocks.has(id)) {
      for (const it of block.head) it.remove();
      block.head = this.#head(rows[0] as Segment, store);
      block.element.prepend(...block.head);
      this.#blocks.set(id, block);
    }
    const { element, head } = block;
    let next = head.length > 0 ? head[0]!.nextSibling : element.firstChild;
    let before: Row | undefined;
    for (const row of rows) {
      const painted = this.#painted.get(row.key)!;
      join(painted, before, before && this.#painted.get(before.key)!);
      next = place(painted.element, element, next);
      if (!painted.element.hidden) before = row;
    }
    element.hidden = before === undefined;
    element.dir = this.of(rows[0]!)!.dir;
    return element;
  }
}

function isFlowing(rows: readonly Row[], { flows }: Choice): boolean {
  return flows && rows[0]!.is === "segment";
}

/** Puts an element where `next` is, unless it stands there; the sibling that follows it. */
function place(element: Element, parent: Element, next: ChildNode | null): ChildNode | null {
  if (element === next) return next.nextSibling;
  parent.insertBefore(element, next);
  return next;
}

/** Divides a segment from the one before it in its paragraph. */
function join(it: Painted, before: Row | undefined, painted: Painted | undefined): void {
  if (it.after === before?.key && (it.joint !== undefined) === (before !== undefined)) return;
  it.after = before?.key;
  it.joint?.remove();
  const space = painted && between(painted.line!.element.textContent);
  it.joint = space === undefined ? undefined : space === "" ? document.createElement("wbr") : document.createTextNode(space);
  if (it.joint) it.element.prepend(it.joint);
}

/** Whether at least most of a line is free at its end. */
function hasSpare(block: HTMLElement | undefined): boolean {
  const last = block?.style.minHeight ? lastShown(block) : undefined;
  if (!block || !last) return false;
  const free = block.getBoundingClientRect().bottom - last.getBoundingClientRect().bottom;
  return free > 0.75 * Number.parseFloat(getComputedStyle(block).lineHeight);
}

function timeElement(at: number): HTMLElement {
  const it = text("time", timeOfReading(at), "time");
  it.dateTime = new Date(at).toISOString();
  return it;
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
  if (it) row.standsIn = it.standsIn;
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

/** In the language that is read, else in that of the original, else in the page's. */
function fillGap(element: HTMLElement, gap: GapRow, lang: string | undefined, tracks: readonly Track[]): void {
  const spoken = tracks.find((it) => gap.track === null || it.name === gap.track)?.lang;
  const it = gapText(gap.why, gap.seconds, [lang, spoken, textLanguage()]);
  element.lang = it.lang;
  element.textContent = it.text;
}
