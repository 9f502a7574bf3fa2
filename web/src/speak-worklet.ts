// Runs in the browser's audio thread: cuts the microphone's sound into frames and hands them to the worker, past the page.
import { Cutter, type Cut } from "./speak-cut.ts";

// What TypeScript's DOM library lacks of this thread.
declare const sampleRate: number;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new (options: { processorOptions: WorkletOptions }) => AudioWorkletProcessor): void;

export interface WorkletOptions {
  /** Samples a second that are sent. */
  rate: number;
}

/** `wall`: the system's clock in ms when the frame was ready. */
export type Framed = Cut & { wall: number };

class Frames extends AudioWorkletProcessor {
  readonly #cutter: Cutter;
  #to: MessagePort | undefined;
  #isOver = false;

  constructor({ processorOptions }: { processorOptions: WorkletOptions }) {
    super();
    this.#cutter = new Cutter(sampleRate, processorOptions.rate);
    this.port.onmessage = ({ data, ports }) => {
      if (data === "end") this.#isOver = true;
      else this.#to = ports[0];
    };
  }

  process(inputs: Float32Array[][]): boolean {
    const channels = inputs[0] ?? [];
    const to = this.#to;
    // A device that gives nothing has no channels.
    if (to && channels.length > 0) {
      this.#cutter.push(channels, (cut) => to.postMessage({ ...cut, wall: Date.now() } satisfies Framed, [cut.samples.buffer]));
    }
    return !this.#isOver;
  }
}

registerProcessor("livecap-frames", Frames);
