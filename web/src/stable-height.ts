// The room that the captions stand in: it never shrinks under them, so that a line that was guessed and not said moves nothing.

/** How many of the newest rows may change their height: what is further up has been said, and translated. */
const CHANGING = 20;

/** How far down a row begins before a change and after it, in px from the top of the list. */
export interface Moved {
  before: number;
  after: number;
}

/**
 * How high the list has to be so that nothing in it moves down, being held at its lower end. What shrinks or goes leaves room
 * below, which the next words take. `moved`: the rows that are shown before and after the change, in their order. What comes or
 * goes above the first of them moves nothing below it: the room grows or shrinks by that. `content`: down to the end of the last row.
 */
export function room(before: number, moved: readonly Moved[], content: number): number {
  const first = moved[0];
  const last = moved[moved.length - 1];
  if (!first || !last) return content;
  const above = first.after - first.before;
  return Math.max(content, before + above + Math.max(0, last.after - last.before - above));
}

export class StableHeight {
  private room = 0;

  constructor(private readonly list: HTMLElement) {}

  /** Runs what changes the rows; `true` from it: they were all written anew. `live`: what is replayed may set what is above otherwise. */
  around(change: () => boolean, live: boolean): void {
    const before = this.measured();
    if (change()) return this.reset();
    // What is above others keeps its height: a translation that is shorter than its original, another track's guess.
    for (const { row, height } of before.slice(0, -1)) {
      if (live && isShown(row) && row.getBoundingClientRect().height < height - 0.5) row.style.minHeight = `${height}px`;
    }
    const top = this.top();
    const moved = before.filter(({ row }) => isShown(row)).map((it) => ({ before: it.top, after: it.row.getBoundingClientRect().top - top }));
    const next = room(this.room, live ? moved : moved.slice(-1), this.content());
    if (next !== this.room) this.list.style.minHeight = `${(this.room = next)}px`;
  }

  /** Everything was laid out anew, in another width or size: there is no line left that could stay where it is. */
  reset(): void {
    this.list.style.minHeight = "";
    for (const it of this.list.children) if (it instanceof HTMLElement && it.style.minHeight !== "") it.style.minHeight = "";
    this.room = this.content();
  }

  private measured(): { row: HTMLElement; top: number; height: number }[] {
    const top = this.top();
    const rows = [];
    for (let row = lastShown(this.list); row && rows.length < CHANGING; row = shownFrom(row.previousElementSibling)) {
      const at = row.getBoundingClientRect();
      rows.push({ row, top: at.top - top, height: at.height });
    }
    return rows.reverse();
  }

  private content(): number {
    const end = lastShown(this.list)?.getBoundingClientRect();
    return end ? end.bottom - this.top() : 0;
  }

  private top(): number {
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
