// Keeps the newest line in view until the reader scrolls back: then what is being read stays where it is.

const NEAR_PX = 24;

export class Follow {
  #following = true;
  #lastTop = 0;
  #paused = false;
  /** It neither follows nor begins to. */
  #held = false;
  /** Whether it follows when it is no longer held. */
  #resumes = false;
  /** Where somebody who scrolled back reads: the first row in view, and where it begins, in px from the upper edge. */
  #place: { row: Element; above: number } | undefined;

  /** `button` leads back to the newest line; it is hidden while that is in view. */
  constructor(
    private readonly scroller: HTMLElement,
    private readonly list: HTMLElement,
    private readonly button: HTMLButtonElement,
    private readonly changed: (following: boolean) => void,
  ) {
    scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    button.addEventListener("click", () => this.toNewest());
    new ResizeObserver(() => this.contentChanged()).observe(scroller);
  }

  /** Stops following, for a view that cannot be scrolled. */
  pause(now: boolean): void {
    this.#paused = now;
    if (now) this.#follow(true);
  }

  /** Keeps the reader's place whatever comes, until it is called again; then it goes on as it did before. */
  hold(now: boolean): void {
    if (now === this.#held) return;
    if (now) {
      this.#resumes = this.#following;
      this.#follow(false);
      this.#note();
    }
    this.#held = now;
    if (!now && this.#resumes) this.#follow(true);
  }

  /** Brings a place of the text into view where it is not, and keeps it there. For a reader whose place is held. */
  reveal(place: DOMRect): void {
    const view = this.scroller.getBoundingClientRect();
    if (place.top < view.top || place.bottom > view.bottom) this.scroller.scrollTop += place.top - view.top - (view.height - place.height) / 2;
    this.#lastTop = this.scroller.scrollTop;
    this.#note();
  }

  /** To be called after the content has changed. */
  contentChanged(): void {
    const { scroller } = this;
    if (this.#paused) return;
    if (this.#following) scroller.scrollTop = scroller.scrollHeight;
    else if (this.#place?.row.isConnected) {
      const moved = this.#above(this.#place.row) - this.#place.above;
      if (Math.abs(moved) >= 1) scroller.scrollTop += moved;
    }
    this.#lastTop = scroller.scrollTop;
  }

  /** The newest line, and the focus where it can be scrolled from. */
  toNewest(): void {
    const had = document.activeElement === this.button;
    this.#resumes = true;
    this.#follow(true);
    if (had) this.scroller.focus({ preventScroll: true });
  }

  #scrolled(): void {
    if (this.#paused) return;
    const { scrollTop, clientHeight, scrollHeight } = this.scroller;
    const moved = scrollTop - this.#lastTop;
    // A slow finger moves by less than a pixel a frame: movements add up until they exceed what is rounded.
    if (Math.abs(moved) > 1) {
      // The page's own scrolling is reported later, maybe after the next line has come: then there is something below, as
      // if the reader had scrolled. Only the reader scrolls upwards. Scrolling down, near the end counts as the end.
      const below = scrollHeight - clientHeight - scrollTop;
      if (below <= 1 || (moved > 0 && below <= NEAR_PX)) this.#follow(true);
      else if (moved < 0) this.#follow(false);
      this.#lastTop = this.scroller.scrollTop;
    }
    if (!this.#following) this.#note();
  }

  #note(): void {
    const row = [...this.list.children].find((it) => it.getClientRects().length > 0 && this.#above(it) + it.clientHeight > 0);
    this.#place = row && { row, above: this.#above(row) };
  }

  /** From the upper edge of what is in view down to that of a row; below 0 where it begins above. */
  #above(row: Element): number {
    return row.getBoundingClientRect().top - this.scroller.getBoundingClientRect().top;
  }

  #follow(now: boolean): void {
    if (now && this.#held) return;
    const before = this.#following;
    this.#following = now;
    this.button.hidden = now;
    if (now) this.#place = undefined;
    if (now !== before) this.changed(now);
    if (now) this.contentChanged();
  }
}
