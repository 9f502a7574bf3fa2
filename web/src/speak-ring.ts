// What a speaker has captured and the server has not acknowledged: bounded, the oldest gives way.

export interface Kept {
  /** Grows by one with each, over all sessions of the page. */
  number: number;
  /** The number of its first sample, over all sessions of the page. */
  first: number;
  samples: number;
  capturedMs: number;
  clipped: boolean;
  payload: Uint8Array;
  /** What is to be said before it is sent. */
  before?: { lost?: { samples: number; why: string }; muted?: boolean };
}

export class Ring {
  #kept: Kept[] = [];
  #samples = 0;

  /** `most`: samples. */
  constructor(public most: number) {}

  /** What gave way. */
  push(it: Kept): Kept[] {
    this.#kept.push(it);
    this.#samples += it.samples;
    const gone: Kept[] = [];
    while (this.#samples > this.most && this.#kept.length > 1) gone.push(this.#shift());
    return gone;
  }

  /** Forgets what comes before this number. */
  dropBefore(number: number): void {
    while (this.#kept.length > 0 && this.#kept[0]!.number < number) this.#shift();
  }

  get oldest(): Kept | undefined {
    return this.#kept[0];
  }

  /** With this number, if it is still here. */
  at(number: number): Kept | undefined {
    return this.oldest && this.#kept[number - this.oldest.number];
  }

  get samples(): number {
    return this.#samples;
  }

  #shift(): Kept {
    const gone = this.#kept.shift()!;
    this.#samples -= gone.samples;
    return gone;
  }
}
