// The room that the captions stand in: it never shrinks under them, so that a line that was guessed and not said moves nothing.

/** Measured in one list, in px from its top; `undefined` where there is no such row. */
export interface Measured {
  /** Of the row that was the last one before the change. */
  lastTop: number | undefined;
  /** Down to the end of the last row. */
  content: number;
}

/**
 * How high the list has to be so that nothing in it moves down, being held at its lower end. What shrinks leaves room below,
 * which the next words take. What comes or goes above the last row moves nothing below it: the room grows or shrinks by that.
 */
export function room(before: { room: number; lastTop: number | undefined }, after: Measured): number {
  if (before.lastTop === undefined || after.lastTop === undefined) return after.content;
  return Math.max(after.content, before.room + after.lastTop - before.lastTop);
}

export class Floor {
  private room = 0;

  constructor(private readonly list: HTMLElement) {}

  /** Runs what changes the rows. */
  around(change: () => void): void {
    const top = this.list.getBoundingClientRect().top;
    const last = lastShown(this.list);
    const lastTop = last && last.getBoundingClientRect().top - top;
    change();
    const now = this.measure(last);
    const next = room({ room: this.room, lastTop }, now);
    if (next !== this.room) this.list.style.minHeight = `${(this.room = next)}px`;
  }

  /** Everything was laid out anew, in another width or size: there is no line left that could stay where it is. */
  reset(): void {
    this.list.style.minHeight = "";
    this.room = this.measure(undefined).content;
  }

  private measure(last: Element | undefined): Measured {
    const { top } = this.list.getBoundingClientRect();
    const end = lastShown(this.list)?.getBoundingClientRect();
    const isThere = last?.parentElement === this.list && !(last as HTMLElement).hidden;
    return { lastTop: isThere ? last.getBoundingClientRect().top - top : undefined, content: end ? end.bottom - top : 0 };
  }
}

export function lastShown(list: Element): Element | undefined {
  let it = list.lastElementChild;
  while (it instanceof HTMLElement && it.hidden) it = it.previousElementSibling;
  return it ?? undefined;
}
