// Opus by the browser's own encoder: one packet for each frame, with what belongs to that frame.
import { FRAME_MS } from "./speak-cut.ts";

export const OPUS_RATE = 48_000;
export const OPUS_BITS = 32_000;

export const OPUS: AudioEncoderConfig = {
  codec: "opus",
  sampleRate: OPUS_RATE,
  numberOfChannels: 1,
  bitrate: OPUS_BITS,
  opus: { application: "voip", signal: "voice", frameDuration: FRAME_MS * 1000, complexity: 5 },
} as AudioEncoderConfig;

/** Firefox and Safari of some years have none. */
export async function canOpus(): Promise<boolean> {
  if (typeof AudioEncoder === "undefined" || typeof AudioData === "undefined") return false;
  return AudioEncoder.isConfigSupported(OPUS).then(({ supported }) => supported === true, () => false);
}

/**
 * By how much the encoder's sound is late, in ms: RFC 7845 calls it pre-skip, and its head has it. What a decoder gives for the packet of
 * a frame is the sound that much before the end of that frame. Without a head it is libopus's own 6.5 ms.
 */
export function delayMs(head: ArrayBuffer | ArrayBufferView | undefined): number {
  const bytes = head === undefined ? new Uint8Array() : ArrayBuffer.isView(head) ? new Uint8Array(head.buffer, head.byteOffset, head.byteLength) : new Uint8Array(head);
  const isHead = bytes.length >= 12 && String.fromCharCode(...bytes.subarray(0, 8)) === "OpusHead";
  return ((isHead ? bytes[10]! + 256 * bytes[11]! : 312) / OPUS_RATE) * 1000;
}

/** Pairs packets with what was put in for their frames: an encoder answers later, and adds a packet of its own where it is flushed. */
export class Pairs<T> {
  #waiting: { at: number; it: T }[] = [];
  #next = 0;

  /** The timestamp of the next frame, in microseconds. */
  put(it: T): number {
    const at = this.#next;
    this.#next += FRAME_MS * 1000;
    this.#waiting.push({ at, it });
    return at;
  }

  /** What was put in for the packet of this timestamp. */
  take(at: number): T | undefined {
    // An encoder may round to its own clock, which is a sample's.
    const place = this.#waiting.findIndex((it) => Math.abs(it.at - at) < (FRAME_MS * 1000) / 2);
    return place < 0 ? undefined : this.#waiting.splice(0, place + 1).at(-1)!.it;
  }

  get waiting(): number {
    return this.#waiting.length;
  }
}

/** More frames than these in the encoder mean that the machine cannot keep up. */
const MOST_WAITING = 50;

export class OpusPacker<T> {
  readonly #pairs = new Pairs<T>();
  readonly #encoder: AudioEncoder;
  #delay = delayMs(undefined);

  /** `delay`: of the packet's sound, in ms. */
  constructor(give: (packet: Uint8Array, it: T, delay: number) => void, failed: (error: unknown) => void) {
    this.#encoder = new AudioEncoder({
      output: (chunk, about) => {
        if (about?.decoderConfig) this.#delay = delayMs(about.decoderConfig.description as ArrayBuffer | undefined);
        const it = this.#pairs.take(chunk.timestamp);
        if (it === undefined) return;
        const packet = new Uint8Array(chunk.byteLength);
        chunk.copyTo(packet);
        give(packet, it, this.#delay);
      },
      error: failed,
    });
    this.#encoder.configure(OPUS);
  }

  /** False where it cannot keep up: the frame is left out. */
  put(samples: Float32Array<ArrayBuffer>, it: T): boolean {
    if (this.#pairs.waiting >= MOST_WAITING) return false;
    const sound = new AudioData({ format: "f32-planar", sampleRate: OPUS_RATE, numberOfFrames: samples.length, numberOfChannels: 1, timestamp: this.#pairs.put(it), data: samples });
    this.#encoder.encode(sound);
    sound.close();
    return true;
  }

  close(): void {
    if (this.#encoder.state !== "closed") this.#encoder.close();
  }
}
