// Reports to the bench when captions were on the screen, from a page that was opened with `?measure`.
import type { ServerClock } from "./clock.ts";
import type { Caption } from "./wire.ts";

/** `ms`: from the capture of the newest sound behind the caption to its paint. */
export interface Painted {
  track: string;
  segment: number;
  revision: number;
  ms: number;
}

/** In the browser's own timeline: from the arrival of a caption to its paint. `npm run bench:paint` reads it. */
const MEASURE = "caption to paint";

export class PaintTimer {
  #waiting: { caption: Caption; at: number }[] = [];
  readonly #after = new MessageChannel();

  constructor(
    private readonly clock: ServerClock,
    private readonly tell: (painted: Painted) => void,
  ) {
    this.#after.port1.onmessage = () => this.#painted(Date.now());
  }

  /** It will be drawn with the next frame. */
  received(caption: Caption): void {
    this.#waiting.push({ caption, at: performance.now() });
  }

  /** In the callback of a frame, after the document has changed: a message that is posted here arrives after the paint. */
  drawn(): void {
    if (this.#waiting.length > 0) this.#after.port2.postMessage(null);
  }

  #painted(at: number): void {
    const end = performance.now();
    for (const { caption, at: start } of this.#waiting.splice(0)) {
      const { track, segment, revision, at: times } = caption;
      performance.measure(MEASURE, { start, end });
      const ms = times && this.clock.since(times.captured, at);
      if (ms !== undefined) this.tell({ track, segment, revision, ms });
    }
  }
}
