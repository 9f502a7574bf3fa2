// Shows the sample in the preview of the builder: word by word, again and again, or held still.
import { PREVIEW, READY, type SampleEvent, type Told } from "./preview.ts";
import { sampleOf, type Sample, type Wanted } from "./sample.ts";

export interface Shown extends Wanted {
  /** Of the overlay's address. */
  query: string;
  still: boolean;
  /** Seconds of silence after which the overlay clears; 0: never. */
  clear: number;
}

const WORD_MS = 280;
/** Before the sample begins again. */
const REST_MS = 3_000;
/** A clearing that comes sooner is waited for, and the empty overlay is shown for a moment. */
const LONGEST_SILENCE = 10;
const EMPTY_MS = 1_500;

export class Player {
  #shown: Shown | undefined;
  #sample: Sample | undefined;
  #round = 0;
  /** How many steps have been shown. */
  #at = 0;
  #timer: number | undefined;
  #isReady = false;

  constructor(private readonly frame: HTMLIFrameElement, overlay: URL) {
    window.addEventListener("message", ({ source, origin, data }) => {
      if (source !== frame.contentWindow || origin !== location.origin || data !== READY) return;
      this.#isReady = true;
      this.#begin();
    });
    // Without a query: it gets one with each change, and is not loaded again for it.
    frame.src = overlay.pathname + PREVIEW;
  }

  show(shown: Shown): void {
    this.#shown = shown;
    this.#begin();
  }

  /** The overlay begins anew with all that was shown so far: it looks as one that was opened with these settings. */
  #begin(): void {
    window.clearTimeout(this.#timer);
    if (!this.#shown || !this.#isReady) return;
    const { query, still } = this.#shown;
    this.#sample = sampleOf(this.#shown, this.#round);
    if (still) this.#at = this.#sample.held;
    const { hello, steps } = this.#sample;
    this.#at = Math.min(Math.max(this.#at, 1), steps.length);
    this.#tell({ query, still, events: [hello, ...steps.slice(0, this.#at).flat()] });
    if (!still) this.#wait();
  }

  #wait(): void {
    const isOver = this.#at >= this.#sample!.steps.length;
    this.#timer = window.setTimeout(() => (isOver ? this.#again() : this.#next()), isOver ? this.#rest() : WORD_MS);
  }

  #next(): void {
    this.#say(this.#sample!.steps[this.#at]!);
    this.#at += 1;
    this.#wait();
  }

  #again(): void {
    this.#round += 1;
    this.#at = 0;
    this.#sample = sampleOf(this.#shown!, this.#round);
    this.#say([["clear"]]);
    this.#wait();
  }

  #rest(): number {
    const { clear } = this.#shown!;
    return clear > 0 && clear <= LONGEST_SILENCE ? clear * 1000 + EMPTY_MS : REST_MS;
  }

  #say(events: SampleEvent[]): void {
    this.#tell({ events, still: false });
  }

  #tell(told: Told): void {
    this.frame.contentWindow?.postMessage(told, location.origin);
  }
}
