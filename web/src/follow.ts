// Keeps the newest line in view, and lets go as soon as the reader scrolls back: then what is being read stays where it is.

const NEAR_PX = 24;

export class Follow {
  private following = true;
  private lastTop = 0;
  private resting = false;
  /** Where the reader is who has scrolled back: the first row in view, and how far above the edge it begins. */
  private place: { row: Element; above: number } | undefined;

  /** `button` takes the reader back to the newest line; it is there only when that is somewhere else. */
  constructor(
    private readonly scroller: HTMLElement,
    private readonly list: HTMLElement,
    private readonly button: HTMLButtonElement,
    private readonly changed: (following: boolean) => void,
  ) {
    scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    button.addEventListener("click", () => this.toNewest());
    new ResizeObserver(() => this.grown()).observe(scroller);
  }

  /** Where nobody can scroll there is nothing to keep in view, and nothing to let go of. */
  rest(now: boolean): void {
    this.resting = now;
    if (now) this.follow(true);
  }

  /** To be called after the content has changed. */
  grown(): void {
    const { scroller } = this;
    if (this.resting) return;
    if (this.following) scroller.scrollTop = scroller.scrollHeight;
    else if (this.place?.row.isConnected) {
      const moved = this.above(this.place.row) - this.place.above;
      if (Math.abs(moved) >= 1) scroller.scrollTop += moved;
    }
    this.lastTop = scroller.scrollTop;
  }

  /** The newest line, and the focus where it can be scrolled from. */
  toNewest(): void {
    const had = document.activeElement === this.button;
    this.follow(true);
    if (had) this.scroller.focus({ preventScroll: true });
  }

  private scrolled(): void {
    if (this.resting) return;
    const { scrollTop, clientHeight, scrollHeight } = this.scroller;
    const moved = scrollTop - this.lastTop;
    // A slow finger moves by less than a pixel a frame: that adds up until it can be told from rounding.
    if (Math.abs(moved) > 1) {
      // A scroll event of our own may come after the next line did, and would look like one of the reader's:
      // only a reader scrolls upwards while there is something below. Near the end is at the end for who comes down to it.
      const below = scrollHeight - clientHeight - scrollTop;
      if (below <= 1 || (moved > 0 && below <= NEAR_PX)) this.follow(true);
      else if (moved < 0) this.follow(false);
      this.lastTop = this.scroller.scrollTop;
    }
    if (!this.following) this.note();
  }

  private note(): void {
    const row = [...this.list.children].find((it) => it.getClientRects().length > 0 && this.above(it) + it.clientHeight > 0);
    this.place = row && { row, above: this.above(row) };
  }

  /** From the upper edge of what is in view down to that of a row; below 0 where it begins above. */
  private above(row: Element): number {
    return row.getBoundingClientRect().top - this.scroller.getBoundingClientRect().top;
  }

  private follow(now: boolean): void {
    const before = this.following;
    this.following = now;
    this.button.hidden = now;
    if (now) this.place = undefined;
    if (now !== before) this.changed(now);
    if (now) this.grown();
  }
}
