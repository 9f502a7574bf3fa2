// The rows of the ledger as elements of the page: only what changed is touched, so that nothing settled ever moves.
import { shown, type Hole, type Ledger, type Row, type Segment } from "./ledger.ts";
import type { Why } from "./wire.ts";

const REASONS: Record<Why, string> = {
  overload: "some words are missing here: the machine could not keep up",
  device: "no sound came from the microphone here",
  paused: "the captions were paused here",
  restart: "some words were lost here: the recogniser was restarted",
  fault: "some words were lost here",
  history: "earlier captions are no longer kept",
};

interface Painted {
  element: HTMLElement;
  version: number;
}

export class Rows {
  private painted = new Map<string, Painted>();
  private lang: string | undefined;

  constructor(private readonly list: HTMLElement) {}

  paint(ledger: Ledger, lang: string | undefined): void {
    const all = lang !== this.lang;
    this.lang = lang;
    const left = new Map(this.painted);
    let before: Element | null = this.list.firstElementChild;
    for (const row of ledger.rows) {
      left.delete(row.key);
      const known = this.painted.get(row.key);
      const element = known?.element ?? document.createElement("p");
      if (!known || all || known.version !== row.version) {
        fill(element, row, lang, ledger.tracks.length > 1);
        this.painted.set(row.key, { element, version: row.version });
      }
      if (element === before) before = before.nextElementSibling;
      else this.list.insertBefore(element, before);
    }
    for (const [key, { element }] of left) {
      element.remove();
      this.painted.delete(key);
    }
  }
}

function fill(element: HTMLElement, row: Row, lang: string | undefined, named: boolean): void {
  if (row.is === "segment") return fillSegment(element, row, lang, named);
  element.className = row.is;
  element.textContent = row.is === "gap" ? reason(row) : row.text;
}

function fillSegment(element: HTMLElement, row: Segment, lang: string | undefined, named: boolean): void {
  const it = shown(row, lang);
  element.className = "caption";
  element.hidden = it === undefined || it.line.text.trim() === "";
  if (!it) return;
  const { line } = it;
  element.lang = line.lang;
  element.dir = "auto";
  element.dataset.kind = line.kind;
  element.dataset.key = row.key;
  element.classList.toggle("stands-in", it.standsIn && !it.settled);
  // The space between the two belongs to neither, and is not to be underlined with the tail.
  const tail = line.text.slice(line.committed).trimStart();
  const settled = line.text.slice(0, line.text.length - tail.length);
  element.replaceChildren(...(named ? [span("track", row.track)] : []), span("committed", settled), span("tail", tail));
}

function span(name: string, text: string): HTMLElement {
  const it = document.createElement("span");
  it.className = name;
  it.textContent = text;
  return it;
}

function reason(hole: Hole): string {
  // A newer server may know a reason that this page does not.
  const words = REASONS[hole.why] ?? "something is missing here";
  return hole.seconds !== null && hole.seconds >= 1 ? `${words} (${Math.round(hole.seconds)} s)` : words;
}
