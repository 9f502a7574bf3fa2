// Opens a microphone, or what a tab or the screen plays, and lets the audio thread hand its frames to whoever has the other end of a port.
import type { WorkletOptions } from "./speak-worklet.ts";

export interface Wanted {
  kind: "microphone" | "screen";
  /** Empty: the browser's default. */
  device: string;
  /** What the browser is asked to do with the sound of a microphone. */
  processing: { echoCancellation: boolean; noiseSuppression: boolean; autoGainControl: boolean };
  /** Samples a second that are sent. */
  rate: number;
}

export interface Events {
  /** It was unplugged, or its permission was taken back, or nobody shares any more. */
  ended(): void;
  /** The system, or a switch on the device, lets no sound through. */
  switchedOff(isOff: boolean): void;
  /** The browser does not run the sound, for want of a touch or because a call came in. */
  stopped(isStopped: boolean): void;
}

export interface Opened {
  /** Gives frames. */
  port: MessagePort;
  /** From the air to the browser, as far as the browser knows it. */
  latencyMs: number;
  label: string;
  device: string;
}

/** Whether there is any way to sound from here. */
export function reach(): "insecure" | "unsupported" | undefined {
  // Outside of secure contexts browsers hide `mediaDevices`.
  if (!window.isSecureContext) return "insecure";
  const there = navigator.mediaDevices !== undefined && typeof AudioWorkletNode !== "undefined" && typeof Worker !== "undefined";
  return there ? undefined : "unsupported";
}

export function canShare(): boolean {
  return typeof navigator.mediaDevices?.getDisplayMedia === "function";
}

/** A shared tab or screen that plays nothing. */
export class Soundless extends Error {}

export class Microphone {
  #stream: MediaStream | undefined;
  #context: AudioContext | undefined;
  #node: AudioWorkletNode | undefined;

  constructor(private readonly events: Events) {
    document.addEventListener("visibilitychange", () => document.hidden || this.resume());
    document.addEventListener("pointerdown", () => this.resume());
    document.addEventListener("keydown", () => this.resume());
  }

  async open(wanted: Wanted): Promise<Opened> {
    this.close();
    const stream = await capture(wanted);
    const track = stream.getAudioTracks()[0];
    if (track === undefined) {
      stop(stream);
      throw new Soundless();
    }
    this.#stream = stream;
    // At the device's own rate: a change of rate is the worklet's, which is the same in every browser.
    const context = new AudioContext({ latencyHint: "interactive" });
    this.#context = context;
    try {
      await context.audioWorklet.addModule("speak-worklet.js");
    } catch (error) {
      this.close();
      throw error;
    }
    const processorOptions: WorkletOptions = { rate: wanted.rate };
    const node = new AudioWorkletNode(context, "livecap-frames", { processorOptions });
    const { port1, port2 } = new MessageChannel();
    node.port.postMessage("port", [port1]);
    // Browsers run what leads to the speakers. The worklet puts out silence.
    context.createMediaStreamSource(stream).connect(node).connect(context.destination);
    this.#node = node;
    this.#watch(track, context);
    void context.resume();
    const { latency, deviceId } = track.getSettings() as MediaTrackSettings & { latency?: number };
    return { port: port2, latencyMs: (latency ?? 0) * 1000, label: track.label, device: deviceId ?? "" };
  }

  close(): void {
    const context = this.#context;
    this.#node?.port.postMessage("end");
    if (this.#stream) stop(this.#stream);
    [this.#stream, this.#context, this.#node] = [undefined, undefined, undefined];
    if (context) {
      context.onstatechange = null;
      void context.close();
    }
  }

  resume(): void {
    if (this.#context && this.#context.state !== "running" && this.#context.state !== "closed") void this.#context.resume().catch(() => undefined);
  }

  #watch(track: MediaStreamTrack, context: AudioContext): void {
    const isMine = (): boolean => this.#context === context;
    track.onended = () => isMine() && this.events.ended();
    track.onmute = () => isMine() && this.events.switchedOff(true);
    track.onunmute = () => isMine() && this.events.switchedOff(false);
    this.events.switchedOff(track.muted);
    context.onstatechange = () => isMine() && this.events.stopped(context.state !== "running");
  }
}

async function capture({ kind, device, processing }: Wanted): Promise<MediaStream> {
  if (kind === "microphone") {
    const ask = (which: MediaTrackConstraints): Promise<MediaStream> => navigator.mediaDevices.getUserMedia({ audio: { ...processing, channelCount: 1, ...which } });
    if (device === "") return ask({});
    try {
      // As a mere wish it would weigh no more than the number of channels.
      return await ask({ deviceId: { exact: device } });
    } catch (error) {
      // It is gone: any other one is better than none.
      if (["OverconstrainedError", "NotFoundError"].includes((error as Error).name)) return ask({});
      throw error;
    }
  }
  const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const stream = await navigator.mediaDevices.getDisplayMedia({ audio: raw, video: true });
  // Browsers share no sound without a picture, which nobody needs.
  for (const it of stream.getVideoTracks()) it.stop();
  return stream;
}

function stop(stream: MediaStream): void {
  for (const it of stream.getTracks()) {
    [it.onended, it.onmute, it.onunmute] = [null, null, null];
    it.stop();
  }
}

/** The microphones, once one is allowed: before that browsers tell no names. */
export async function microphones(): Promise<MediaDeviceInfo[]> {
  const all = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
  return all.filter((it) => it.kind === "audioinput" && it.deviceId !== "" && it.label !== "");
}
