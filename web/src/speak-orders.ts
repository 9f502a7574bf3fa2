// What the page and its worker tell each other.
import type { Asked, Standing } from "./speak-session.ts";

export type ToWorker =
  | { type: "start"; url: string; asked: Asked; /** On the system's clock in ms: since when nothing was captured, by an earlier life of the page. */ since?: number | undefined }
  /** The device whose frames come through the port that is sent along. `latencyMs`: from the air to the browser. */
  | { type: "device"; latencyMs: number }
  | { type: "gone" }
  /** The device gives nothing but silence for now, which nobody wants to hear: the system has muted it. */
  | { type: "hold"; isHeld: boolean }
  | { type: "mute"; muted: boolean }
  /** The machine is online again, or the page was asleep. */
  | { type: "hurry" }
  | { type: "bye" };

export type ToPage =
  | { type: "standing"; standing: Standing; /** Sound in ms that the device did not give. */ missedMs: number }
  /** Of the last tenth of a second; `clipped`: samples. */
  | { type: "level"; peak: number; clipped: number }
  /** This codec does not work here. */
  | { type: "codec"; why: string };
