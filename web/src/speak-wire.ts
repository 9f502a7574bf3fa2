// What a speaker and the server send each other, as docs/ingest.md has it: shapes, their checks, and the head of sound.

export type Codec = "pcm_s16le" | "opus";

export interface Format {
  codec: Codec;
  /** Samples a second. */
  rate: number;
}

/** Of the sound that a device lost, or that could not be sent. */
export type LostBy = "device" | "network" | "overload";

export interface Welcome {
  session: string;
  stage: string;
  slot: number;
  /** The track with the captions of this place, where something recognises it. */
  track: string | null;
  name: string;
  resumed: boolean;
  next_sequence: number;
  next_sample: number;
  ring_ms: number;
}

export interface Refused {
  code: string;
  message: string;
  /** Whether the same request may succeed later. */
  retry: boolean;
}

export interface Ack {
  next_sequence: number;
  /** Sound that waits to enter the pipeline. */
  waiting_ms: number;
  /** Sound that the server gave up because it was too old. */
  dropped_ms: number;
  state: string;
}

export type FromServer =
  | ({ type: "welcome" } & Welcome)
  | ({ type: "refused" } & Refused)
  | ({ type: "ack" } & Ack)
  | { type: "clock"; client_ms: number; server_ms: number }
  | { type: "renamed"; name: string };

/** Undefined: it is none of the messages that this client knows. */
export function fromServer(text: string): FromServer | undefined {
  let it: unknown;
  try {
    it = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof it !== "object" || it === null) return undefined;
  const given = it as Record<string, unknown>;
  const has = (type: "number" | "string" | "boolean", ...names: string[]): boolean => names.every((name) => typeof given[name] === type);
  const fits: Record<FromServer["type"], boolean> = {
    welcome: has("string", "session", "stage", "name") && has("number", "slot", "next_sequence", "next_sample", "ring_ms") && has("boolean", "resumed"),
    refused: has("string", "code", "message") && has("boolean", "retry"),
    ack: has("number", "next_sequence", "waiting_ms", "dropped_ms") && has("string", "state"),
    clock: has("number", "client_ms", "server_ms"),
    renamed: has("string", "name"),
  };
  return Object.hasOwn(fits, String(given.type)) && fits[given.type as FromServer["type"]] ? (it as FromServer) : undefined;
}

/** Bytes before the sound. */
export const HEAD = 24;

export interface Head {
  clipped: boolean;
  sequence: number;
  /** The number of the first sample in the session. */
  first: number;
  /** The speaker's clock in ms when the last sample was captured. */
  capturedMs: number;
}

export function soundMessage({ clipped, sequence, first, capturedMs }: Head, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEAD + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 1);
  view.setUint8(1, clipped ? 1 : 0);
  view.setUint32(4, sequence, true);
  view.setBigUint64(8, BigInt(first), true);
  view.setFloat64(16, capturedMs, true);
  bytes.set(payload, HEAD);
  return bytes;
}

/** Samples from −1 to 1 as integers of 16 bits, little-endian on every machine. */
export function toS16(samples: Float32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(2 * samples.length));
  samples.forEach((it, at) => view.setInt16(2 * at, Math.max(-32_768, Math.min(32_767, Math.round(it * 32_767))), true));
  return new Uint8Array(view.buffer);
}
