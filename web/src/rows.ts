// The rows of the store as elements of the page: only what changed is touched, so that settled words never move.
import { direction, setLanguage } from "./direction.ts";
import { text } from "./dom.ts";
import { gapText } from "./gap-texts.ts";
import { rowsToShow, type Filter } from "./gaps.ts";
import { shown, type GapRow, type CaptionStore, type Line, type Row, type Segment } from "./caption-store.ts";
import { between, Paragraphs, type Paragraph, type View } from "./paragraphs.ts";
import { lastShown } from "./stable-height.ts";
import { locale, t, textLanguage, textsVersion } from "./texts.ts";
import { timeOfReading } from "./time-of-day.ts";
import { nameBefore, voiceOf } from "./voices.ts";
import { changedPart, Words, type Marked } from "./words.ts";
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
  /** The names of speakers and tracks. */
  names: boolean;
}

/** Something with a head: a row, or a paragraph. */
interface Headed {
  element: HTMLElement;
  head?: { element: HTMLElement | undefined; name: string | undefined } | undefined;
}

interface Painted extends Headed {
  version: number;
  line?: Words;
  original?: Words;
  /** What is shown is the original in place of its translation. */
  standsIn?: boolean;
  /** The row before it in its paragraph, and what divides the two. */
  after?: string | undefined;
  joint?: ChildNode | undefined;
}


export class Rows {
  #painted = new Map<string, Painted>();
  #paragraphs = new Paragraphs();
  /** Where segments flow: the element of each paragraph. */
  #blocks = new Map<string, Headed>();
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
    const look = JSON.stringify([choice.lang, choice.both, choice.flows, choice.names, choice.times && locale(), store.tracks]);
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
    let before: Segment | undefined;
    for (const { id, rows } of paragraphs) {
      for (const row of rows) {
        const painted = this.#paintedOf(row);
        if (all || painted.version !== row.version || (isRetold && (row.is === "gap" || isCorrected(row)))) this.#fill(painted, row, all, store);
        painted.version = row.version;
      }
      const [first] = rows as [Row];
      const flows = isFlowing(rows, choice);
      const block = flows ? this.#blockOf(id, rows) : this.#painted.get(first.key)!;
      if (first.is === "segment") {
        this.#setHead(block, first, before, all, store);
        if (!block.element.hidden) before = rows[rows.length - 1] as Segment;
      }
      next = place(block.element, this.list, next);
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
    if (anew || !it.line) this.#begin(it);
    fillSegment(it, row, this.#choice!, store.tracks);
  }

  /** Its parts, empty. */
  #begin(it: Painted): void {
    it.line = new Words("words");
    it.original = new Words("original");
    it.after = it.joint = it.head = undefined;
    it.element.replaceChildren(it.line.element, ...(this.#choice!.both ? [it.original.element] : []));
  }

  /** Who speaks and the time, on a line of their own, so that words begin at the left edge. */
  #setHead(it: Headed, row: Segment, before: Segment | undefined, anew: boolean, { tracks, startedAt }: CaptionStore): void {
    const shown = anew ? undefined : it.head;
    const name = this.#choice!.names ? nameBefore(row, before, tracks, shown) : undefined;
    if (shown !== undefined && shown.name === name) return;
    it.head?.element?.remove();
    const parts = [];
    if (name !== undefined) {
      const named = text("span", name, "track");
      if (row.speaker !== undefined) named.dataset.voice = String(voiceOf(row, tracks));
      parts.push(named);
    }
    if (this.#choice!.times && startedAt !== undefined) parts.push(timeElement(startedAt + row.start * 1000));
    const element = parts.length > 0 ? text("span", "", "head") : undefined;
    element?.append(...parts.flatMap((it) => [it, " "]));
    if (element) it.element.prepend(element);
    it.head = { element, name };
  }

  /** The paragraph's element, with its segments in it. */
  #blockOf(id: string, rows: readonly Row[]): Headed {
    const block = this.#blocks.get(id) ?? { element: text("p", "", "paragraph") };
    this.#blocks.set(id, block);
    const { element, head } = block as Headed;
    let next = head?.element ? head.element.nextSibling : element.firstChild;
    let before: Row | undefined;
    for (const row of rows) {
      const painted = this.#painted.get(row.key)!;
      join(painted, before, before && this.#painted.get(before.key)!);
      next = place(painted.element, element, next);
      if (!painted.element.hidden) before = row;
    }
    element.hidden = before === undefined;
    element.dir = this.of(rows[0]!)!.dir;
    return block;
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
  line!.show(it.line.text, it.line.committed, marked(it.line));
  if (!both) return;
  // An original that stands in for its translation is not shown twice.
  const beside: Line | undefined = it.standsIn || segment.original === it.line ? undefined : segment.original;
  original!.element.hidden = !beside;
  setLanguage(original!.element, beside?.lang ?? "");
  if (beside) original!.show(beside.text, beside.committed, marked(beside));
}

function isCorrected(row: Row): boolean {
  return row.is === "segment" && [row.original, ...row.translations.values()].some((it) => it?.corrected !== undefined);
}

/** The words that were corrected, and by whom and when. */
function marked({ text, corrected }: Line): Marked | undefined {
  if (!corrected) return undefined;
  const { original, by, at } = corrected;
  const part = original === undefined ? { from: 0, to: text.length } : changedPart(original, text);
  if (!part || part.from === part.to) return undefined;
  const values = { name: by, time: timeOfReading(at) };
  return { ...part, told: original === undefined || original === "" ? t("correction.by", values) : t("correction.before", { ...values, text: original }) };
}

/** In the language that is read, else in that of the original, else in the page's. */
function fillGap(element: HTMLElement, gap: GapRow, lang: string | undefined, tracks: readonly Track[]): void {
  const spoken = tracks.find((it) => gap.track === null || it.name === gap.track)?.lang;
  const it = gapText(gap.why, gap.seconds, [lang, spoken, textLanguage()]);
  element.lang = it.lang;
  element.textContent = it.text;
}
