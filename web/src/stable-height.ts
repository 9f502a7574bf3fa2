// The height of the list of captions: it never shrinks, so that nothing moves where a guessed line turns out shorter.

/** So many of the newest rows may change their height: those further up are final, and translated. */
const CHANGING = 20;

/** How far down a row begins before a change and after it, in px from the top of the list. */
export interface Moved {
  before: number;
  after: number;
}

/**
 * How high the list has to be, in px, so that nothing in it moves down: it is aligned at its lower end. A row that shrinks or
 * goes leaves space below, which the next words take. `before`: the height so far. `moved`: the rows that are shown before and
 * after the change, in order. What changes above the first of them changes the height by as much. `content`: down to the end of
 * the last row.
 */
export function stableHeight(before: number, moved: readonly Moved[], content: number): number {
  const first = moved[0];
  const last = moved[moved.length - 1];
  if (!first || !last) return content;
  const above = first.after - first.before;
  return Math.max(content, before + above + Math.max(0, last.after - last.before - above));
}

interface Measured {
  row: HTMLElement;
  /** From the top of the list. */
  top: number;
}

export class StableHeight {
  #height = 0;

  constructor(private readonly list: HTMLElement) {}

  /** Runs `change`, which returns whether all rows were written anew. `live`: during a replay rows above may move. */
  around(change: () => boolean, live: boolean): void {
    const before = this.#measured();
    if (change()) return this.reset();
    if (live) keepPlaces(before);
    const top = this.#top();
    const moved = before.filter(({ row }) => isShown(row)).map((it) => ({ before: it.top, after: it.row.getBoundingClientRect().top - top }));
    const next = stableHeight(this.#height, live ? moved : moved.slice(-1), this.#content());
    if (next !== this.#height) this.list.style.minHeight = `${(this.#height = next)}px`;
  }

  /** Everything was laid out anew, in another width or size: no line can stay where it was. */
  reset(): void {
    this.list.style.minHeight = "";
    for (const it of this.list.children) if (it instanceof HTMLElement && it.style.minHeight !== "") it.style.minHeight = "";
    this.#height = this.#content();
  }

  #measured(): Measured[] {
    const top = this.#top();
    const rows = [];
    for (let row = lastShown(this.list); row && rows.length < CHANGING; row = shownFrom(row.previousElementSibling)) {
      const at = row.getBoundingClientRect();
      rows.push({ row, top: at.top - top });
    }
    return rows.reverse();
  }

  #content(): number {
    const end = lastShown(this.list)?.getBoundingClientRect();
    return end ? end.bottom - this.#top() : 0;
  }

  #top(): number {
    return this.list.getBoundingClientRect().top;
  }
}

export function lastShown(list: Element): HTMLElement | undefined {
  return shownFrom(list.lastElementChild);
}

function shownFrom(it: Element | null): HTMLElement | undefined {
  while (it instanceof HTMLElement && it.hidden) it = it.previousElementSibling;
  return it instanceof HTMLElement ? it : undefined;
}

function isShown(row: HTMLElement): boolean {
  return row.isConnected && !row.hidden;
}

/**
 * What stands below a row keeps its place when that gets shorter, as a translation may be, or another track's guess, and when a
 * row has gone into the paragraph before it: the row above gets as much room.
 */
function keepPlaces(before: readonly Measured[]): void {
  const [first, ...others] = before.filter(({ row }) => isShown(row));
  if (!first) return;
  for (const { row, top } of others) {
    const above = shownFrom(row.previousElementSibling);
    const up = top - first.top - (row.getBoundingClientRect().top - first.row.getBoundingClientRect().top);
    if (above && up > 0.5) above.style.minHeight = `${above.getBoundingClientRect().height + up}px`;
  }
}
