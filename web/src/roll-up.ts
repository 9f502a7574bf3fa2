// A few lines that roll up: the newest is at the bottom, and a sentence stays long enough to be read.
import type { CaptionStore } from "./caption-store.ts";
import type { Rows } from "./rows.ts";

/** How long a final stays in view, at least. */
export const STAYS_MS = 1_000;
/** How long the newest words may wait for that: the delay that Ofcom allows live captions. */
export const WAITS_MS = 3_000;

export interface RecentFinal {
  /** Of its last line, in px from the top of the content. */
  bottom: number;
  /** When it has been in view for long enough. */
  until: number;
}

export interface Step {
  /** How far the content is rolled up. */
  top: number;
  /** When to look again, by the same clock; `undefined`: when something comes. */
  again: number | undefined;
}

/** What is known before a step; in px, or ms of one clock. */
export interface Measures {
  content: number;
  room: number;
  /** The height of a line. */
  line: number;
  /** How far it is rolled up already: it does not roll back. */
  top: number;
  /** When the newest words began to wait; `undefined`: they don't. */
  since: number | undefined;
}

export function nextStep({ content, room, line, top: current, since }: Measures, recent: readonly RecentFinal[], now: number): Step {
  const wanted = Math.max(0, content - room);
  // Measures are rounded: a pixel is tolerated.
  const inTheWay = recent.filter((it) => it.until > now && it.bottom - line < wanted - 1);
  if (inTheWay.length === 0 || (since !== undefined && now - since >= WAITS_MS)) return { top: wanted, again: undefined };
  const top = Math.max(0, Math.min(...inTheWay.map((it) => it.bottom - line)));
  return { top: Math.min(wanted, Math.max(top, current)), again: Math.min(...inTheWay.map((it) => it.until), (since ?? now) + WAITS_MS) };
}

export class RollUp {
  /** When each final was first in view. */
  #seen = new Map<string, number>();
  #since: number | undefined;
  #timer: number | undefined;

  constructor(
    private readonly box: HTMLElement,
    private readonly list: HTMLElement,
  ) {}

  /** To be called after the content has changed. `live`: it was just spoken; a replay need not be read along. */
  contentChanged(store: CaptionStore, rows: Rows, live = true): void {
    window.clearTimeout(this.#timer);
    const now = performance.now();
    const finals = this.#finals(store, rows);
    if (!live) for (const { key } of finals) this.#seen.set(key, Number.NEGATIVE_INFINITY);
    // A final that was not in view yet has its whole time left: it is not rolled past.
    const recent = finals.map(({ key, bottom }) => ({ bottom, until: (this.#seen.get(key) ?? now) + STAYS_MS }));
    const content = this.list.getBoundingClientRect().height;
    const { clientHeight: room, scrollTop } = this.box;
    const { top, again } = nextStep({ content, room, line: this.#line(), top: scrollTop, since: this.#since }, recent, now);
    this.box.scrollTop = top;
    this.#since = again === undefined ? undefined : (this.#since ?? now);
    const end = this.box.scrollTop + this.box.clientHeight + 1;
    for (const { key, bottom } of finals) if (bottom <= end && !this.#seen.has(key)) this.#seen.set(key, now);
    if (again !== undefined) this.#timer = window.setTimeout(() => this.contentChanged(store, rows), again - now);
  }

  stop(): void {
    window.clearTimeout(this.#timer);
  }

  /** Of the newest rows: those further up have rolled away. */
  #finals(store: CaptionStore, rows: Rows): { key: string; bottom: number }[] {
    const { top } = this.list.getBoundingClientRect();
    const newest = store.rows.slice(-20).filter((row) => row.is === "segment" && row.original?.kind === "final");
    const kept = new Set(newest.map((row) => row.key));
    for (const key of this.#seen.keys()) if (!kept.has(key)) this.#seen.delete(key);
    return newest.flatMap((row) => {
      const it = rows.of(row);
      return it && !it.hidden && it.isConnected ? [{ key: row.key, bottom: it.getBoundingClientRect().bottom - top }] : [];
    });
  }

  #line(): number {
    return Number.parseFloat(getComputedStyle(this.list).lineHeight) || 0;
  }
}
