// Tells the bench when captions were on the screen. Only a page that was opened with `?measure` does, and only from the one that the bench has opened does it count.
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

export class Paints {
  private waiting: { caption: Caption; came: number }[] = [];
  private readonly after = new MessageChannel();

  constructor(
    private readonly clock: ServerClock,
    private readonly tell: (painted: Painted) => void,
  ) {
    this.after.port1.onmessage = () => this.painted(Date.now());
  }

  /** It came, and will be drawn with the next frame. */
  came(caption: Caption): void {
    this.waiting.push({ caption, came: performance.now() });
  }

  /** In the callback of a frame: what came is in the document. A message that is posted here arrives when it has been painted. */
  drawn(): void {
    if (this.waiting.length > 0) this.after.port2.postMessage(null);
  }

  private painted(at: number): void {
    const end = performance.now();
    for (const { caption, came: start } of this.waiting.splice(0)) {
      const { track, segment, revision, at: times } = caption;
      performance.measure(MEASURE, { start, end });
      const ms = times && this.clock.since(times.captured, at);
      if (ms !== undefined) this.tell({ track, segment, revision, ms });
    }
  }
}
