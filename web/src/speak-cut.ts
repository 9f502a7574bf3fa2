// Cuts what a device gives into frames of one length at the rate that is sent, and measures them. Pure; it runs in the audio thread.
import { Resampler } from "./speak-resample.ts";

export const FRAME_MS = 20;
/** At and beyond it a sample counts as clipped: full scale, but for the rounding of 16 bits. */
const FULL = 0.9999;

export interface Cut {
  samples: Float32Array<ArrayBuffer>;
  /** The end of its last sample in ms since the device began. */
  endMs: number;
  /** How much the device had given by then: a filter and the length of a frame hold some of it back. */
  givenMs: number;
  /** The loudest sample, from 0 to 1 and beyond. */
  peak: number;
  /** Samples that are clipped, as the device gave them. */
  clipped: number;
}

export class Cutter {
  readonly #resampler: Resampler;
  readonly #length: number;
  #frame: Float32Array<ArrayBuffer>;
  #filled = 0;
  #given = 0;
  #frames = 0;
  #peak = 0;
  #clipped = 0;

  constructor(
    private readonly from: number,
    to: number,
  ) {
    this.#resampler = new Resampler(from, to);
    this.#length = (to * FRAME_MS) / 1000;
    this.#frame = new Float32Array(this.#length);
  }

  /** `channels`: as many samples of each; they are mixed to one. */
  push(channels: readonly Float32Array[], give: (cut: Cut) => void): void {
    const mixed = mix(channels);
    if (mixed === undefined) return;
    for (const it of mixed) {
      const loud = Math.abs(it);
      if (loud > this.#peak) this.#peak = loud;
      if (loud >= FULL) this.#clipped += 1;
    }
    this.#given += mixed.length;
    const out = this.#resampler.push(mixed);
    for (let at = 0; at < out.length; ) {
      const many = Math.min(out.length - at, this.#length - this.#filled);
      this.#frame.set(out.subarray(at, at + many), this.#filled);
      this.#filled += many;
      at += many;
      if (this.#filled < this.#length) continue;
      this.#frames += 1;
      const [endMs, givenMs] = [this.#frames * FRAME_MS, (this.#given / this.from) * 1000];
      give({ samples: this.#frame, endMs, givenMs, peak: this.#peak, clipped: this.#clipped });
      this.#frame = new Float32Array(this.#length);
      [this.#filled, this.#peak, this.#clipped] = [0, 0, 0];
    }
  }
}

function mix(channels: readonly Float32Array[]): Float32Array | undefined {
  const [first, second] = channels;
  if (second === undefined || first === undefined) return first;
  return first.map((_, at) => channels.reduce((sum, it) => sum + it[at]!, 0) / channels.length);
}
