// Keeps the newest line in view, and lets go as soon as the reader scrolls back.

const NEAR_PX = 24;

export class Follow {
  private following = true;
  private lastTop = 0;

  /** `button` takes the reader back to the newest line; it is there only when that is somewhere else. */
  constructor(
    private readonly scroller: HTMLElement,
    private readonly button: HTMLButtonElement,
  ) {
    scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    button.addEventListener("click", () => this.follow(true));
    new ResizeObserver(() => this.grown()).observe(scroller);
  }

  /** To be called after the content has changed. */
  grown(): void {
    if (!this.following) return;
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.lastTop = this.scroller.scrollTop;
  }

  private scrolled(): void {
    const { scrollTop, clientHeight, scrollHeight } = this.scroller;
    // A scroll event of our own may come after the next line did, and would look like one of the reader's:
    // only a reader scrolls upwards while there is something below.
    const atEnd = scrollHeight - clientHeight - scrollTop <= NEAR_PX;
    if (atEnd) this.follow(true);
    else if (scrollTop < this.lastTop) this.follow(false);
    this.lastTop = scrollTop;
  }

  private follow(now: boolean): void {
    this.following = now;
    this.button.hidden = now;
    this.grown();
  }
}
